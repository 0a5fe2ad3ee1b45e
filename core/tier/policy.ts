/** When blocks move up a tier. Chosen by measuring boots; see `tests/bench`. */
export const POLICY = {
  /** Runs in tier 0 after which a block waits to be compiled. */
  hot: 96,
  /** So many waiting blocks make a module. */
  batch: 64,
  /** A waiting block that has been run so often is compiled at once, with those that wait. */
  urgent: 512,

  /** Slices looked back on to see what is hot; nothing else counts executions of compiled code. */
  window: 64,
  /** So many of them that ended on one page of code, outside regions, lead to a recording. */
  samples: 6,
  /** The same, for a page whose last recording led to no region. */
  samplesAgain: 24,
  /** Share of the running time that making regions may take. */
  share: 0.1,
  /** Blocks recorded to learn what is hot around a sample. */
  recording: 3000,
  /** An edge belongs to a region if it was taken at least so often for each time that the entry ran. */
  rareEdge: 0.05,
  /** A region must cover this share of the recording to be made. */
  coverage: 0.05,
  /** Regions made of one recording. */
  regionsPerRecording: 4,
  regionBlocks: 64,
  regionOps: 3000,
};
