import type { GuestMemory } from "../memory/guest_memory.ts";

/** What a probe of translated code calls. `a`, `b`, `c` are the values it was given. */
export type ProbeFunction = (site: number, a: number, b: number, c: number) => void;

/** Calls for sites that stand in machine memory from offset `at` to `end`, as long as they are its own; gives the next. */
export type BatchFunction = (at: number, end: number) => number;

/** Calls that may wait: 16 KiB, which stay in the host's first cache. */
const WAITING = 4096;

/**
 * What translated code calls for instrumentation: functions by number, and for each place that calls one ("site")
 * which it is. Both only grow until all translated code is dropped.
 *
 * A call out of WebAssembly costs more than what most callbacks do. Those that may wait are a store instead: their
 * sites stand in machine memory, in the order in which they were reached, until `settle` calls for all of them.
 */
export class Probes {
  readonly run: ProbeFunction[] = [];
  /** Those whose calls wait. */
  readonly batches: BatchFunction[] = [];
  /** Number of the function, by site: in `run`, or in `batches`. */
  readonly callbackOf: number[] = [];
  /** Whether counters are looked at where devices are accessed, too. */
  exact = false;
  readonly #memory: GuestMemory;
  #queue: Queue | undefined;

  /** `memory` is the machine's. */
  constructor(memory: GuestMemory) {
    this.#memory = memory;
  }

  /** Where the sites of calls that wait stand. */
  get queue(): Queue {
    return this.#queue ??= queueIn(this.#memory);
  }

  /** Lets a call wait. */
  later(site: number): void {
    const { next, end } = this.queue, { i32 } = this.#memory, at = i32[next >>> 2];
    i32[at >>> 2] = site;
    i32[next >>> 2] = at + 4;
    if (at + 4 === end) this.settle();
  }

  /** Makes the calls that wait. */
  settle(): void {
    if (this.#queue === undefined) return;
    const { i32 } = this.#memory, { next, start } = this.#queue, end = i32[next >>> 2];
    i32[next >>> 2] = start;
    for (let at = start; at < end;) at = this.batches[this.callbackOf[i32[at >>> 2]]](at, end);
  }

  clear(): void {
    this.run.length = this.batches.length = 0;
    this.callbackOf.length = 0;
  }
}

/** A queue of sites, 32 bits each, in machine memory: offsets in bytes. */
export interface Queue {
  readonly start: number;
  readonly end: number;
  /** Of the word that tells where the next site goes. */
  readonly next: number;
}

function queueIn(memory: GuestMemory): Queue {
  const next = memory.allocate(8 + 4 * WAITING), start = next + 8;
  memory.i32[next >>> 2] = start;
  return { start, end: start + 4 * WAITING, next };
}
