import type { Row } from "./inst.ts";
import { gatherExpression, type Pattern } from "./pattern.ts";

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
  const { starts, masks, values, candidates } = fillBuckets(rows, bits, bucketOf);
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

function fillBuckets<T>(
  rows: readonly Row<T>[],
  bits: number,
  bucketOf: (word: number) => number,
): Buckets<T> {
  const sorted = rows.toSorted((a, b) => bitCount(b.pattern.mask) - bitCount(a.pattern.mask));
  const all = bucketOf(-1);
  // A row is in each bucket that its fixed bits allow: walks the subsets of those that are not fixed.
  const forEachBucket = ({ pattern: { mask, value } }: Row<T>, visit: (bucket: number) => void) => {
    const free = all & ~bucketOf(mask), fixed = bucketOf(value & mask);
    for (let some = free;; some = some - 1 & free) {
      visit(fixed | some);
      if (some === 0) break;
    }
  };
  const counts = new Int32Array(1 << bitCount(bits));
  for (const row of sorted) forEachBucket(row, (bucket) => counts[bucket]++);
  const starts = new Int32Array(counts.length), next = new Int32Array(counts.length);
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    starts[bucket] = next[bucket] = total;
    total += counts[bucket] + 1;
  }
  const masks = new Int32Array(total), values = new Int32Array(total);
  const candidates = new Array<Row<T> | undefined>(total).fill(undefined);
  for (const row of sorted) {
    forEachBucket(row, (bucket) => {
      const at = next[bucket]++;
      candidates[at] = row;
      masks[at] = row.pattern.mask;
      values[at] = row.pattern.value;
    });
  }
  return { starts, masks, values, candidates };
}

/** Number of one bits. */
export function bitCount(word: number): number {
  let count = 0;
  for (; word !== 0; word &= word - 1) count++;
  return count;
}
