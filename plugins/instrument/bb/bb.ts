import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

export default defineInstrument(manifest, (emu, { inline, idle }) => {
  const blocks = emu.counter(), instructions = emu.counter();
  // Blocks, instructions: numbers in an array are not allocated anew when they grow large.
  const called = new Float64Array(2);
  const count = (_: unknown, length: number) => {
    called[0]++;
    called[1] += length;
  };

  emu.onTranslate((block) => {
    const { length } = block.instructions;
    if (inline) {
      block.add(blocks);
      block.add(instructions, length);
    } else block.onExecute(count, { data: length });
  });

  const result = () =>
    inline ? { bb: blocks.sum(), insns: instructions.sum() } : { bb: called[0], insns: called[1] };
  const text = () => {
    const { bb, insns } = result();
    return `bb's: ${bb}, insns: ${insns}`;
  };
  if (idle) emu.onCpuIdle(() => emu.print(text(), result()));
  emu.report({ text, json: result });
});
