/** Consecutive addresses that were run: how the same execution looks, however it is cut into blocks. */
export interface Stretch {
  readonly start: number;
  /** Behind the last instruction, or at the one that raised an exception; Infinity: it was not over. */
  readonly end: number;
  /** Instructions that had begun before. */
  readonly after: number;
}

/** Makes stretches of blocks. */
export class Stretches {
  readonly #done: (stretch: Stretch) => void;
  #start = -1;
  #end = -1;
  #after = 0;

  /** `done` gets those that are over. */
  constructor(done: (stretch: Stretch) => void) {
    this.#done = done;
  }

  /** A block is entered, when so many instructions have begun. */
  enter(address: number, size: number, after: number): void {
    if (address !== this.#end) {
      this.#finish(this.#end);
      this.#start = address;
      this.#after = after;
    }
    this.#end = address + size;
  }

  /** The instruction at an address raised an exception. */
  leave(address: number): void {
    if (address >= this.#start && address < this.#end) this.#finish(address);
  }

  /** Gives what is not over. */
  stop(): void {
    this.#finish(Infinity);
  }

  #finish(end: number): void {
    if (this.#start < 0) return;
    this.#done({ start: this.#start, end, after: this.#after });
    this.#start = this.#end = -1;
  }
}
