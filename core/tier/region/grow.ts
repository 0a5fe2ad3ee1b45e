import type { Tb } from "../../translator/tb.ts";
import { POLICY } from "../policy.ts";
import type { Recorder } from "./recorder.ts";

/** Blocks that are to become one function, entered at the first; and for each, what was seen to follow it. */
export interface Growth {
  readonly tbs: readonly Tb[];
  /** Successors inside the region, most frequent first. */
  readonly after: ReadonlyMap<Tb, readonly Tb[]>;
  /** Recorded executions that it covers. */
  readonly covered: number;
}

/** Grows a region from its entry along the edges that were taken often enough. */
export function grow(recorder: Recorder, entry: Tb): Growth {
  const least = Math.max(2, (recorder.counts.get(entry) ?? 0) * POLICY.rareEdge);
  const inside = new Set([entry]);
  const queue = [entry];
  let ops = entry.block.length;
  // Breadth first, so that what is cut off by the limits lies farthest from the entry.
  for (let tb = queue.shift(); tb !== undefined; tb = queue.shift()) {
    for (const [next, count] of recorder.after(tb)) {
      if (inside.has(next) || count < least || !fits(next)) continue;
      inside.add(next);
      ops += next.block.length;
      queue.push(next);
    }
  }
  const tbs = [...inside];
  const after = new Map(
    tbs.map((tb) => [tb, recorder.after(tb).map(([next]) => next).filter((next) => inside.has(next))]),
  );
  const covered = tbs.reduce((sum, tb) => sum + (recorder.counts.get(tb) ?? 0), 0);
  return { tbs, after, covered };

  function fits(tb: Tb): boolean {
    return tb.valid && !tb.single && inside.size < POLICY.regionBlocks &&
      ops + tb.block.length <= POLICY.regionOps;
  }
}
