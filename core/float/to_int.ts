/**
 * Floating point to integers, rounded in the direction given (some instructions do not take the one in force).
 * What does not fit is INVALID, not INEXACT, and gives the nearest integer that does; a NaN gives 0
 * (ARM DDI 0406C A2.7.8 FPToFixed). A guest that wants another integer there can look at the flag.
 */
import { propagate32, propagate64 } from "./nan.ts";
import type { F64Registers } from "./registers.ts";
import { flushInput, MIN_NORMAL_32, MIN_NORMAL_64 } from "./round_pack.ts";
import { fromBits32, toBits32 } from "./scratch.ts";
import { FLAG, type FloatStatus, ROUNDING, type Rounding } from "./status.ts";

/** a as a signed number of 32 bits. */
export function f32ToInt32(a: number, rounding: Rounding, status: FloatStatus): number {
  return toInteger(read32(a, status), rounding, RANGE.INT32, status) | 0;
}

/** The result is within 0 … 2^32-1. */
export function f32ToUint32(a: number, rounding: Rounding, status: FloatStatus): number {
  return toInteger(read32(a, status), rounding, RANGE.UINT32, status) >>> 0;
}

/** Register m as a signed number of 32 bits. */
export function f64ToInt32(r: F64Registers, m: number, rounding: Rounding, status: FloatStatus): number {
  return toInteger(read64(r, m, status), rounding, RANGE.INT32, status) | 0;
}

/** The result is within 0 … 2^32-1. */
export function f64ToUint32(r: F64Registers, m: number, rounding: Rounding, status: FloatStatus): number {
  return toInteger(read64(r, m, status), rounding, RANGE.UINT32, status) >>> 0;
}

/** a as a signed number of 64 bits. */
export function f32ToInt64(a: number, rounding: Rounding, status: FloatStatus): bigint {
  return BigInt.asIntN(64, toBigInt(read32(a, status), rounding, RANGE.INT64, status));
}

/** a as an unsigned number of 64 bits. */
export function f32ToUint64(a: number, rounding: Rounding, status: FloatStatus): bigint {
  return toBigInt(read32(a, status), rounding, RANGE.UINT64, status);
}

/** Register m as a signed number of 64 bits. */
export function f64ToInt64(r: F64Registers, m: number, rounding: Rounding, status: FloatStatus): bigint {
  return toBigInt(read64(r, m, status), rounding, RANGE.INT64, status);
}

/** Register m as an unsigned number of 64 bits. */
export function f64ToUint64(r: F64Registers, m: number, rounding: Rounding, status: FloatStatus): bigint {
  return toBigInt(read64(r, m, status), rounding, RANGE.UINT64, status);
}

/** Binary32 bits of the integral value. Raises INEXACT if that differs; guests that must not can mask it. */
export function f32RoundToInt(a: number, rounding: Rounding, status: FloatStatus): number {
  const x = read32(a, status);
  return x === x ? toBits32(roundInexactly(x, rounding, status)) : propagate32(a, a, status);
}

/** As `f32RoundToInt`, of M to D. */
export function f64RoundToInt(
  r: F64Registers,
  d: number,
  m: number,
  rounding: Rounding,
  status: FloatStatus,
): void {
  const x = read64(r, m, status);
  if (x === x) r.doubles[d] = roundInexactly(x, rounding, status);
  else propagate64(r, d, m, m, status);
}

/** An integer fits if it is at least `min` and less than `end`. */
interface Range {
  readonly min: number;
  readonly end: number;
}

const RANGE = {
  INT32: { min: -(2 ** 31), end: 2 ** 31 },
  UINT32: { min: 0, end: 2 ** 32 },
  INT64: { min: -(2 ** 63), end: 2 ** 63 },
  UINT64: { min: 0, end: 2 ** 64 },
} as const satisfies Record<string, Range>;

function read32(a: number, status: FloatStatus): number {
  return flushInput(fromBits32(a), MIN_NORMAL_32, status);
}

function read64(r: F64Registers, m: number, status: FloatStatus): number {
  return flushInput(r.doubles[m], MIN_NORMAL_64, status);
}

function toInteger(x: number, rounding: Rounding, { min, end }: Range, status: FloatStatus): number {
  const rounded = roundNumber(x, rounding);
  if (rounded >= min && rounded < end) {
    if (rounded !== x) status.flags |= FLAG.INEXACT;
    return rounded;
  }
  status.flags |= FLAG.INVALID;
  if (x !== x) return 0;
  return x < 0 ? min : end - 1;
}

function toBigInt(x: number, rounding: Rounding, range: Range, status: FloatStatus): bigint {
  const integer = toInteger(x, rounding, range, status);
  // end - 1 is not a number where end is beyond 2^53.
  return integer >= range.end ? BigInt(range.end) - 1n : BigInt(integer);
}

function roundInexactly(x: number, rounding: Rounding, status: FloatStatus): number {
  const rounded = roundNumber(x, rounding);
  if (rounded !== x) status.flags |= FLAG.INEXACT;
  return rounded;
}

/** The integral number next to x in that direction; a zero has the sign of x. NaN and ∞ stay. */
function roundNumber(x: number, rounding: Rounding): number {
  switch (rounding) {
    case ROUNDING.ZERO:
      return Math.trunc(x);
    case ROUNDING.UP:
      return Math.ceil(x);
    case ROUNDING.DOWN:
      return Math.floor(x);
    default: {
      const below = Math.trunc(x), rest = Math.abs(x - below);
      const away = rest > 0.5 || rest === 0.5 && (rounding === ROUNDING.TIES_AWAY || below % 2 !== 0);
      return away ? below + Math.sign(x) : below;
    }
  }
}
