import {
  bits,
  defineDevice,
  identity,
  type Line,
  registerBank,
  registerDevice,
  type RegisterTable,
} from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const PINS = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const INPUTS = ["in0", "in1", "in2", "in3", "in4", "in5", "in6", "in7"] as const;
const OUTPUTS = ["out0", "out1", "out2", "out3", "out4", "out5", "out6", "out7"] as const;

const pins = { PINS: bits.rw(7, 0) };
const BANK = registerBank({
  GPIODIR: { at: 0x400, fields: pins },
  GPIOIS: { at: 0x404, fields: pins },
  GPIOIBE: { at: 0x408, fields: pins },
  GPIOIEV: { at: 0x40c, fields: pins },
  GPIOIE: { at: 0x410, fields: pins },
  GPIOAFSEL: { at: 0x420, fields: pins },
});

/**
 * Arm PrimeCell general purpose input/output (DDI 0190). `out0` to `out7` follow the pins that are outputs, the others
 * are low; `in0` to `in7` are the pins that are inputs. Alternate functions are lines of other devices: GPIOAFSEL is kept.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  inputs: INPUTS,
  outputs: [...OUTPUTS, "irq"],
  create(context) {
    const { out } = context;
    const s = {
      ...BANK.reset,
      /** What software has written, a bit a pin. */
      data: 0,
      /** Levels from outside. */
      levels: 0,
      /** Edges that were seen. */
      edges: 0,
      /** Levels of the pins when edges were last looked for. */
      before: 0,
    };

    return {
      ...registerDevice(context, {
        state: s,
        outputs,
        registers: {
          ...dataRows(),
          ...BANK.rows(s),
          0x414: { name: "GPIORIS", read: raw },
          0x418: { name: "GPIOMIS", read: () => raw() & s.GPIOIE },
          0x41c: { name: "GPIOIC", write: (value) => void (s.edges &= ~value) },
          ...identity(0xfe0, [0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
        },
      }),
      inputs: Object.fromEntries(PINS.map((pin): [string, Line] => [`in${pin}`, (level) => {
        s.levels = s.levels & ~(1 << pin) | (level ? 1 << pin : 0);
        outputs();
      }])),
    };

    /** Bits 9:2 of the address say which pins an access is about (DDI 0190, 3.3.1). */
    function dataRows(): RegisterTable {
      return Object.fromEntries(
        Array.from({ length: 256 }, (_, mask) => [4 * mask, {
          name: "GPIODATA",
          read: () => pinLevels() & mask,
          write: (value: number) => void (s.data = s.data & ~mask | value & mask),
        }]),
      );
    }

    function pinLevels(): number {
      return s.data & s.GPIODIR | s.levels & ~s.GPIODIR;
    }

    function raw(): number {
      const levels = pinLevels(), level = ~(levels ^ s.GPIOIEV) & s.GPIOIS & 0xff;
      return level | s.edges & ~s.GPIOIS;
    }

    function outputs(): void {
      const now = pinLevels(), changed = now ^ s.before;
      s.before = now;
      s.edges |= changed & ~s.GPIOIS & (s.GPIOIBE | ~(now ^ s.GPIOIEV)) & 0xff;
      for (const pin of PINS) out[OUTPUTS[pin]]((s.data & s.GPIODIR & 1 << pin) !== 0);
      out.irq((raw() & s.GPIOIE) !== 0);
    }
  },
});
