import { type AccessKind, defineInstrument, type MemoryAccess } from "@emu/core";
import { PNG } from "pngjs";
import manifest from "./manifest.json" with { type: "json" };

/** Points of the picture, each a square root of it wide and high. */
const SIDE = 512, CELLS = SIDE * SIDE;

/** A point is a piece of the address space, line by line from the top; the brighter, the more accesses (by their logarithm). */
export default defineInstrument(manifest, (emu, properties) => {
  const { file, space, from, size } = properties, track = properties.track as AccessKind;
  const shift = Math.log2(size / CELLS);
  if (!Number.isInteger(shift) || shift < 0 || size > 2 ** 32) {
    throw new Error(`Cannot draw ${size} bytes: it takes a power of two from 1M to 4G`);
  }
  const table = emu.table(CELLS);

  emu.onTranslate((block) => {
    for (const instruction of block.instructions) {
      if (space === "physical") instruction.onAccess(track, see);
      else {
        instruction.inlinePerAccess(track, ({ ir, address, countIn }) => {
          const offset = ir.sub(address, ir.const(from));
          const inside = ir.leU(offset, ir.const(size - 1));
          countIn(table, ir.shrU(offset, ir.const(shift)), inside);
        });
      }
    }
  });

  const seen = new Float64Array(CELLS);
  function see(_: unknown, { physical = -1 }: MemoryAccess): void {
    const offset = physical - from;
    if (offset >= 0 && offset < size) seen[Math.floor(offset / 2 ** shift)]++;
  }

  const values = () => space === "physical" ? seen : Float64Array.from(table.values(), Number);
  emu.onExit(() => emu.writeFile(file, picture(values())));
  const result = () => ({
    accesses: values().reduce((sum, value) => sum + value, 0),
    touched: values().reduce((sum, value) => sum + Number(value > 0), 0),
    bytesPerPoint: 2 ** shift,
  });
  emu.report({
    text: () => {
      const { accesses, touched, bytesPerPoint } = result();
      return `${file}: ${accesses} accesses of ${touched} pieces of ${bytesPerPoint} bytes`;
    },
    json: result,
  });
});

function picture(values: Float64Array): Uint8Array {
  const png = new PNG({ width: SIDE, height: SIDE });
  const logs = values.map((value) => Math.log2(1 + value));
  const most = logs.reduce((a, b) => Math.max(a, b), 1);
  for (const [i, log] of logs.entries()) png.data.set([...colour(log / most), 255], 4 * i);
  return PNG.sync.write(png);
}

/** Black, blue, red, yellow, white. */
function colour(heat: number): number[] {
  if (heat === 0) return [0, 0, 0];
  const ramp = (from: number) => Math.round(255 * Math.min(1, Math.max(0, (heat - from) * 4)));
  return [
    ramp(0.25),
    ramp(0.5),
    heat < 0.5 ? Math.round(64 + 191 * Math.min(1, heat * 4)) - ramp(0.25) : ramp(0.75),
  ]
    .map((part) => Math.min(255, Math.max(0, part)));
}
