import { type Counter, defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

interface Vector {
  readonly length: number;
  readonly runs: Counter;
  /** Runs at the end of the last interval. */
  before: number;
}

/** A line for each interval: "T:block:instructions :block:instructions …", blocks numbered from 1. */
export default defineInstrument(manifest, (emu, { interval, outfile }) => {
  const vectors = new Map<string, Vector>(), lines: string[] = [];
  const begun = emu.counter();

  const cut = () => {
    begun.set(Math.max(0, begun.get() - interval));
    const parts: string[] = [];
    let id = 0;
    for (const vector of vectors.values()) {
      id++;
      const runs = vector.runs.sum();
      if (runs > vector.before) parts.push(`:${id}:${(runs - vector.before) * vector.length} `);
      vector.before = runs;
    }
    lines.push(`T${parts.join("")}`);
  };

  emu.onTranslate((block) => {
    const { address, instructions: { length } } = block, key = `${address} ${length}`;
    let vector = vectors.get(key);
    if (vector === undefined) vectors.set(key, vector = { length, runs: emu.counter(), before: 0 });
    block.onExecuteIf([begun, ">=", interval], cut);
    block.add(begun, length);
    block.add(vector.runs);
  });
  emu.onExit(() => emu.writeFile(`${outfile}.0.bb`, lines.map((line) => `${line}\n`).join("")));
});
