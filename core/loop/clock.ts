/** A deadline that never comes. */
export const NEVER: number = Infinity;

/** A timer: `at` moves its deadline, in nanoseconds of virtual time; `NEVER` disarms it. */
export interface Alarm {
  /** Cheap if the deadline is the one already set. */
  at(deadline: number): void;
}

/** The machine's virtual time. Devices know no other. */
export interface Clock {
  /** Nanoseconds since the machine was made; never goes back. */
  now(): number;
  /** Wall-clock time in nanoseconds since 1970 at virtual time 0, for real-time clocks. */
  readonly epoch: number;
  /** A new, disarmed timer. `fire` runs at or after the deadline, once for each `at`. */
  alarm(fire: () => void): Alarm;
}

interface Entry extends Alarm {
  deadline: number;
  readonly fire: () => void;
}

/** The timers of a machine, over any source of time. */
export class VirtualClock implements Clock {
  /** Moves only when a snapshot is restored. */
  epoch: number;
  readonly #entries: Entry[] = [];
  readonly #now: () => number;
  readonly #earlier: () => void;
  #next = NEVER;

  /** `now` gives virtual time; `earlier` is told when the next deadline came nearer. */
  constructor(now: () => number, { epoch = 0, earlier = () => {} } = {}) {
    this.#now = now;
    this.epoch = epoch;
    this.#earlier = earlier;
  }

  now(): number {
    return this.#now();
  }

  alarm(fire: () => void): Alarm {
    const entry: Entry = {
      deadline: NEVER,
      fire,
      at: (deadline) => {
        if (entry.deadline === deadline) return;
        const old = entry.deadline;
        entry.deadline = deadline;
        if (deadline < this.#next) {
          this.#next = deadline;
          this.#earlier();
        } else if (old === this.#next) this.#next = this.#earliest();
      },
    };
    this.#entries.push(entry);
    return entry;
  }

  /** The earliest deadline there is, or `NEVER`. */
  get next(): number {
    return this.#next;
  }

  /** Fires what is due, earliest first. A timer that re-arms itself in the past fires on the next call. */
  run(): void {
    const now = this.#now();
    if (this.#next > now) return;
    const due = this.#entries.filter((entry) => entry.deadline <= now);
    due.sort((a, b) => a.deadline - b.deadline);
    for (const entry of due) {
      if (entry.deadline > now) continue; // disarmed or moved by one that fired before it
      entry.deadline = NEVER;
      entry.fire();
    }
    this.#next = this.#earliest();
  }

  #earliest(): number {
    let next = NEVER;
    for (const { deadline } of this.#entries) if (deadline < next) next = deadline;
    return next;
  }
}
