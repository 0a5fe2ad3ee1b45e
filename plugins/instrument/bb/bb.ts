import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

interface Place {
  readonly instructions: number;
  runs: number;
}

export default defineInstrument(manifest, (emu, { inline, later, idle }) => {
  const blocks = emu.counter(), instructions = emu.counter();
  const places = new Map<string, Place>();
  const count = (_: unknown, place: Place) => void place.runs++;

  emu.onTranslate((block) => {
    const { address, instructions: { length } } = block;
    if (inline) {
      block.add(blocks);
      block.add(instructions, length);
    } else {
      const key = `${address} ${length}`;
      let place = places.get(key);
      if (place === undefined) places.set(key, place = { instructions: length, runs: 0 });
      block.onExecute(count, { data: place, later });
    }
  });

  const result = () => {
    if (inline) return { bb: blocks.sum(), insns: instructions.sum() };
    let bb = 0, insns = 0;
    for (const { runs, instructions } of places.values()) {
      bb += runs;
      insns += runs * instructions;
    }
    return { bb, insns };
  };
  const text = () => {
    const { bb, insns } = result();
    return `bb's: ${bb}, insns: ${insns}`;
  };
  if (idle) emu.onCpuIdle(() => emu.print(text(), result()));
  emu.report({ text, json: result });
});
