import type { Row } from "./inst.ts";
import { gatherExpression, type Pattern, scatter } from "./pattern.ts";

/** Finds the row of an instruction word, if it has one. */
export interface Decoder<T> {
  readonly rows: readonly Row<T>[];
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
  const sorted = rows.toSorted((a, b) => bitCount(b.pattern.mask) - bitCount(a.pattern.mask));
  const bits = bucketBits(sorted.map((row) => row.pattern));
  const buckets = fillBuckets(sorted, bits);
  const bucketOf = new Function("w", `return ${gatherExpression(bits)};`) as (word: number) => number;
  const find = (word: number) => {
    for (const row of buckets[bucketOf(word)]) {
      const { mask, value } = row.pattern;
      if ((word & mask) === value) return row;
    }
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

function fillBuckets<T>(sorted: readonly Row<T>[], bits: number): Row<T>[][] {
  const buckets: Row<T>[][] = Array.from({ length: 1 << bitCount(bits) }, () => []);
  for (const [i, bucket] of buckets.entries()) {
    const word = scatter(bits, i);
    for (const row of sorted) {
      const { mask, value } = row.pattern;
      if (((word ^ value) & mask & bits) === 0) bucket.push(row);
    }
  }
  return buckets;
}

/** Number of one bits. */
export function bitCount(word: number): number {
  let count = 0;
  for (; word !== 0; word &= word - 1) count++;
  return count;
}
