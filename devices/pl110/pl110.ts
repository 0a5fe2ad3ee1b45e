import {
  defineDevice,
  identity,
  NEVER,
  type Picture,
  registerDevice,
  type RegisterTable,
  stored,
} from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { columns, type FrameTiming, frameTiming, lines } from "./frame_timing.ts";
import { type Format, panelBytes, render } from "./picture.ts";

const CONTROL = {
  EN: 1 << 0,
  BW: 1 << 4,
  TFT: 1 << 5,
  DUAL: 1 << 7,
  BGR: 1 << 8,
  BEBO: 1 << 9,
  BEPO: 1 << 10,
  PWR: 1 << 11,
} as const;
/** FIFO underflow (bit 1) does not happen: memory answers at once. */
const INT = { LNBU: 1 << 2, VCOMP: 1 << 3, MBERROR: 1 << 4 } as const;
const INTERRUPTS = 0x1e;
/** Bits a pixel takes in memory, by LcdBpp. */
const BITS = [1, 2, 4, 8, 16, 32] as const;

/**
 * Arm PrimeCell colour LCD controller (DDI 0161). `mux565` is a multiplexer of the board's between controller and
 * display: while it is high, 16-bit pixels are 5:6:5 and not 5:5:5.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  outputs: ["irq"],
  inputs: ["mux565"],
  create(context) {
    const { clock, dma, out, properties } = context;
    const s = {
      timing0: 0,
      timing1: 0,
      timing2: 0,
      timing3: 0,
      upbase: 0,
      lpbase: 0,
      enable: 0,
      control: 0,
      raw: 0,
      palette: new Uint32Array(128),
      /** Virtual time at which the frames began, and up to which their events have been noticed. */
      began: 0,
      noticed: 0,
      /** Level of the input line. */
      mux565: false,
    };
    const frame = clock.alarm(outputs);
    context.display({ render: picture });

    return {
      ...registerDevice(context, {
        state: s,
        outputs,
        registers: {
          0x000: timing("timing0", 0xffff_fffc),
          0x004: timing("timing1", 0xffff_ffff),
          0x008: timing("timing2", 0xffff_7fff),
          0x00c: stored(s, "timing3", 0x1_007f),
          0x010: stored(s, "upbase", 0xffff_fffc),
          0x014: stored(s, "lpbase", 0xffff_fffc),
          0x018: stored(s, "enable", INTERRUPTS),
          0x01c: timing("control", 0x1_3fff),
          0x020: { name: "LCDStatus", read: raw, write: clear },
          0x024: { name: "LCDInterrupt", read: () => raw() & s.enable },
          // The PL111 clears here, and drivers for both do it on either.
          0x028: { name: "LCDUPCURR", read: () => current(s.upbase), write: clear },
          0x02c: { name: "LCDLPCURR", read: () => current(s.lpbase) },
          ...paletteRows(),
          ...identity(0xfe0, [0x10, 0x11, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
        },
      }),
      inputs: { mux565: (level) => void (s.mux565 = level) },
    };

    function outputs(): void {
      notice();
      out.irq((s.raw & s.enable) !== 0);
      frame.at(nextEvent());
    }

    function timing(key: "timing0" | "timing1" | "timing2" | "control", mask: number) {
      const row = stored(s, key, mask);
      return {
        ...row,
        write(value: number, lanes: number) {
          notice();
          row.write?.(value, lanes);
          s.began = s.noticed = s.control & CONTROL.EN ? clock.now() : 0;
        },
      };
    }

    function paletteRows(): RegisterTable {
      return Object.fromEntries(
        Array.from({ length: 128 }, (_, i) => [0x200 + 4 * i, {
          name: `LCDPalette${i}`,
          read: () => s.palette[i],
          write: (value: number) => void (s.palette[i] = value),
        }]),
      );
    }

    function frames(): FrameTiming {
      return frameTiming(s, properties.clock);
    }

    function raw(): number {
      notice();
      return s.raw;
    }

    function clear(value: number): void {
      notice();
      s.raw &= ~value;
    }

    /** Raises what frames have brought since the last look: nobody needs a timer while no interrupt is wanted. */
    function notice(): void {
      const now = clock.now(), since = s.noticed;
      if (!(s.control & CONTROL.EN) || now === since) return;
      s.noticed = now;
      const { period, compare } = frames();
      const count = (time: number, phase: number) => Math.floor((time - s.began - phase) / period);
      if (count(now, compare) > count(since, compare)) s.raw |= INT.VCOMP;
      if (count(now, 0) > count(since, 0)) {
        s.raw |= INT.LNBU;
        if (busError()) s.raw |= INT.MBERROR;
      }
    }

    /** The next time at which an interrupt that is wanted and not yet there may come. */
    function nextEvent(): number {
      const wanted = s.enable & ~s.raw;
      if (!(s.control & CONTROL.EN) || wanted === 0) return NEVER;
      const { period, compare } = frames();
      const next = (phase: number) => {
        const at = s.began + phase + period * (Math.floor((s.noticed - s.began - phase) / period) + 1);
        return at > s.noticed ? at : at + period; // rounding must not bring back what has been noticed
      };
      return Math.min(
        wanted & INT.VCOMP ? next(compare) : NEVER,
        wanted & (INT.LNBU | INT.MBERROR) ? next(0) : NEVER,
      );
    }

    /** Whether memory does not answer at the first or last word of the picture. */
    function busError(): boolean {
      const pixels = format();
      if (!pixels) return false;
      const word = new Uint8Array(4), last = panelBytes(pixels) - 4;
      return bases().some((base) => !dma.read(base, word) || !dma.read(base + last >>> 0, word));
    }

    function current(base: number): number {
      const pixels = format();
      if (!(s.control & CONTROL.EN) || !pixels) return base;
      const { period, line, active } = frames();
      const row = Math.floor(((clock.now() - s.began) % period - active) / line);
      const bytes = panelBytes(pixels);
      return base + Math.min(Math.max(row, 0) * Math.floor(bytes / pixels.rows), bytes) >>> 0;
    }

    function bases(): number[] {
      return dual() ? [s.upbase, s.lpbase] : [s.upbase];
    }

    function dual(): boolean {
      return (s.control & (CONTROL.DUAL | CONTROL.TFT)) === CONTROL.DUAL;
    }

    /** What the pixels are; undefined for a reserved LcdBpp. */
    function format(): Format | undefined {
      const bits = BITS[s.control >> 1 & 7];
      if (bits === undefined) return undefined;
      return {
        width: columns(s.timing0),
        rows: lines(s.timing1),
        bits,
        bigBytes: (s.control & CONTROL.BEBO) !== 0,
        bigPixels: (s.control & CONTROL.BEPO) !== 0,
        tft: (s.control & CONTROL.TFT) !== 0,
        mono: (s.control & CONTROL.BW) !== 0,
        bgr: (s.control & CONTROL.BGR) !== 0,
        green6: s.mux565,
        palette: s.palette,
      };
    }

    function picture(): Picture | undefined {
      const on = CONTROL.EN | CONTROL.PWR;
      const pixels = format();
      if ((s.control & on) !== on || !pixels) return undefined;
      return render(pixels, bases(), (address, into) => void dma.read(address, into));
    }
  },
});
