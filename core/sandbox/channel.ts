import { fromBytes, toPieces } from "../plain_data.ts";

/**
 * What the two sides of a sandbox share: a piece of memory in which one side at a time has the turn. The machine's
 * thread asks and waits; the sandbox answers, and may ask back (DMA) before it does.
 *
 * @module
 */

/** Whose turn it is. */
export const TURN = {
  /** Nobody's: the sandbox waits to be asked. */
  idle: 0,
  /** The sandbox's: it was asked. */
  asked: 1,
  /** The machine's: it has its answer. */
  answered: 2,
  /** The machine's: the sandbox asks back. */
  askedBack: 3,
  /** The sandbox's: it has what it asked back for. */
  told: 4,
} as const;

/** Words of the shared memory. */
const WORD = { turn: 0, op: 1, instance: 2, offset: 3, size: 4, value: 5, length: 6, failed: 7 } as const;
/** Byte offsets of virtual time, and of whatever is more than a few numbers. */
const NOW = 32, PAYLOAD = 64;
const PAYLOAD_SIZE = 4 << 20;

/** What is asked: reads and writes by numbers alone, all else as data. */
export const ASK = { read: 1, write: 2, data: 3 } as const;

/** The shared memory, as either side uses it. */
export class Channel {
  readonly #words: Int32Array;
  readonly #time: Float64Array;
  readonly #payload: Uint8Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(PAYLOAD + PAYLOAD_SIZE)) {
    this.#words = new Int32Array(memory, 0, NOW / 4);
    this.#time = new Float64Array(memory, NOW, 1);
    this.#payload = new Uint8Array(memory, PAYLOAD);
  }

  get turn(): number {
    return Atomics.load(this.#words, WORD.turn);
  }

  /** Gives the turn to the other side. */
  pass(turn: number): void {
    Atomics.store(this.#words, WORD.turn, turn);
    Atomics.notify(this.#words, WORD.turn);
  }

  /** Waits while the turn is this one; false if that took longer than so many milliseconds. */
  wait(turn: number, patience = Infinity): boolean {
    return Atomics.wait(this.#words, WORD.turn, turn, patience) !== "timed-out";
  }

  /** The same without keeping the event loop from turning. */
  async waitAsync(turn: number): Promise<void> {
    const waiting = Atomics.waitAsync(this.#words, WORD.turn, turn);
    if (waiting.async) await waiting.value;
  }

  /** An access, or other data, of one of the devices. */
  ask(op: number, instance: number, offset: number, size: number, value: number, now: number): void {
    const words = this.#words;
    words[WORD.op] = op;
    words[WORD.instance] = instance;
    words[WORD.offset] = offset;
    words[WORD.size] = size;
    words[WORD.value] = value;
    this.#time[0] = now;
  }

  get op(): number {
    return this.#words[WORD.op];
  }
  get instance(): number {
    return this.#words[WORD.instance];
  }
  get offset(): number {
    return this.#words[WORD.offset] >>> 0;
  }
  get size(): number {
    return this.#words[WORD.size];
  }
  get value(): number {
    return this.#words[WORD.value] >>> 0;
  }
  set value(value: number) {
    this.#words[WORD.value] = value;
  }
  /** Nanoseconds of virtual time. */
  get now(): number {
    return this.#time[0];
  }

  /** Writes data; throws if it is no plain data, or too much. */
  put(data: unknown): void {
    let at = 0;
    for (const piece of toPieces(data, "data")) {
      if (at + piece.length > this.#payload.length) {
        throw new Error("Cannot pass so much data into a sandbox");
      }
      this.#payload.set(piece, at);
      at += piece.length;
    }
    this.#words[WORD.length] = at;
  }

  /** There is no data. */
  putNothing(): void {
    this.#words[WORD.length] = 0;
  }

  /** The data that the other side put, or undefined. Throws if it is none. */
  take(): unknown {
    const length = this.#words[WORD.length];
    if (length === 0) return undefined;
    // A copy: the other side might change it while it is looked at.
    return fromBytes(this.#payload.slice(0, length));
  }
}

/** What a device in a sandbox does to its machine. Carried out in order, after the answer. */
export type Effect =
  | readonly ["out", line: string, level: boolean]
  | readonly ["alarm", number: number, deadline: number]
  | readonly ["guestError" | "unimplemented", message: string]
  | readonly ["request", what: string]
  | readonly ["chardev" | "network", id: string]
  | readonly ["send", id: string, bytes: Uint8Array]
  | readonly ["ready", id: string]
  | readonly ["frame", id: string, bytes: Uint8Array]
  | readonly ["frameReady", id: string];

/** What is asked as data. */
export interface Question {
  readonly what: string;
  readonly given?: unknown;
}

/** An answer: a result or what went wrong, and what is to be done. */
export interface Answer {
  readonly result?: unknown;
  readonly error?: string;
  readonly effects?: readonly Effect[];
}

/** What the sandbox asks back. */
export type Back =
  | { readonly what: "dmaRead"; readonly instance: number; readonly address: number; readonly length: number }
  | {
    readonly what: "dmaWrite";
    readonly instance: number;
    readonly address: number;
    readonly bytes: Uint8Array;
  };

/** What a sandbox says about its plugin. */
export interface Facts {
  readonly size: number | undefined;
  readonly compatible?: string;
  readonly outputs: readonly string[];
  readonly inputs: readonly string[];
  readonly version: number;
}

/** What is known of a device that has been made. */
export interface MadeFacts {
  readonly inputs: readonly string[];
  readonly registers: readonly unknown[] | undefined;
  readonly ready: boolean;
  readonly dispose: boolean;
}
