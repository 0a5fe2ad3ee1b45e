import type { Row } from "./inst.ts";
import { gatherExpression, type Pattern, scatter } from "./pattern.ts";

/** Finds the row of an instruction word, if it has one. */
export interface Decoder<T> {
  /** All rows, in the order given. */
  readonly rows: readonly Row<T>[];
  /** The row that a word matches. */
  readonly find: (word: number) => Row<T> | undefined;
}

/** Bits by which rows are put into buckets: as many as A32 has opcode bits (27–20 and 7–4). */
const BUCKET_BITS = 12;

/**
 * Makes a decoder of rows that may stand in any order: of two that match a word the one with more fixed bits wins.
 * Throws if two rows overlap and neither's fixed bits contain the other's.
 */
export function decoder<T>(rows: readonly Row<T>[]): Decoder<T> {
  checkOverlaps(rows);
  const bits = bucketBits(rows.map((row) => row.pattern));
  const bucketOf = new Function("w", `return ${gatherExpression(bits)};`) as (word: number) => number;
  const { starts, masks, values, candidates } = fillBuckets(rows, bits);
  const find = (word: number) => {
    let i = starts[bucketOf(word)];
    while ((word & masks[i]) !== values[i]) i++;
    return candidates[i];
  };
  return { rows, find };
}

/** Asks decoders one after the other: for orders that specificity does not give. */
export function firstOf<T>(decoders: readonly Decoder<T>[]): Decoder<T> {
  const find = (word: number) => {
    for (const { find } of decoders) {
      const row = find(word);
      if (row) return row;
    }
  };
  return { rows: decoders.flatMap(({ rows }) => rows), find };
}

function checkOverlaps<T>(rows: readonly Row<T>[]): void {
  for (const [i, { name, pattern: a }] of rows.entries()) {
    for (const { name: other, pattern: b } of rows.slice(i + 1)) {
      if (a.width !== b.width) throw new Error(`Cannot decode "${name}" and "${other}": their widths differ`);
      const apart = (a.value ^ b.value) & a.mask & b.mask;
      if (apart !== 0) continue;
      const both = a.mask & b.mask;
      if (a.mask === b.mask || (both !== a.mask && both !== b.mask)) {
        throw new Error(`Cannot decode "${name}" (${a.text}) and "${other}" (${b.text}): they overlap`);
      }
    }
  }
}

/** The bits that are fixed in most rows. */
function bucketBits(patterns: readonly Pattern[]): number {
  const fixed = (bit: number) => patterns.filter(({ mask }) => mask >>> bit & 1).length;
  return Array.from({ length: 32 }, (_, bit) => ({ bit, count: fixed(bit) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, BUCKET_BITS)
    .reduce((bits, { bit }) => bits | 1 << bit, 0);
}

/** All buckets one after the other; each ends with a candidate that matches everything and is no row. */
interface Buckets<T> {
  /** Index of the first candidate, by bucket. */
  readonly starts: Int32Array;
  /** By candidate. */
  readonly masks: Int32Array;
  readonly values: Int32Array;
  readonly candidates: readonly (Row<T> | undefined)[];
}

function fillBuckets<T>(rows: readonly Row<T>[], bits: number): Buckets<T> {
  const sorted = rows.toSorted((a, b) => bitCount(b.pattern.mask) - bitCount(a.pattern.mask));
  const candidates: (Row<T> | undefined)[] = [];
  const starts = Int32Array.from({ length: 1 << bitCount(bits) }, (_, i) => {
    const word = scatter(bits, i), start = candidates.length;
    for (const row of sorted) {
      const { mask, value } = row.pattern;
      if (((word ^ value) & mask & bits) === 0) candidates.push(row);
    }
    candidates.push(undefined);
    return start;
  });
  const masks = Int32Array.from(candidates, (row) => row?.pattern.mask ?? 0);
  const values = Int32Array.from(candidates, (row) => row?.pattern.value ?? 0);
  return { starts, masks, values, candidates };
}

/** Number of one bits. */
export function bitCount(word: number): number {
  let count = 0;
  for (; word !== 0; word &= word - 1) count++;
  return count;
}
