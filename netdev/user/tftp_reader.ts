import type { ServedFile } from "./tftp_files.ts";

/** Bytes that are read from a file at once, at most; two such parts are kept for each session. */
export const CHUNK = 1 << 18;

/** A part of a file: undefined while it is being read. */
interface Chunk {
  readonly index: number;
  bytes: Uint8Array | undefined;
}

/**
 * Gives a file block by block, in order, reading ahead: a guest that does nothing but wait for the next block keeps the
 * event loop, and so the disk, from being looked at for a whole slice each time.
 */
export class BlockReader {
  readonly #file: ServedFile;
  readonly #blockSize: number;
  readonly #blocks: number;
  #chunks: Chunk[] = [];
  /** The reading that goes on; a file is read from its beginning to its end. */
  #reading: Promise<void> = Promise.resolve();

  constructor(file: ServedFile, blockSize: number) {
    this.#file = file;
    this.#blockSize = blockSize;
    this.#blocks = Math.floor(CHUNK / blockSize);
  }

  /** Block `n`, from 0 on, if it has been read already. */
  ready(n: number): Uint8Array | undefined {
    const index = Math.floor(n / this.#blocks);
    this.#load(index);
    const bytes = this.#chunks.find((chunk) => chunk.index === index)?.bytes;
    if (bytes === undefined) return undefined;
    if (bytes.length === this.#blocks * this.#blockSize) this.#load(index + 1);
    const start = n % this.#blocks * this.#blockSize;
    return bytes.subarray(start, start + this.#blockSize);
  }

  /** The same, when it has been read. Rejects if it cannot be. */
  async read(n: number): Promise<Uint8Array> {
    for (;;) {
      const block = this.ready(n);
      if (block !== undefined) return block;
      await this.#reading;
    }
  }

  #load(index: number): void {
    if (this.#chunks.some((chunk) => chunk.index >= index)) return;
    const chunk: Chunk = { index, bytes: undefined };
    this.#chunks = [...this.#chunks.slice(-1), chunk];
    this.#reading = this.#reading.then(async () => {
      const bytes = new Uint8Array(this.#blocks * this.#blockSize);
      const count = await this.#file.read(bytes, index * bytes.length);
      chunk.bytes = bytes.subarray(0, count);
    });
    this.#reading.catch(() => {}); // `read` tells
  }
}

const CR = 13, LF = 10;

/** A file as text with the network's ends of lines (RFC 764): LF becomes CR LF, and CR becomes CR NUL. Read in order only. */
export function netascii(file: ServedFile): ServedFile {
  const raw = new Uint8Array(1 << 14);
  let at = 0, second: number | undefined;
  return {
    size: undefined, // nobody knows before it has been read
    close: file.close,
    async read(into) {
      let filled = 0;
      const put = (byte: number) => void (into[filled++] = byte);
      while (filled < into.length) {
        if (second !== undefined) {
          put(second);
          second = undefined;
          continue;
        }
        const count = await file.read(raw.subarray(0, into.length - filled), at);
        if (count === 0) break;
        for (let i = 0; i < count && filled < into.length; i++, at++) {
          put(raw[i] === LF ? CR : raw[i]);
          if (raw[i] !== LF && raw[i] !== CR) continue;
          second = raw[i] === LF ? LF : 0;
          if (filled === into.length) {
            at++;
            break;
          }
          put(second);
          second = undefined;
        }
      }
      return filled;
    },
  };
}
