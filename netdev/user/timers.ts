import { type Alarm, type Clock, NEVER } from "@emu/core";

/** One alarm for all timers of the stack: when it fires every part looks at its own, and says when the next is due. */
export class Timers {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  #next = NEVER;

  /** `run` does what is due at a time, and gives the time of what is due next. */
  constructor(clock: Clock, run: (now: number) => number) {
    this.#clock = clock;
    this.#alarm = clock.alarm(() => {
      this.#next = NEVER;
      this.by(run(clock.now()));
    });
  }

  now(): number {
    return this.#clock.now();
  }

  /** Makes sure that `run` is called by then. That it is called earlier does no harm. */
  by(deadline: number): void {
    if (deadline >= this.#next) return;
    this.#next = deadline;
    this.#alarm.at(deadline);
  }

  stop(): void {
    this.#next = -NEVER;
    this.#alarm.at(NEVER);
  }
}
