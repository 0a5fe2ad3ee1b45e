import { prng } from "../prng.ts";
import { type State, TierMachine } from "./machine.ts";
import { makesRegions, type TierName, TIERS } from "./tiers.ts";

/** What a machine starts with: address → words. */
export type Image = ReadonlyMap<number, ArrayLike<number>>;

/** A program, and where its runs are compared. */
export interface Comparison {
  readonly image: Image;
  /** Set before the first instruction. */
  readonly prepare?: (machine: TierMachine) => void;
  /** Instructions from one comparison to the next. */
  readonly steps: readonly number[];
  /** Chooses the lengths of slices. */
  readonly seed?: number;
}

/** The first difference that was seen. */
export interface Difference {
  readonly tier: TierName;
  /** Instructions after which all was still the same, and after which it no longer was. */
  readonly after: number;
  readonly at: number;
  /** Register → values in tier 0 and in the tier. */
  readonly values: Readonly<Record<string, readonly [number, number]>>;
}

/** What a comparison found. */
export interface Outcome {
  readonly difference?: Difference;
  /** Regions made, by tier. */
  readonly regions: Readonly<Record<string, number>>;
}

/** Longest slices: tier 0 runs in long ones, which must make no difference. */
const LONG = 1000, SHORT = 150;

/** Runs a program in all tiers and compares registers, memory and instruction counts at each step. */
export function compare({ image, prepare, steps, seed = 1 }: Comparison, tiers = TIERS): Outcome {
  const reference: State[] = [];
  const regions: Record<string, number> = {};
  for (const tier of tiers) {
    const random = prng(seed + TIERS.indexOf(tier));
    const length = makesRegions(tier) ? SHORT : LONG;
    const machine = new TierMachine(tier, () => 1 + random.below(length));
    for (const [at, words] of image) machine.load(at, words);
    prepare?.(machine);
    let after = 0;
    for (const [i, step] of steps.entries()) {
      machine.run(step);
      const state = machine.state();
      if (tier === tiers[0]) reference.push(state);
      const values = differences(reference[i], state);
      if (Object.keys(values).length > 0) {
        return { regions, difference: { tier, after, at: reference[i].executed, values } };
      }
      after = state.executed;
    }
    if (makesRegions(tier)) regions[tier] = machine.cpu.compiler.stats.regions;
  }
  return { regions };
}

function differences(expected: State, actual: State): Record<string, [number, number]> {
  return Object.fromEntries(
    Object.keys(expected).filter((name) => expected[name] !== actual[name])
      .map((name) => [name, [expected[name], actual[name]]]),
  );
}

/** A difference as a text. */
export function differenceText({ tier, after, at, values }: Difference): string {
  const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
  const lines = Object.entries(values).map(([name, [expected, actual]]) =>
    name === "executed" || name === "slept"
      ? `  ${name}: ${expected} in the interpreter, ${actual} in ${tier}`
      : `  ${name}: ${hex(expected)} in the interpreter, ${hex(actual)} in ${tier}`
  );
  return `Cannot tell "${tier}" and the interpreter the same: between instructions ${after} and ${at}\n` +
    lines.join("\n");
}
