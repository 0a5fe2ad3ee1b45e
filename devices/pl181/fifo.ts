/** What the FIFO is made of: part of the device's state. */
export interface FifoState {
  fifo: Uint8Array;
  head: number;
  level: number;
}

/** The data FIFO: 16 words, of which the card side sees bytes, least significant first. */
export class Fifo {
  readonly #s: FifoState;

  constructor(state: FifoState) {
    this.#s = state;
  }

  /** Appends the first `count` bytes; the caller has looked for room. */
  push(bytes: Uint8Array, count: number): void {
    const s = this.#s;
    for (let i = 0; i < count; i++) s.fifo[s.head + s.level++ & 63] = bytes[i];
  }

  /** Appends a word; the caller has looked for room. */
  pushWord(word: number): void {
    const s = this.#s;
    for (let shift = 0; shift < 32; shift += 8) s.fifo[s.head + s.level++ & 63] = word >>> shift;
  }

  /** Fills up the last word with zeros. */
  pad(): void {
    const s = this.#s;
    while (s.level & 3) s.fifo[s.head + s.level++ & 63] = 0;
  }

  /** Fills `into` with the oldest bytes, which stay. */
  peek(into: Uint8Array): Uint8Array {
    const s = this.#s;
    for (let i = 0; i < into.length; i++) into[i] = s.fifo[s.head + i & 63];
    return into;
  }

  drop(count: number): void {
    const s = this.#s;
    s.head = s.head + count & 63;
    s.level -= count;
  }

  /** Takes the oldest word; the caller has looked that there is one. */
  pop(): number {
    const { fifo, head } = this.#s;
    let word = 0;
    for (let i = 0; i < 4; i++) word |= fifo[head + i & 63] << 8 * i;
    this.drop(4);
    return word >>> 0;
  }

  clear(): void {
    this.#s.head = this.#s.level = 0;
  }
}
