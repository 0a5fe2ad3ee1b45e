import { defineInstrument } from "@emu/core";
import { followCalls } from "../calls.ts";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };
import { speedscope } from "./speedscope.ts";

export default defineInstrument(manifest, (emu, { period, stack, folded, speedscope: file, limit }) => {
  const begun = emu.counter(), calls = stack ? followCalls(emu) : [];
  const stacks = new Map<string, { readonly frames: readonly string[]; weight: number }>();
  const nameOf = (address: number) => emu.symbol(address)?.name ?? hex(address);

  const sample = (_: unknown, address: number) => {
    const periods = Math.floor(begun.get() / period);
    begun.set(begun.get() - periods * period);
    const here = nameOf(address), frames = calls.map(({ target }) => nameOf(target));
    if (frames.at(-1) !== here) frames.push(here);
    const key = frames.map((frame) => frame.replaceAll(";", ":")).join(";");
    const seen = stacks.get(key);
    if (seen === undefined) stacks.set(key, { frames, weight: periods * period });
    else seen.weight += periods * period;
  };
  emu.onTranslate((block) => {
    block.add(begun, block.instructions.length);
    block.onExecuteIf([begun, ">=", period], sample, { data: block.address });
  });

  emu.onExit(async () => {
    const lines = [...stacks].map(([key, { weight }]) => `${key} ${weight}\n`);
    if (folded !== "") await emu.writeFile(folded, lines.join(""));
    if (file !== "") await emu.writeFile(file, JSON.stringify(speedscope(emu.target.board, stacks)));
  });

  const functions = () => {
    const self = new Map<string, number>();
    let all = 0;
    for (const { frames, weight } of stacks.values()) {
      const name = frames.at(-1)!;
      self.set(name, (self.get(name) ?? 0) + weight);
      all += weight;
    }
    return [...self].sort((a, b) => b[1] - a[1]).slice(0, limit)
      .map(([name, instructions]) => ({ name, instructions, share: instructions / all }));
  };
  emu.report({
    text: () =>
      [
        "share, instructions, function",
        ...functions().map((f) => `${(100 * f.share).toFixed(1)}%, ${f.instructions}, ${f.name}`),
      ].join("\n"),
    json: () => ({ period, functions: functions() }),
  });
});
