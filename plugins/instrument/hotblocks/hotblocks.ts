import { type Counter, defineInstrument } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

interface HotBlock {
  readonly address: number;
  readonly instructions: number;
  readonly symbol: string | undefined;
  readonly runs: Counter;
  translations: number;
}

export default defineInstrument(manifest, (emu, { limit, inline }) => {
  // A block is its address and its length: one cut short at the end of a slice is another.
  const blocks = new Map<string, HotBlock>();
  const count = (_: unknown, { runs }: HotBlock) => runs.set(runs.get() + 1);

  emu.onTranslate((block) => {
    const { address, instructions: { length: instructions } } = block, key = `${address} ${instructions}`;
    let hot = blocks.get(key);
    if (hot === undefined) {
      blocks.set(
        key,
        hot = { address, instructions, symbol: block.symbol, runs: emu.counter(), translations: 0 },
      );
    }
    hot.translations++;
    if (inline) block.add(hot.runs);
    else block.onExecute(count, { data: hot });
  });

  const hottest = () =>
    [...blocks.values()].map(({ runs, ...block }) => ({ ...block, runs: runs.sum() }))
      .sort((a, b) => b.runs - a.runs).slice(0, limit);
  emu.report({
    text: () =>
      [
        `collected ${blocks.size} entries in the hash table`,
        "pc, tcount, icount, ecount",
        ...hottest().map(({ address, translations, instructions, runs, symbol }) =>
          `${hex(address)}, ${translations}, ${instructions}, ${runs}${symbol ? `, ${symbol}` : ""}`
        ),
      ].join("\n"),
    json: () => ({ blocks: blocks.size, hottest: hottest() }),
  });
});
