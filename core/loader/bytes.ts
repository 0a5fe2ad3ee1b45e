import { LoaderError, sizeText } from "./error.ts";

export type Endian = "little" | "big";

const PRINTABLE = /^[\x21-\x7e]*$/;
const decoder = new TextDecoder();

/** Reads of a file's fields. A read outside of the file is a `LoaderError`, never a `RangeError`. */
export interface Reader {
  readonly length: number;
  u8(at: number): number;
  u16(at: number): number;
  u32(at: number): number;
  u64(at: number): bigint;
  /** A view, not a copy, of `length` bytes. */
  bytes(at: number, length: number): Uint8Array;
  /** The printable ASCII string of at most `limit` characters that a NUL ends. */
  string(at: number, limit: number): string;
}

/** `what` begins the messages: "device tree is truncated: …". */
export function reader(bytes: Uint8Array, { what, endian }: { what: string; endian: Endian }): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endian === "little";

  function checked(at: number, length: number): number {
    // Written so that NaN fails too.
    if (at >= 0 && length >= 0 && at + length <= bytes.length) return at;
    throw new LoaderError(
      `${what} is truncated: ${sizeText(length)} wanted at offset ${at}, but it ends at ${bytes.length}`,
    );
  }

  function string(at: number, limit: number): string {
    checked(at, 1);
    const length = bytes.subarray(at, at + limit + 1).indexOf(0);
    if (length < 0) {
      const fault = at + limit < bytes.length ? `of more than ${limit} characters` : "without an end";
      throw new LoaderError(`${what} has a name ${fault} at offset ${at}`);
    }
    const text = decoder.decode(bytes.subarray(at, at + length));
    if (PRINTABLE.test(text)) return text;
    throw new LoaderError(`${what} has a name that is not printable ASCII at offset ${at}`);
  }

  return {
    length: bytes.length,
    u8: (at) => view.getUint8(checked(at, 1)),
    u16: (at) => view.getUint16(checked(at, 2), little),
    u32: (at) => view.getUint32(checked(at, 4), little),
    u64: (at) => view.getBigUint64(checked(at, 8), little),
    bytes: (at, length) => bytes.subarray(checked(at, length), at + length),
    string,
  };
}

/** Bytes that grow as fields are appended. */
export class Writer {
  readonly #little: boolean;
  #bytes = new Uint8Array(256);
  #length = 0;

  constructor(endian: Endian) {
    this.#little = endian === "little";
  }

  get length(): number {
    return this.#length;
  }

  u32(...values: number[]): void {
    for (const value of values) this.#view(4).setUint32(0, value, this.#little);
  }

  u64(value: bigint): void {
    this.#view(8).setBigUint64(0, value, this.#little);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#extend(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** `text` in UTF-8 and the NUL that ends it. */
  string(text: string): void {
    this.bytes(new TextEncoder().encode(`${text}\0`));
  }

  /** Zeros up to the next multiple of `step`. */
  align(step: number): void {
    this.#extend(alignUp(this.#length, step) - this.#length);
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #view(length: number): DataView {
    const at = this.#extend(length);
    return new DataView(this.#bytes.buffer, at, length);
  }

  /** Adds zeros and returns where they start. */
  #extend(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    return at;
  }
}

/** The next multiple of `step`, a power of two or not, at or above `value`. */
export function alignUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** The first pair of ranges that share a byte, in order of address; empty ranges share none. */
export function findOverlap<T>(
  items: readonly T[],
  rangeOf: (item: T) => { start: number | bigint; end: number | bigint },
): [T, T] | undefined {
  const ranges = items.map((item) => ({ item, ...rangeOf(item) }))
    .filter(({ start, end }) => end > start)
    .sort((a, b) => a.start < b.start ? -1 : a.start > b.start ? 1 : 0);
  for (let i = 1; i < ranges.length; i++) {
    if (ranges[i].start < ranges[i - 1].end) return [ranges[i - 1].item, ranges[i].item];
  }
  return undefined;
}
