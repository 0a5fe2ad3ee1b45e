import type { Tb } from "../../translator/tb.ts";

/**
 * A stretch of execution, block by block: which blocks ran how often, and what followed what. Tier 0 runs while it
 * is made, so compiled code carries no counters.
 */
export class Recorder {
  readonly counts = new Map<Tb, number>();
  /** The blocks in their order; undefined where something came between. */
  readonly trace: (Tb | undefined)[] = [];
  readonly #edges = new Map<Tb, Map<Tb, number>>();
  #last: Tb | undefined;
  /** Blocks still to be recorded. */
  left: number;

  constructor(length: number) {
    this.left = length;
  }

  /** A block runs next. */
  note(tb: Tb): void {
    this.left--;
    this.trace.push(tb);
    this.counts.set(tb, (this.counts.get(tb) ?? 0) + 1);
    const last = this.#last;
    if (last !== undefined) {
      let after = this.#edges.get(last);
      if (after === undefined) this.#edges.set(last, after = new Map());
      after.set(tb, (after.get(tb) ?? 0) + 1);
    }
    this.#last = tb;
  }

  /** The next block does not follow from the last: an exception or an interrupt came between. */
  cut(): void {
    this.#last = undefined;
    this.trace.push(undefined);
  }

  /** What followed a block, most frequent first. */
  after(tb: Tb): [Tb, number][] {
    return [...this.#edges.get(tb) ?? []].sort((a, b) => b[1] - a[1]);
  }
}
