/** When blocks move up a tier. Chosen by measuring boots; see `tests/bench`. */
export const POLICY = {
  /** Runs in tier 0 after which a block waits to be compiled. */
  hot: 64,
  /** So many waiting blocks make a module. */
  batch: 16,
  /** A waiting block that has been run so often is compiled at once, with those that wait. */
  urgent: 256,
};
