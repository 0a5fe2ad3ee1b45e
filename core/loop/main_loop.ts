import { CPU } from "../isa/state.ts";
import type { VCpu } from "../vcpu/vcpu.ts";
import { NEVER, VirtualClock } from "./clock.ts";
import { HostTurns } from "./host_turn.ts";

/** Longest slice, in nanoseconds of host time: the event loop waits for no longer than this. */
const SLICE = 2e6;
const SHORTEST_SLICE = 20e3;
const LEAST_BUDGET = 1000;
const MOST_BUDGET = 4_000_000;
/** Host time, in milliseconds, after which sockets have to be looked at again. */
const LOOK = 0.25;
/** Instructions for which one reading of the host's clock will do: a reading costs as much as an access to a device. */
const FRESH = 64;
/** A timer of the host's is late by up to so many milliseconds. The last stretch is slept in naps. */
const LATE = 1.5;
/** Milliseconds without a look at sockets. */
const NAP = 0.2;
/** Nobody wakes who waits for this. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));
/** Longest wait while idle, in milliseconds: what `setTimeout` takes. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** How time passes. */
export interface LoopOptions {
  /** Virtual nanoseconds an instruction takes, as a power of two; undefined: virtual time is the host's. */
  readonly icount?: number | undefined;
  /** Wall-clock time at start, in nanoseconds since 1970. */
  readonly epoch: number;
}

/** Runs the vCPU in slices, timers between them, and the event loop of the host in between. */
export class MainLoop {
  readonly clock: VirtualClock;
  /** Instructions run so far. */
  executed = 0;
  /** Called between slices, before timers. */
  onTurn: () => void = () => {};
  #cpu: VCpu | undefined;
  readonly #icount: number | undefined;
  #budget = 0;
  #running = false;
  #ended = false;
  #wake: (() => void) | undefined;
  // Recent host time and instructions, older slices counting less: a long slice weighs as much as it ran.
  #spent = 1e6;
  #ran = 1e5;
  /** Host time at virtual time 0; moves while the machine is paused. */
  #origin = performance.now();
  /** Virtual time last read from the host's clock, and the instructions of the slice that had run then. */
  #read = { time: 0, ran: NEVER };
  /** The last answer: time does not go back. */
  #said = 0;
  /** Virtual time as it was set, if somebody has taken it over. */
  #set: number | undefined;
  /** Virtual time skipped while idle, where the host's does not count. */
  #skipped = 0;
  /** Operations that the guest is likely to be waiting for. */
  #hurried = 0;
  #host: HostTurns | undefined;
  /** Host time when sockets were looked at last. */
  #looked = 0;
  readonly stats = { slices: 0, idleMs: 0 };

  constructor({ icount, epoch }: LoopOptions) {
    this.#icount = icount;
    this.clock = new VirtualClock(() => this.now(), {
      epoch,
      earlier: () => {
        if (this.#running) this.#cpu?.stop();
        else this.wake();
      },
    });
  }

  attach(cpu: VCpu): void {
    this.#cpu = cpu;
  }

  /** Takes virtual time into the caller's hands: it stands where it is set, but for what is waited while idle. */
  setTime(time: number): void {
    this.#set = Math.max(this.now(), time) - this.#skipped;
    if (this.clock.next > time) return;
    if (this.#running) this.#cpu?.stop();
    else this.wake();
  }

  /** Virtual time in nanoseconds. */
  now(): number {
    if (this.#set !== undefined) return this.#set + this.#skipped;
    const running = this.#running ? this.#budget - this.#cpu!.remaining : 0;
    if (this.#icount === undefined) return this.#hostTime(running);
    return (this.executed + running) * 2 ** this.#icount + this.#skipped;
  }

  /** Whether the vCPU is in the middle of a slice: whoever asks was called by the guest's code. */
  get running(): boolean {
    return this.#running;
  }

  /**
   * Takes time up where a snapshot left it. It stands while `devices` puts the devices back, which set their timers: one
   * that went off meanwhile would tell of it to a device that is yet to be put back.
   */
  restore({ now, epoch }: { readonly now: number; readonly epoch: number }, devices: () => void): void {
    this.clock.epoch = epoch;
    const taken = this.#set !== undefined;
    this.#set = now - this.#skipped;
    try {
      devices();
    } finally {
      if (!taken) this.#set = undefined;
    }
    if (!taken && this.#icount === undefined) this.#origin = performance.now() - now / 1e6;
    else if (!taken) this.#skipped = now - this.executed * 2 ** this.#icount!;
    this.#said = now;
    this.#read.ran = NEVER;
  }

  /** Between two readings of the host's clock an instruction takes a nanosecond. */
  #hostTime(ran: number): number {
    const read = this.#read, since = ran - read.ran;
    if (this.#running && since >= 0 && since < FRESH) return this.#said = read.time + since;
    const time = Math.round((performance.now() - this.#origin) * 1e6);
    read.ran = ran;
    return this.#said = read.time = Math.max(time, this.#said);
  }

  /** Ends idle waiting: something happened that may concern the vCPU. */
  wake(): void {
    this.#wake?.();
  }

  /**
   * Keeps slices short until a promise is settled: the guest is likely to wait for it in a loop of its own, which
   * would keep the host's event loop from settling it.
   */
  async hurry<T>(work: Promise<T>): Promise<T> {
    this.#hurried++;
    if (this.#running) this.#cpu?.stop();
    try {
      return await work;
    } finally {
      this.#hurried--;
    }
  }

  /** Makes `run` return. */
  end(): void {
    this.#ended = true;
    this.#cpu?.stop();
    this.wake();
  }

  /** Runs until `end`. */
  async run(): Promise<void> {
    this.#ended = false;
    const host = this.#host = await HostTurns.open();
    try {
      await this.#run();
    } finally {
      host.close();
    }
  }

  async #run(): Promise<void> {
    const cpu = this.#cpu!;
    while (!this.#ended) {
      this.onTurn();
      this.clock.run();
      if (this.#ended) break;
      if (cpu.i32[CPU.halted.index] !== 0) {
        if (!cpu.frontend.wakes()) {
          await this.#idle();
          continue;
        }
        cpu.i32[CPU.halted.index] = 0;
      }
      this.slice();
      await this.#turn();
    }
  }

  /** Lets the event loop have its turn, unless it just had one and a timer is due. */
  async #turn(): Promise<void> {
    const now = performance.now();
    if (now - this.#looked < LOOK) {
      if (this.clock.next <= this.now()) return;
      return await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await this.#host!.turn();
    this.#looked = now;
  }

  /** Runs one slice. */
  slice(): void {
    const cpu = this.#cpu!;
    const time = this.#sliceTime();
    this.#budget = this.#sliceBudget(time);
    const started = performance.now();
    this.#read.ran = NEVER;
    this.#running = true;
    // The speed may change by a hundred from one slice to the next; the guest's timers go by the clock.
    const left = cpu.run(this.#budget, this.#icount === undefined ? started + time / 1e6 : Infinity);
    this.#running = false;
    const ran = this.#budget - left;
    this.executed += ran;
    this.stats.slices++;
    this.#spent = this.#spent * 0.75 + (performance.now() - started) * 1e6;
    this.#ran = this.#ran * 0.75 + ran;
  }

  /** Nanoseconds that the next slice should take. */
  #sliceTime(): number {
    const until = this.clock.next - this.now();
    if (this.#icount !== undefined) return until;
    return Math.min(this.#hurried > 0 ? SHORTEST_SLICE : SLICE, Math.max(SHORTEST_SLICE, until));
  }

  /** Instructions that fit into that time. */
  #sliceBudget(time: number): number {
    if (this.#icount !== undefined) {
      return Math.max(1, Math.min(1_000_000, Math.ceil(time / 2 ** this.#icount)));
    }
    const fitting = Math.floor(time * this.#ran / this.#spent);
    return Math.max(LEAST_BUDGET, Math.min(MOST_BUDGET, fitting));
  }

  /** Waits for the next timer or for `wake`. */
  async #idle(): Promise<void> {
    const started = performance.now();
    const wait = (this.clock.next - this.now()) / 1e6;
    if (wait <= 0) return;
    if (wait > LATE + NAP) await this.#sleep(wait - LATE);
    else {
      Atomics.wait(NOBODY, 0, 0, Math.min(wait, NAP));
      await this.#host!.turn();
    }
    const waited = performance.now() - started;
    this.stats.idleMs += waited;
    if (this.#icount !== undefined || this.#set !== undefined) {
      this.#skipped += Math.min(Math.round(waited * 1e6), Math.max(0, this.clock.next - this.now()));
    }
  }

  /** Sleeps for so many milliseconds, or until `wake`. */
  async #sleep(wait: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(LONGEST_WAIT, wait));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
