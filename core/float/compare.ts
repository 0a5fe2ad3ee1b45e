/** Comparison: quiet (only a signalling NaN is invalid) or signalling (any NaN is); IEEE 754-2008, 5.11. */
import { isSignalling32, isSignalling64 } from "./nan.ts";
import type { F64Registers } from "./registers.ts";
import { flushInput, MIN_NORMAL_32, MIN_NORMAL_64 } from "./round_pack.ts";
import { fromBits32 } from "./scratch.ts";
import { COMPARISON, type Comparison, FLAG, type FloatStatus } from "./status.ts";

/** Compares a with b; a quiet NaN raises nothing. */
export function f32Compare(a: number, b: number, status: FloatStatus): Comparison {
  const order = compareNumbers(fromBits32(a), fromBits32(b), MIN_NORMAL_32, status);
  if (order === COMPARISON.UNORDERED && (isSignalling32(a) || isSignalling32(b))) {
    status.flags |= FLAG.INVALID;
  }
  return order;
}

/** Compares a with b; any NaN is INVALID. */
export function f32CompareSignalling(a: number, b: number, status: FloatStatus): Comparison {
  const order = compareNumbers(fromBits32(a), fromBits32(b), MIN_NORMAL_32, status);
  if (order === COMPARISON.UNORDERED) status.flags |= FLAG.INVALID;
  return order;
}

/** Compares registers n and m; a quiet NaN raises nothing. */
export function f64Compare(r: F64Registers, n: number, m: number, status: FloatStatus): Comparison {
  const order = compareNumbers(r.doubles[n], r.doubles[m], MIN_NORMAL_64, status);
  if (order === COMPARISON.UNORDERED && (isSignalling64(r, n) || isSignalling64(r, m))) {
    status.flags |= FLAG.INVALID;
  }
  return order;
}

/** Compares registers n and m; any NaN is INVALID. */
export function f64CompareSignalling(r: F64Registers, n: number, m: number, status: FloatStatus): Comparison {
  const order = compareNumbers(r.doubles[n], r.doubles[m], MIN_NORMAL_64, status);
  if (order === COMPARISON.UNORDERED) status.flags |= FLAG.INVALID;
  return order;
}

function compareNumbers(a: number, b: number, minNormal: number, status: FloatStatus): Comparison {
  const x = flushInput(a, minNormal, status), y = flushInput(b, minNormal, status);
  if (x < y) return COMPARISON.LESS;
  if (x > y) return COMPARISON.GREATER;
  return x === y ? COMPARISON.EQUAL : COMPARISON.UNORDERED;
}
