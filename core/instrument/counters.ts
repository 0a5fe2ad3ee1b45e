import type { GuestMemory } from "../memory/guest_memory.ts";

/** Bytes taken from machine memory at a time. */
const CHUNK = 1 << 16;

/** One 64-bit number for each vCPU, which translated code counts in. */
export interface Counter {
  /** The number of one vCPU, as far as a double holds it exactly; default: of the first. */
  get(cpu?: number): number;
  /** Sets the number of one vCPU; default: of the first. */
  set(value: number | bigint, cpu?: number): void;
  /** Adds to the number of one vCPU, modulo 2^64; default: to that of the first. */
  add(amount: number | bigint, cpu?: number): void;
  /** Over all vCPUs. */
  sum(): number;
  /** All 64 bits, over all vCPUs. */
  sum64(): bigint;
}

/** A power of two of such numbers for each vCPU. */
export interface Table {
  /** How many numbers there are for each vCPU. */
  readonly length: number;
  /** The numbers of one vCPU, live. */
  values(cpu?: number): BigUint64Array;
}

/** A counter as the core sees it. */
export class CounterCell implements Counter {
  // Two words, not BigInts: callbacks count with them, millions of times a second.
  readonly #i32: Int32Array;
  readonly #i64: BigInt64Array;
  readonly #lanes: readonly number[];

  /** `lanes`: offset in machine memory for each vCPU. */
  constructor({ i32, i64 }: GuestMemory, lanes: readonly number[]) {
    this.#i32 = i32;
    this.#i64 = i64;
    this.#lanes = lanes;
  }

  /** Offset in machine memory of a vCPU's number. */
  cell(cpu: number): number {
    return this.#lanes[cpu];
  }

  get(cpu = 0): number {
    const i32 = this.#i32, word = this.#lanes[cpu] >>> 2;
    return (i32[word] >>> 0) + (i32[word + 1] >>> 0) * 2 ** 32;
  }

  set(value: number | bigint, cpu = 0): void {
    if (typeof value === "bigint") {
      this.#i64[this.#lanes[cpu] / 8] = BigInt.asIntN(64, value);
      return;
    }
    const i32 = this.#i32, word = this.#lanes[cpu] >>> 2;
    i32[word] = value;
    i32[word + 1] = Math.floor(value / 2 ** 32);
  }

  add(amount: number | bigint, cpu = 0): void {
    if (typeof amount === "bigint") this.#i64[this.#lanes[cpu] / 8] += amount;
    else this.set(this.get(cpu) + amount, cpu);
  }

  sum(): number {
    return Number(this.sum64());
  }

  sum64(): bigint {
    return this.#lanes.reduce((sum, lane) => sum + BigInt.asUintN(64, this.#i64[lane / 8]), 0n);
  }
}

/** A table as the core sees it. */
export class TableCells implements Table {
  readonly length: number;
  readonly #lanes: readonly number[];
  readonly #memory: GuestMemory;

  constructor(memory: GuestMemory, lanes: readonly number[], length: number) {
    this.#memory = memory;
    this.#lanes = lanes;
    this.length = length;
  }

  /** Offset in machine memory of a vCPU's numbers. */
  cell(cpu: number): number {
    return this.#lanes[cpu];
  }

  values(cpu = 0): BigUint64Array {
    return new BigUint64Array(this.#memory.memory.buffer, this.#lanes[cpu], this.length);
  }
}

/** Hands out counters and tables in machine memory. */
export class CounterArena {
  readonly #memory: GuestMemory;
  readonly #cpus: number;
  #next = 0;
  #end = 0;

  constructor(memory: GuestMemory, cpus: number) {
    this.#memory = memory;
    this.#cpus = cpus;
  }

  counter(): CounterCell {
    return new CounterCell(this.#memory, this.#allocate(8));
  }

  table(length: number): TableCells {
    if (!Number.isSafeInteger(length) || length < 1 || (length & (length - 1)) !== 0 || length > 1 << 24) {
      throw new RangeError(
        `Cannot make a table of ${length} counters: it takes a power of two, at most 2^24`,
      );
    }
    return new TableCells(this.#memory, this.#allocate(8 * length), length);
  }

  /** A place of `size` bytes for each vCPU. */
  #allocate(size: number): number[] {
    const all = size * this.#cpus;
    if (all > CHUNK) return this.#split(this.#memory.allocate(all), size);
    if (this.#next + all > this.#end) {
      this.#next = this.#memory.allocate(CHUNK);
      this.#end = this.#next + CHUNK;
    }
    const at = this.#next;
    this.#next += all;
    return this.#split(at, size);
  }

  #split(at: number, size: number): number[] {
    return Array.from({ length: this.#cpus }, (_, cpu) => at + cpu * size);
  }
}
