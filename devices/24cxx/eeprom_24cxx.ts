import { createImage, defineDevice, type I2cTarget, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** Bytes, bytes of a page, bytes of a word address, and bits of it that are in the chip's own address. */
type Geometry = readonly [size: number, page: number, addressBytes: 1 | 2, blockBits: number];

/** Microchip 24AA/24LC and Atmel AT24C data sheets. */
const MODELS: Readonly<Record<string, Geometry>> = {
  "24c01": [128, 8, 1, 0],
  "24c02": [256, 8, 1, 0],
  "24c04": [512, 16, 1, 1],
  "24c08": [1024, 16, 1, 2],
  "24c16": [2048, 16, 1, 3],
  "24c32": [4096, 32, 2, 0],
  "24c64": [8192, 32, 2, 0],
  "24c128": [16384, 64, 2, 0],
  "24c256": [32768, 64, 2, 0],
  "24c512": [65536, 128, 2, 0],
};

/**
 * Serial EEPROM on I²C (Atmel AT24C01A to AT24C512, Microchip 24LCxx). What is written goes to a page's latches, where
 * it wraps round, and to the cells at STOP; while that takes its time the chip does not acknowledge its address. With
 * `wp` high it acknowledges, and writes nothing.
 */
export default defineDevice(manifest, {
  size: 0,
  inputs: ["wp"],
  traces: { stored: { page: "hex", bytes: "number" } },
  create(context) {
    const { clock, properties: { model, address, block: id, writeTime } } = context;
    const [size, page, addressBytes, blockBits] = MODELS[model];
    const blocks = 1 << blockBits;
    if (address % blocks !== 0) {
      const wanted = Array.from({ length: 8 / blocks }, (_, i) => `0x${(0x50 + i * blocks).toString(16)}`);
      throw new Error(`a ${model} has ${blocks} addresses, the first of them ${wanted.join(" or ")}`);
    }
    const block = context.block(id);
    const s = {
      cells: new Uint8Array(size).fill(0xff),
      /** Where the next byte is read or written. */
      pointer: 0,
      /** Bytes of the word address that are still to come in this transfer. */
      expected: 0,
      latches: new Uint8Array(page),
      /** Which of them have been written, and whether any. */
      written: new Uint8Array(page),
      pending: false,
      /** Virtual time at which the write cycle ends. */
      ready: 0,
      wp: false,
    };
    const image = createImage({
      block,
      readOnly: block?.readOnly ?? false,
      size,
      page,
      content: (at, until) => s.cells.subarray(at, until),
      load: (at, piece) => s.cells.set(piece, at),
      log: context.log,
    });

    const bus: I2cTarget = {
      addresses: Array.from({ length: blocks }, (_, i) => address + i),
      start(target, reading) {
        if (clock.now() < s.ready) return false;
        drop();
        if (blocks > 1) s.pointer = (target & blocks - 1) << 8 | s.pointer & 0xff;
        s.expected = reading ? 0 : addressBytes;
        return true;
      },
      write(byte) {
        if (s.expected > 0) {
          const low = addressBytes === 2 && s.expected === 1 || addressBytes === 1;
          const bits = low ? s.pointer & ~0xff | byte : s.pointer & 0xff | byte << 8;
          s.pointer = bits & size - 1;
          s.expected--;
          return true;
        }
        const at = s.pointer & page - 1;
        s.latches[at] = byte;
        s.written[at] = 1;
        s.pending = true;
        s.pointer = s.pointer & ~(page - 1) | at + 1 & page - 1;
        return true;
      },
      read() {
        const byte = s.cells[s.pointer];
        s.pointer = s.pointer + 1 & size - 1;
        return byte;
      },
      stop() {
        if (s.pending && !s.wp && !block?.readOnly) store();
        drop();
      },
    };

    /** The page's write cycle. */
    function store(): void {
      const first = s.pointer & ~(page - 1);
      for (let i = 0; i < page; i++) if (s.written[i]) s.cells[first + i] = s.latches[i];
      s.ready = clock.now() + writeTime * 1e3;
      context.trace.stored?.({ page: first, bytes: s.written.reduce((sum, one) => sum + one, 0) });
      image.changed(first, page);
    }

    function drop(): void {
      s.pending = false;
      s.written.fill(0);
    }

    return {
      ...registerDevice(context, {
        state: s,
        registers: {},
        // The chip has no reset pin.
        keeps: { cold: ["cells"], warm: "all" },
        onRestore() {
          image.supersede();
          image.changed(0, size);
        },
      }),
      ready: () => image.loaded,
      dispose: image.finish,
      inputs: { wp: (level) => void (s.wp = level) },
      bus,
    };
  },
});
