/** When blocks move up a tier. Chosen by measuring boots; see `tests/bench`. */
export const POLICY = {
  /** Runs in tier 0 after which a block waits to be compiled. */
  hot: 64,
  /** So many waiting blocks make a module. */
  batch: 16,
  /** A waiting block that has been run so often is compiled at once, with those that wait. */
  urgent: 256,

  /** Slices that end in a block before the region around it is made; nothing else counts executions. */
  samples: 3,
  /** The same for a block that is part of a region already. */
  samplesInside: 64,
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
