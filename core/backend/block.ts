/** A medium of fixed size. Offsets and lengths are bytes; accesses beyond the end reject. */
export interface BlockBackend {
  /** Bytes. */
  readonly size: number;
  /** Whether `write` rejects. */
  readonly readOnly: boolean;
  /** Fills `into` with what stands at `offset`. */
  read(offset: number, into: Uint8Array): Promise<void>;
  /** Writes `from` at `offset`. The bytes must not change until it is done. */
  write(offset: number, from: Uint8Array): Promise<void>;
  /** Settles when all that was written before is as safe as the host can make it. */
  flush(): Promise<void>;
}
