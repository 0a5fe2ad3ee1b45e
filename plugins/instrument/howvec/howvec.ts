import { type Counter, defineInstrument } from "@emu/core";
import { ARM_CLASSES, classOf } from "./classes.ts";
import manifest from "./manifest.json" with { type: "json" };

export default defineInstrument(manifest, (emu, { inline, count, verbose, limit }) => {
  const { isa } = emu.target, counters = new Map<string, Counter>();
  if (verbose && isa === "arm" && count === "class") { for (const { name } of ARM_CLASSES) counterOf(name); }
  const add = (_: unknown, counter: Counter) => counter.set(counter.get() + 1);

  emu.onTranslate((block) => {
    for (const instruction of block.instructions) {
      const { text } = instruction;
      const counter = counterOf(count === "class" ? classOf(isa, text) : text);
      if (inline) instruction.add(counter);
      else instruction.onExecute(add, { data: counter });
    }
  });

  function counterOf(name: string): Counter {
    let counter = counters.get(name);
    if (counter === undefined) counters.set(name, counter = emu.counter());
    return counter;
  }

  const rows = () => {
    const all = [...counters].map(([name, counter]) => ({ name, count: counter.sum() }));
    return all.filter(({ count }) => verbose || count > 0).sort((a, b) => b.count - a.count).slice(0, limit);
  };
  emu.report({
    text: () =>
      ["Instruction Classes:", ...rows().map(({ name, count }) => `${name}: (${count} hits)`)].join("\n"),
    json: () => ({ classes: rows() }),
  });
});
