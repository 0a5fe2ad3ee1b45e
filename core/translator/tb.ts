import type { Block } from "../ir/block.ts";

/** A translation block: guest code from one entry to its exits, and what has been made of it. */
export class Tb {
  /** Times tier 0 has run it. */
  count = 0;
  /** Function table index of the fastest form there is, or 0: of the region that it is the entry of, or its own. */
  entry = 0;
  /** Function table index of its own compiled form, or 0. */
  own = 0;
  /** Regions that hold it, its own first. */
  regions: Region[] = [];
  /** Offset in machine memory of its jump slots, once compiled. */
  slots = 0;
  valid = true;
  /** The block that tier 0 last went on with by look-up, and the jump cache's generation then. */
  last: Tb | undefined = undefined;
  lastGeneration = 0;
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

/** Blocks compiled as one function, entered at the first. */
export interface Region {
  readonly entry: Tb;
  readonly tbs: readonly Tb[];
  /** Function table index. */
  readonly index: number;
}
