/** Signed 16-bit little-endian samples, interleaved. */
export interface AudioFormat {
  /** Frames per second. */
  readonly rate: number;
  /** Samples in a frame: 1 for mono, 2 for stereo (left first). */
  readonly channels: number;
}

/** Where a sound device plays to. */
export interface AudioSink {
  /** Changes the format from here on. */
  format(format: AudioFormat): void;
  /** Plays samples; never blocks. */
  play(samples: Int16Array): void;
}
