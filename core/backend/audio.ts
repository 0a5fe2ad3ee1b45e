/** Signed 16-bit little-endian samples, interleaved. */
export interface AudioFormat {
  /** Frames per second. */
  readonly rate: number;
  readonly channels: number;
}

/** Where a sound device plays to. */
export interface AudioSink {
  /** Changes the format from here on. */
  format(format: AudioFormat): void;
  /** Plays samples; never blocks. */
  play(samples: Int16Array): void;
}
