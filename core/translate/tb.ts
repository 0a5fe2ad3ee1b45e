import type { Block } from "../ir/block.ts";

/** A translation block: guest code from one entry to its exits, and what has been made of it. */
export class Tb {
  /** Times tier 0 has run it. */
  count = 0;
  /** Function table index of its compiled form, or 0. */
  entry = 0;
  /** Offset in machine memory of its jump slots, once compiled. */
  slots = 0;
  valid = true;
  /** Already waiting to be compiled. */
  queued = false;
  /** Where its direct exits lead, as far as they have been chained. */
  readonly next: (Tb | undefined)[];
  /** Blocks whose exits are chained to this one. An entry may be outdated; `next` decides. */
  readonly incoming: Tb[] = [];
  /** The next block with the same machine memory offset and flags, but another PC. */
  same: Tb | undefined = undefined;

  constructor(
    readonly id: number,
    readonly pc: number,
    readonly flags: number,
    /** Offset in machine memory of its code. */
    readonly host: number,
    /** Bytes of guest code. */
    readonly size: number,
    /** Guest instructions. */
    readonly insns: number,
    readonly block: Block,
    /** Guest addresses its direct exits lead to. */
    readonly targets: readonly number[],
    /** Made to run one instruction on its own. */
    readonly single: boolean,
  ) {
    this.next = targets.map(() => undefined);
  }
}
