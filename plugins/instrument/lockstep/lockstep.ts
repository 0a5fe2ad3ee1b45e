import { defineInstrument } from "@emu/core";
import { hex } from "../hex.ts";
import { Comparison } from "./comparison.ts";
import manifest from "./manifest.json" with { type: "json" };
import { meet, Peer } from "./peer.ts";
import { type Stretch, Stretches } from "./stretches.ts";

/** Milliseconds for which the other is waited for at the end. */
const PATIENCE = 10_000;

/**
 * Both sides send what they have run and compare it with what comes. Neither goes on before the other has come as far,
 * but for a batch: so much later a difference is found, but the place that is told is where it began.
 */
export default defineInstrument(manifest, async (emu, { sockpath, batch, stop }) => {
  if (sockpath === "") throw new Error("Cannot meet the other emulator: sockpath=PATH is missing");
  const connection = await meet(sockpath), begun = emu.counter();
  let unsent: Stretch[] = [], sent = 0, exchange: Promise<void> | undefined, over = false;

  const comparison = new Comparison((here, there) => {
    if (over) return;
    over = true;
    const { same, last } = comparison;
    const lines = [
      `divergence after ${same} stretches: here ${placeOf(here)}, there ${placeOf(there)}`,
      ...last.toReversed().map((stretch) => `  previously ${placeOf(stretch)}`),
    ];
    emu.print(lines.join("\n"), { same, here, there, last });
    peer.close();
    if (stop) emu.stop("the other emulator does something else");
    emu.uninstall();
  });
  const peer = new Peer(connection, (stretches) => comparison.there(stretches));
  const stretches = new Stretches((stretch) => unsent.push(stretch));

  const enter = (_: unknown, { address, size }: { readonly address: number; readonly size: number }) => {
    stretches.enter(address, size, begun.get());
    if (unsent.length >= batch && exchange === undefined) {
      exchange = keepUp();
      emu.hold(exchange);
    }
  };
  emu.onTranslate((block) => {
    const { address, size, instructions } = block;
    block.onExecute(enter, { data: { address, size } });
    for (const instruction of instructions) instruction.add(begun);
  });
  emu.onDiscontinuity(["exception", "hostcall"], (_, { from }) => stretches.leave(from));

  /** Sends what was run, and waits until the other has run as much. */
  async function keepUp(): Promise<void> {
    // The guest runs to the end of its block before it is held.
    await Promise.resolve();
    const some = unsent;
    unsent = [];
    sent += some.length;
    await peer.send(some);
    // Not before: the other is to know of a difference too.
    comparison.here(some);
    await peer.until(sent);
    exchange = undefined;
  }

  emu.onExit(async () => {
    if (over) return;
    stretches.stop();
    const late = setTimeout(() => peer.close(), PATIENCE);
    await exchange;
    await keepUp();
    clearTimeout(late);
    peer.close();
  });
  emu.report({
    text: () => over ? "" : `no divergence in ${comparison.same} stretches, ${begun.sum()} instructions`,
    json: () => ({ same: comparison.same, instructions: begun.sum() }),
  });
});

function placeOf({ start, end, after }: Stretch): string {
  const to = end === Infinity ? "its end" : hex(end);
  return `${hex(start)} to ${to} (after ${after} instructions)`;
}
