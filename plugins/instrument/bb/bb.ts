import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

export default defineInstrument(manifest, (emu, { inline, idle }) => {
  const blocks = emu.counter(), instructions = emu.counter();
  let called = 0, counted = 0;
  const count = (_: unknown, length: number) => {
    called++;
    counted += length;
  };

  emu.onTranslate((block) => {
    const { length } = block.instructions;
    if (inline) {
      block.add(blocks);
      block.add(instructions, length);
    } else block.onExecute(count, { data: length });
  });

  const result = () =>
    inline ? { bb: blocks.sum(), insns: instructions.sum() } : { bb: called, insns: counted };
  const text = () => {
    const { bb, insns } = result();
    return `bb's: ${bb}, insns: ${insns}`;
  };
  if (idle) emu.onCpuIdle(() => emu.print(text(), result()));
  emu.report({ text, json: result });
});
