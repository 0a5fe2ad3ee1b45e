import { type Alarm, type Clock, NEVER } from "../loop/clock.ts";

/** The clock that back ends get: they are opened before the machine, and with it its time, exists. */
export class LateClock implements Clock {
  readonly #epoch: number;
  #clock: Clock | undefined;
  #waiting: (() => void)[] = [];

  constructor(epoch: number) {
    this.#epoch = epoch;
  }

  get epoch(): number {
    return this.#clock?.epoch ?? this.#epoch;
  }

  /** From here on time is the machine's. */
  bind(clock: Clock): void {
    this.#clock = clock;
    for (const make of this.#waiting.splice(0)) make();
  }

  now(): number {
    return this.#clock?.now() ?? 0;
  }

  alarm(fire: () => void): Alarm {
    if (this.#clock) return this.#clock.alarm(fire);
    let alarm: Alarm | undefined, wanted = NEVER;
    this.#waiting.push(() => {
      alarm = this.#clock!.alarm(fire);
      alarm.at(wanted);
    });
    return {
      at: (deadline) => {
        wanted = deadline;
        alarm?.at(deadline);
      },
    };
  }
}
