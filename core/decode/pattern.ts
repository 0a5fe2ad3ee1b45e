/**
 * Encodings as bit strings, in the notation of architecture manuals: `cccc 0010 101S nnnn dddd rrrr iiii iiii`.
 *
 * `0` and `1` are fixed, equal letters are one field, most significant bit first, even when apart; `.` is ignored
 * and should be zero, `:` is ignored and should be one (the manuals' "(0)" and "(1)"). Spaces are free. The width
 * of the instruction is the number of characters, 32 at most.
 *
 * @module
 */

/** What is no field's letter in a bit string. */
export type Plain = "0" | "1" | "." | ":" | " ";

/** The fields' letters of a bit string. */
export type Letters<P extends string, Found extends string = never> = P extends `${infer Head}${infer Rest}`
  ? Letters<Rest, Head extends Plain ? Found : Found | Head>
  : Found;

/** The fields of a bit string, computed by the type checker: naming one that is not there is a compile error. */
export type Fields<P extends string> = { readonly [K in Letters<P>]: number };

/** A bit string, taken apart. */
export interface Pattern {
  /** As it was written. */
  readonly text: string;
  /** Bits. */
  readonly width: number;
  /** Fixed bits, and what they are; both as i32. */
  readonly mask: number;
  /** What the bits of `mask` are. */
  readonly value: number;
  /** Bits without meaning, and what they should be. */
  readonly ignored: number;
  /** What the bits of `ignored` should be. */
  readonly shouldBe: number;
  /** Bits of each field, by its letter. */
  readonly fields: Readonly<Record<string, number>>;
}

/** Takes a bit string apart. Throws if it holds anything else than fields, fixed and ignored bits. */
export function parsePattern(text: string): Pattern {
  const bits = text.replaceAll(" ", "");
  if (bits.length === 0 || bits.length > 32 || /[^01.:A-Za-z]/.test(bits)) {
    throw new SyntaxError(`Cannot read the bit string "${text}": 1 to 32 of 0 1 . : and letters`);
  }
  let mask = 0, value = 0, ignored = 0, shouldBe = 0;
  const fields: Record<string, number> = {};
  for (const [i, char] of [...bits].entries()) {
    const bit = 1 << (bits.length - 1 - i);
    if (char === "0" || char === "1") mask |= bit;
    if (char === "1") value |= bit;
    if (char === "." || char === ":") ignored |= bit;
    if (char === ":") shouldBe |= bit;
    if (/[A-Za-z]/.test(char)) fields[char] = (fields[char] ?? 0) | bit;
  }
  return { text, width: bits.length, mask, value, ignored, shouldBe, fields };
}

/** Runs of adjacent one bits, most significant first: the place of the lowest bit, and the length. */
export function runsOf(bits: number): { readonly at: number; readonly length: number }[] {
  const runs = [];
  for (let bit = 31; bit >= 0; bit--) {
    if (!(bits >>> bit & 1)) continue;
    let length = 1;
    while (bit > 0 && bits >>> (bit - 1) & 1) bit--, length++;
    runs.push({ at: bit, length });
  }
  return runs;
}

/** A JavaScript expression that gathers the given bits of the number `word` into one number. */
export function gatherExpression(bits: number, word = "w"): string {
  let below = 0;
  const parts = runsOf(bits).reverse().map(({ at, length }) => {
    const field = length === 32 ? word : `(${word} >>> ${at} & ${2 ** length - 1})`;
    const part = below === 0 ? field : `${field} << ${below}`;
    below += length;
    return part;
  });
  return parts.length === 0 ? "0" : parts.reverse().join(" | ");
}

/** Spreads the low bits of `value` over the given bits: the inverse of gathering. */
export function scatter(bits: number, value: number): number {
  let word = 0;
  for (const { at, length } of runsOf(bits).reverse()) {
    word |= (value & (length === 32 ? -1 : 2 ** length - 1)) << at;
    value >>>= length & 31;
  }
  return word;
}
