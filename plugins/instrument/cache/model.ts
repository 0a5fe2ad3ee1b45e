/** How a line that has to go is chosen. */
export type Eviction = "lru" | "fifo" | "rand";

/** Size in bytes, ways, bytes of a line. */
export interface Geometry {
  readonly size: number;
  readonly ways: number;
  readonly line: number;
}

/** A cache: which lines it holds, and how often they were asked for. */
export class CacheModel {
  accesses = 0;
  misses = 0;
  readonly #lineBits: number;
  readonly #sets: number;
  readonly #ways: number;
  /** Line number by set and way, -1 for none; for LRU and FIFO the last to go comes first. */
  readonly #lines: Float64Array;
  readonly #evict: Eviction;
  #random: number;

  /** @throws {Error} if the sizes do not go into one another. */
  constructor(name: string, { size, ways, line }: Geometry, evict: Eviction, seed: number) {
    const sets = size / (ways * line);
    if ((line & (line - 1)) !== 0 || !Number.isInteger(sets) || (sets & (sets - 1)) !== 0) {
      throw new Error(
        `Cannot make a ${name} cache of ${size} bytes: ${ways} ways of ${line} bytes do not fit in`,
      );
    }
    this.#lineBits = Math.log2(line);
    this.#sets = sets;
    this.#ways = ways;
    this.#lines = new Float64Array(sets * ways).fill(-1);
    this.#evict = evict;
    this.#random = seed | 1;
  }

  /** Asks for a line; says whether it was there. */
  access(address: number): boolean {
    this.accesses++;
    const line = Math.floor(address / 2 ** this.#lineBits), ways = this.#ways, lines = this.#lines;
    const first = line % this.#sets * ways;
    for (let way = first; way < first + ways; way++) {
      if (lines[way] !== line) continue;
      if (this.#evict === "lru") this.#toFront(first, way);
      return true;
    }
    this.misses++;
    if (this.#evict === "rand" && lines[first + ways - 1] >= 0) lines[first + this.#next() % ways] = line;
    else {
      this.#toFront(first, first + ways - 1);
      lines[first] = line;
    }
    return false;
  }

  #toFront(first: number, way: number): void {
    const lines = this.#lines, line = lines[way];
    lines.copyWithin(first + 1, first, way);
    lines[first] = line;
  }

  /** Marsaglia's xorshift, 32 bits. */
  #next(): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return this.#random >>> 0;
  }
}
