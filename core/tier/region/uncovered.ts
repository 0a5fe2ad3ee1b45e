import type { Region, Tb } from "../../translator/tb.ts";

/**
 * Follows a recorded stretch of execution through the regions that there are now: how often each block would run on
 * its own. A region is entered at its entry only, so a loop that control jumps into the middle of may run outside the
 * very region that holds it.
 */
export function uncovered(trace: readonly (Tb | undefined)[]): Map<Tb, number> {
  const outside = new Map<Tb, number>();
  let inside: Region | undefined;
  for (const tb of trace) {
    if (tb === undefined || inside !== undefined && tb.regions.includes(inside)) {
      if (tb === undefined) inside = undefined;
      continue;
    }
    inside = tb.regions.find(({ entry }) => entry === tb);
    if (inside === undefined) outside.set(tb, (outside.get(tb) ?? 0) + 1);
  }
  return outside;
}
