import type { Stretch } from "./stretches.ts";

/** Stretches that are kept of what was the same. */
const KEPT = 5;

/** Compares two executions as they come. */
export class Comparison {
  /** Stretches that were the same. */
  same = 0;
  /** The last of them. */
  readonly last: Stretch[] = [];
  readonly #differ: (here: Stretch, there: Stretch) => void;
  #here: Stretch[] = [];
  #there: Stretch[] = [];

  /** `differ` is called for the first difference. */
  constructor(differ: (here: Stretch, there: Stretch) => void) {
    this.#differ = differ;
  }

  here(stretches: readonly Stretch[]): void {
    this.#here.push(...stretches);
    this.#compare();
  }

  there(stretches: readonly Stretch[]): void {
    this.#there.push(...stretches);
    this.#compare();
  }

  #compare(): void {
    const count = Math.min(this.#here.length, this.#there.length);
    let k = 0;
    while (k < count && equal(this.#here[k], this.#there[k])) k++;
    this.same += k;
    this.last.push(...this.#here.slice(Math.max(0, k - KEPT), k));
    this.last.splice(0, this.last.length - KEPT);
    const [here, there] = [this.#here[k], this.#there[k]];
    this.#here = this.#here.slice(k);
    this.#there = this.#there.slice(k);
    if (k < count) this.#differ(here, there);
  }
}

function equal(a: Stretch, b: Stretch): boolean {
  return a.start === b.start && (a.end === b.end || a.end === Infinity || b.end === Infinity);
}
