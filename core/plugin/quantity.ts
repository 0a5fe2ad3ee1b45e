/**
 * Numbers with units, as users write them: "64K", "10ms", "24MHz". A property that has a unit gets its value in that
 * unit, whatever the user writes.
 *
 * @module
 */

const TIME = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9 } as const;
const RATE = { "": 1, hz: 1, k: 1e3, khz: 1e3, m: 1e6, mhz: 1e6, g: 1e9, ghz: 1e9 } as const;
const SIZE = {
  "": 1,
  b: 1,
  ...Object.fromEntries(
    ["k", "m", "g", "t"].flatMap((prefix, i) =>
      ["", "b", "ib"].map((rest) => [prefix + rest, 2 ** (10 * (i + 1))])
    ),
  ),
} as const;

interface Dimension {
  /** What a text is not, where it cannot be understood. */
  readonly noun: string;
  /** How it is written. */
  readonly examples: string;
  /** Suffix, in lower case → how many of the smallest unit. */
  readonly suffixes: Readonly<Record<string, number>>;
}

const DURATION: Dimension = { noun: "time", examples: "500us, 10ms or 2s", suffixes: TIME };
const FREQUENCY: Dimension = { noun: "frequency", examples: "32768, 100kHz or 24MHz", suffixes: RATE };
const LENGTH: Dimension = { noun: "size", examples: "512, 64K or 2M", suffixes: SIZE };

/** Units that a property may have. */
export const UNITS = ["bytes", "ns", "us", "ms", "s", "Hz"] as const;
/** See `UNITS`. */
export type Unit = typeof UNITS[number];

const DIMENSIONS: Readonly<Record<Unit, Dimension>> = {
  bytes: LENGTH,
  ns: DURATION,
  us: DURATION,
  ms: DURATION,
  s: DURATION,
  Hz: FREQUENCY,
};

/** Unknown units are none: what comes from a manifest that nobody has checked yet. */
export function isUnit(unit: unknown): unit is Unit {
  return (UNITS as readonly unknown[]).includes(unit);
}

/** A text in a unit; a number alone is in that unit already. Undefined if it is no such quantity. */
export function parseQuantity(text: string, unit: Unit): number | undefined {
  const match = /^([+-]?)(0x[0-9a-f]+|\d+(?:\.\d+)?)\s*([a-zµ]*)$/i.exec(text.trim().replaceAll("_", ""));
  if (!match) return undefined;
  const [, sign, digits, suffix] = match, { suffixes } = DIMENSIONS[unit];
  const own = unit === "bytes" || unit === "Hz" ? 1 : TIME[unit];
  const factor = suffix === ""
    ? own
    : Object.hasOwn(suffixes, suffix.toLowerCase())
    ? suffixes[suffix.toLowerCase()]
    : undefined;
  if (factor === undefined) return undefined;
  // What decimals leave behind the ninth digit is not the user's: 0.1 ms are 100 µs.
  const value = Number((Number(digits) * factor / own).toPrecision(15));
  return sign === "-" && value !== 0 ? -value : value;
}

/** What is wrong with a text that is no such quantity, or none of the type; and how to write it. */
export function quantityFault(text: string, unit: Unit): { readonly problem: string; readonly mend: string } {
  const { noun, examples } = DIMENSIONS[unit];
  const problem = parseQuantity(text, unit) === undefined
    ? `"${text}" is no ${noun}`
    : `"${text}" is no whole number of ${unit}`;
  return { problem, mend: `write it as ${examples}` };
}
