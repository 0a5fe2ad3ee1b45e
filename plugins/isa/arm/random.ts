import { randomWord } from "./decode.ts";
import { CONDITION } from "./conditions.ts";
import { A32, A32_UNCONDITIONAL, decodersForAll, T16 } from "./decoders.ts";
import type { ArmFeatures, ArmRow } from "./rows.ts";

/** The rows from which instructions are drawn. */
export interface RandomOptions {
  readonly features: ArmFeatures;
  readonly thumb: boolean;
  /** Leaves rows out. */
  readonly without?: (row: ArmRow) => boolean;
}

/** An instruction and the row it was drawn from. */
export interface RandomInstruction {
  readonly row: ArmRow;
  readonly word: number;
}

/** A source of 32 random bits from a seed (xorshift32), so that a failure can be had again. */
export function randomBits(seed: number): () => number {
  let x = seed | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    return x ^= x << 5;
  };
}

/** Makes a generator of instructions that the manual gives a meaning, each row as often as any other. */
export function randomInstructions(
  { features, thumb, without = () => false }: RandomOptions,
  random32: () => number,
): () => RandomInstruction {
  const rows = (thumb ? T16 : [...A32, ...A32_UNCONDITIONAL]).filter((row) =>
    (row.needs === undefined || features[row.needs as keyof ArmFeatures]) && !without(row)
  );
  return () => {
    for (;;) {
      const row = rows[(random32() >>> 0) % rows.length];
      const word = randomInstruction(row, random32);
      if (word !== undefined) return { row, word };
    }
  };
}

/** A random instruction of one row. Undefined if none was found that the manual gives a meaning. */
export function randomInstruction(row: ArmRow, random32: () => number): number | undefined {
  const decoders = decodersForAll();
  const { width, fields } = row.pattern;
  const conditional = width === 32 && fields.c !== undefined;
  const { find } = width === 16
    ? decoders.t16
    : conditional || row.pattern.value >>> 28 !== CONDITION.NV
    ? decoders.a32
    : decoders.unconditional;
  for (let tries = 0; tries < 100; tries++) {
    let word = randomWord(row, random32);
    if (word === undefined) return undefined;
    // A condition field of 1111 is another space: always, then.
    if (conditional && word >>> 28 === CONDITION.NV) word = (word & 0xefff_ffff) >>> 0;
    // A more special row may take some of the words.
    if (find(word) === row) return word;
  }
}
