import { type Counter, defineInstrument, type TranslatedInstruction } from "@emu/core";
import { ARM_CLASSES, classOf } from "./classes.ts";
import manifest from "./manifest.json" with { type: "json" };

export default defineInstrument(manifest, (emu, { inline, count, verbose, limit }) => {
  const { isa } = emu.target, counters = new Map<string, Counter>(), texts = new Map<string, Counter>();
  const classes = isa === "arm" ? ARM_CLASSES.map(({ name }) => name) : undefined;
  /** The class whose texts are counted. */
  const wanted = count === "class" || count === "individual" ? undefined : count.toLowerCase();
  if (wanted !== undefined && classes?.every((name) => name.toLowerCase() !== wanted)) {
    throw new Error(`Cannot count class "${count}": there are ${classes.join("; ")}`);
  }
  if (verbose && count !== "individual") { for (const name of classes ?? []) counterOf(counters, name); }
  const add = (_: unknown, counter: Counter) => counter.set(counter.get() + 1);

  emu.onTranslate((block) => {
    for (const instruction of block.instructions) {
      const { text } = instruction, name = count === "individual" ? text : classOf(isa, text);
      attach(instruction, counterOf(counters, name));
      if (name.toLowerCase() === wanted) attach(instruction, counterOf(texts, text));
    }
  });

  function attach(instruction: TranslatedInstruction, counter: Counter): void {
    if (inline) instruction.add(counter);
    else instruction.onExecute(add, { data: counter });
  }

  function counterOf(among: Map<string, Counter>, name: string): Counter {
    let counter = among.get(name);
    if (counter === undefined) among.set(name, counter = emu.counter());
    return counter;
  }

  const rows = (of: ReadonlyMap<string, Counter>) => {
    const all = [...of].map(([name, counter]) => ({ name, count: counter.sum() }));
    return all.filter(({ count }) => verbose || count > 0).sort((a, b) => b.count - a.count).slice(0, limit);
  };
  const lines = (of: ReadonlyMap<string, Counter>) =>
    rows(of).map(({ name, count }) => `${name}: (${count} hits)`);
  emu.report({
    text: () =>
      [
        count === "individual" ? "Individual Instructions:" : "Instruction Classes:",
        ...lines(counters),
        ...wanted === undefined ? [] : ["Individual Instructions:", ...lines(texts)],
      ].join("\n"),
    json: () => ({
      [count === "individual" ? "instructions" : "classes"]: rows(counters),
      ...wanted !== undefined && { instructions: rows(texts) },
    }),
  });
});
