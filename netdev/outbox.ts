import { joined } from "./join.ts";

/** Bytes that are kept for a peer that does not keep up. */
const LIMIT = 1 << 20;
/** Most bytes of one write. */
const PIECE = 1 << 16;

/** Frames on their way into a stream, written in large pieces. What finds no room is refused, never waited for. */
export class Outbox {
  readonly #write: (bytes: Uint8Array<ArrayBuffer>) => Promise<number>;
  readonly #failed: () => void;
  readonly #limit: number;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #held = 0;
  #writing = false;
  #open = true;

  constructor(
    { write, failed, limit = LIMIT }: {
      /** Writes some of the bytes and says how many. */
      readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<number>;
      /** Writing is impossible from here on. */
      readonly failed: () => void;
      readonly limit?: number;
    },
  ) {
    this.#write = write;
    this.#failed = failed;
    this.#limit = limit;
  }

  /** Takes bytes, which are its own from here on, or refuses them. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (!this.#open || this.#held + bytes.length > this.#limit) return false;
    this.#chunks.push(bytes);
    this.#held += bytes.length;
    if (!this.#writing) void this.#run();
    return true;
  }

  close(): void {
    this.#open = false;
    this.#chunks = [];
    this.#held = 0;
  }

  async #run(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#chunks.length > 0) {
        let piece = this.#take();
        while (piece.length > 0 && this.#open) {
          const count = await this.#write(piece);
          piece = piece.subarray(count);
          this.#held -= count;
        }
      }
    } catch {
      if (this.#open) this.#failed();
      this.close();
    } finally {
      this.#writing = false;
    }
  }

  /** The next piece: chunks joined, as far as they fit. */
  #take(): Uint8Array<ArrayBuffer> {
    let size = 0, count = 0;
    while (count < this.#chunks.length && (count === 0 || size + this.#chunks[count].length <= PIECE)) {
      size += this.#chunks[count++].length;
    }
    return joined(this.#chunks.splice(0, count));
  }
}
