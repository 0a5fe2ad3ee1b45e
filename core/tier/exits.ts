/** How a block was left: what its compiled function returns, and the interpreter too. */
export const EXIT = {
  /** Through a direct exit that is not chained; `CPU.link` tells which. */
  CHAIN: 0,
  /** To the address and flags in the state, which the jump cache did not know. */
  LOOKUP: 1,
  /** To the main loop, for exceptions, interrupts, halt. The PC is in the state. */
  MAIN: 2,
  /** Not entered: the budget does not reach. The PC is in the state. */
  BUDGET: 3,
  /** The same, out of a region: what is hot has its best form. */
  REGION_BUDGET: 4,
} as const;
