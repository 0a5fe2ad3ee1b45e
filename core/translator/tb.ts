import type { Block } from "../ir/block.ts";

const NO_REGIONS: readonly Region[] = [];

/**
 * A translation block: guest code from one entry to its exits, and what has been made of it. Most run a few times only,
 * and the garbage collector moves each of them twice: so they are kept small, with no lists of their own.
 */
export class Tb {
  /** Times tier 0 has run it. */
  count = 0;
  /** Function table index of the fastest form there is, or 0: of the region that it is the entry of, or its own. */
  entry = 0;
  /** Function table index of its own compiled form, or 0. */
  own = 0;
  /** Regions that hold it, its own first. */
  regions: readonly Region[] = NO_REGIONS;
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
  /** Exits that are chained to this block. One may be outdated; its `next` decides. */
  incoming: Link | undefined = undefined;
  /** The cache's lists of blocks on the same page, and of blocks with the same hash. */
  onPage: Tb | undefined = undefined;
  inBucket: Tb | undefined = undefined;

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

/** Direct exit number `exit` of a block, in a list. */
export interface Link {
  readonly from: Tb;
  readonly exit: number;
  readonly rest: Link | undefined;
}

/** Blocks compiled as one function, entered at the first. */
export interface Region {
  readonly entry: Tb;
  readonly tbs: readonly Tb[];
  /** Function table index. */
  readonly index: number;
}
