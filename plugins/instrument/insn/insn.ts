import { type Counter, defineInstrument } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

/** Places shown of those that matched. */
const SHOWN = 20;

export default defineInstrument(manifest, (emu, { inline, sizes, match, trace }) => {
  const total = emu.counter();
  const bySize = new Map<number, Counter>();
  const places = new Map<number, { readonly text: string; readonly count: Counter }>();
  // A number in an array is not allocated anew when it grows large.
  const called = new Float64Array(1);
  const count = () => void called[0]++;

  emu.onTranslate((block) => {
    for (const instruction of block.instructions) {
      if (inline) instruction.add(total);
      else instruction.onExecute(count);
      if (sizes) instruction.add(getOrMake(bySize, instruction.size, () => emu.counter()));
      if (!trace && match === "" || !instruction.text.startsWith(match)) continue;
      const { address, text } = instruction;
      instruction.add(getOrMake(places, address, () => ({ text, count: emu.counter() })).count);
    }
  });

  const begun = () => inline ? total.sum() : called[0];
  const matched = () =>
    [...places].map(([address, { text, count }]) => ({ address, text, count: count.sum() }))
      .filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const sized = () =>
    [...bySize].sort(([a], [b]) => a - b).map(([size, count]) => ({ size, count: count.sum() }));
  emu.report({
    text: () =>
      [
        `insns: ${begun()}`,
        ...sized().map(({ size, count }) => `of ${size} bytes: ${count}`),
        ...matched().slice(0, SHOWN).map(({ address, text, count }) => `${hex(address)}: ${count} ${text}`),
      ].join("\n"),
    json: () => ({
      insns: begun(),
      ...sizes && { sizes: sized() },
      ...(trace || match !== "") && { matched: matched() },
    }),
  });
});

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
