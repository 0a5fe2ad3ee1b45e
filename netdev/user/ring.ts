/** A ring of bytes that is read and written in place. Offsets count from the oldest byte. */
export class Ring {
  readonly capacity: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #first = 0;
  #length = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  get room(): number {
    return this.capacity - this.#length;
  }

  /** The oldest bytes, as far as they lie together. */
  oldest(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(this.#first, Math.min(this.capacity, this.#first + this.#length));
  }

  /** Room behind the newest byte, as far as it lies together. `add` makes what was written there count. */
  free(): Uint8Array<ArrayBuffer> {
    const start = (this.#first + this.#length) % this.capacity;
    return this.#bytes.subarray(
      start,
      start < this.#first ? this.#first : Math.min(this.capacity, start + this.room),
    );
  }

  add(count: number): void {
    this.#length += count;
  }

  /** Forgets the oldest bytes. */
  remove(count: number): void {
    this.#first = (this.#first + count) % this.capacity;
    this.#length -= count;
  }

  /** Writes bytes at an offset, which may be behind the newest; the caller sees to it that they fit. */
  put(offset: number, from: Uint8Array, start: number, end: number): void {
    const at = (this.#first + offset) % this.capacity;
    const split = Math.min(end, start + this.capacity - at);
    this.#bytes.set(from.subarray(start, split), at);
    if (split < end) this.#bytes.set(from.subarray(split, end), 0);
  }

  /** Copies bytes from an offset on. */
  get(offset: number, count: number, into: Uint8Array, to: number): void {
    const at = (this.#first + offset) % this.capacity;
    const split = Math.min(count, this.capacity - at);
    into.set(this.#bytes.subarray(at, at + split), to);
    if (split < count) into.set(this.#bytes.subarray(0, count - split), to + split);
  }
}
