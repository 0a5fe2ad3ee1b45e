/** Most bytes that are held for a slow reader; then the machine waits. */
const LIMIT = 1 << 20;
/** Most bytes of one write. */
const PIECE = 1 << 16;

/** Where an output queue writes to. */
export interface OutputOptions {
  /** Writes some of the bytes and says how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Writing failed; whatever is sent from here on is thrown away. */
  failed(error: unknown): void;
  readonly limit?: number;
}

/** Bytes on their way to a slow reader: written in order, in large pieces, and never lost. */
export class OutputQueue {
  readonly #options: OutputOptions;
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #writing: Promise<void> | undefined;
  #congestion: PromiseWithResolvers<void> | undefined;
  #broken = false;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.#limit = options.limit ?? LIMIT;
  }

  /** Bytes that are not written yet. */
  get held(): number {
    return this.#held;
  }

  send(bytes: Uint8Array): void {
    if (this.#broken || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#held += bytes.length;
    this.#writing ??= this.#run();
  }

  /** Settles when less than half of the limit is held; undefined while it is not reached. */
  congested(): Promise<void> | undefined {
    if (this.#held < this.#limit) return undefined;
    return (this.#congestion ??= Promise.withResolvers()).promise;
  }

  /** Settles when all is written, or cannot be, or after `patience` milliseconds: a reader may never read. */
  async drain(patience?: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = patience === undefined ? undefined : setTimeout(over.resolve, patience);
    const all = async () => {
      while (this.#writing) await this.#writing;
    };
    await Promise.race([all(), over.promise]);
    clearTimeout(timer);
  }

  /** Throws what is held away. */
  clear(): void {
    this.#chunks = [];
    this.#held = 0;
    this.#release();
  }

  async #run(): Promise<void> {
    try {
      while (this.#chunks.length > 0) {
        let piece = this.#take();
        while (piece.length > 0) {
          const count = await this.#options.write(piece);
          piece = piece.subarray(count);
          this.#held = Math.max(0, this.#held - count);
          if (this.#held < this.#limit / 2) this.#release();
        }
      }
    } catch (error) {
      this.#broken = true;
      this.clear();
      this.#options.failed(error);
    } finally {
      this.#writing = undefined;
    }
  }

  #release(): void {
    this.#congestion?.resolve();
    this.#congestion = undefined;
  }

  /** The next piece: chunks joined, as far as they fit. */
  #take(): Uint8Array {
    let size = 0, count = 0;
    while (count < this.#chunks.length && (count === 0 || size + this.#chunks[count].length <= PIECE)) {
      size += this.#chunks[count++].length;
    }
    const chunks = this.#chunks.splice(0, count);
    if (count === 1) return chunks[0];
    const piece = new Uint8Array(size);
    let at = 0;
    for (const chunk of chunks) {
      piece.set(chunk, at);
      at += chunk.length;
    }
    return piece;
  }
}
