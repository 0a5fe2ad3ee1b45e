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

  /** Appends bytes; the caller has looked for room. */
  push(bytes: Uint8Array): void {
    const s = this.#s;
    for (const byte of bytes) s.fifo[s.head + s.level++ & 63] = byte;
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
    const byte = (i: number) => fifo[head + i & 63] << 8 * i;
    this.drop(4);
    return (byte(0) | byte(1) | byte(2) | byte(3)) >>> 0;
  }

  clear(): void {
    this.#s.head = this.#s.level = 0;
  }
}
