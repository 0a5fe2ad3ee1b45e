import { defineInstrument } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

interface Branch {
  readonly address: number;
  readonly text: string;
  readonly symbol: string | undefined;
  /** Where it led, and how often. */
  readonly to: Map<number, number>;
  runs: number;
  /** Left in the middle of its block; of these through an interrupt or exception. */
  early: number;
  exceptional: number;
}

export default defineInstrument(manifest, (emu, { limit, sort }) => {
  const branches = new Map<number, Branch>();
  let last: { readonly branch: Branch; readonly start: number; readonly end: number } | undefined;
  let direct = true, leftAt = 0;

  emu.onDiscontinuity(["interrupt", "exception", "hostcall"], (_, { from }) => {
    direct = false;
    leftAt = from;
  });
  emu.onTranslate((block) => {
    const { address, text, symbol } = block.instructions.at(-1)!;
    let branch = branches.get(address);
    if (branch === undefined) {
      branch = { address, text, symbol, to: new Map(), runs: 0, early: 0, exceptional: 0 };
      branches.set(address, branch);
    }
    const data = { branch, start: block.address, end: block.address + block.size };
    block.onExecute((_, place) => {
      if (last !== undefined) note(last.branch, place.start);
      last = place;
      direct = true;
    }, { data, later: true });
  });

  function note(branch: Branch, to: number): void {
    branch.runs++;
    if (direct) branch.to.set(to, (branch.to.get(to) ?? 0) + 1);
    else {
      branch.exceptional++;
      if (leftAt >= last!.start && leftAt < last!.end && leftAt !== branch.address) branch.early++;
    }
  }

  const order = {
    hottest: (a: Branch, b: Branch) => b.to.size - a.to.size || b.runs - a.runs,
    early: (a: Branch, b: Branch) => b.early - a.early,
    exceptional: (a: Branch, b: Branch) => b.exceptional - a.exceptional,
  }[sort as "hottest"];
  const rows = () =>
    [...branches.values()].filter(({ runs }) => runs > 0).sort(order).slice(0, limit)
      .map(({ to, ...row }) => ({ ...row, destinations: to.size }));
  emu.report({
    text: () =>
      [
        `collected ${branches.size} branches`,
        "address, destinations, runs, early exits, exceptional exits, instruction",
        ...rows().map((r) =>
          `${hex(r.address)}, ${r.destinations}, ${r.runs}, ${r.early}, ${r.exceptional}, ${r.text}${
            r.symbol ? `, ${r.symbol}` : ""
          }`
        ),
      ].join("\n"),
    json: () => ({ branches: branches.size, rows: rows() }),
  });
});
