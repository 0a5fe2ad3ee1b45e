/**
 * Binary32 arithmetic on bits: operands and results are 32-bit integers, a result signed.
 *
 * Computed in the host's binary64, which is wide enough: rounded again to 24 bits, the 53 bits of a quotient or
 * a square root give what its exact value would (S. A. Figueroa, "When is double rounding innocuous?", 1995);
 * a product is exact; a sum is rounded to odd where that matters.
 */
import { isExactSum, oddSum } from "./error_free.ts";
import { invalid32, propagate32 } from "./nan.ts";
import { flushInput, MAX_32, MIN_NORMAL_32, pack32, zeroSum } from "./round_pack.ts";
import { BITS, fromBits32, isDenormal32, SINGLE, toBits32 } from "./scratch.ts";
import { FLAG, type FloatStatus, ROUNDING } from "./status.ts";

/** a + b. */
export function f32Add(a: number, b: number, status: FloatStatus): number {
  BITS[0] = b;
  return addNumbers(a, b, SINGLE[0], status);
}

/** a − b. */
export function f32Sub(a: number, b: number, status: FloatStatus): number {
  BITS[0] = b;
  return addNumbers(a, b, -SINGLE[0], status);
}

/** `y` is b, negated if it is to be subtracted: a NaN keeps the sign that it has in `b`. */
function addNumbers(a: number, b: number, y: number, status: FloatStatus): number {
  BITS[0] = a;
  const x = SINGLE[0], sum = Math.fround(x + y);
  if (
    status.rounding === ROUNDING.NEAREST_EVEN && Math.abs(sum) <= MAX_32 &&
    (!status.flushToZero || sum === 0 || Math.abs(sum) >= MIN_NORMAL_32) &&
    !(status.flushInputsToZero && (isDenormal32(a) || isDenormal32(b)))
  ) {
    if (!(status.flags & FLAG.INEXACT) && !isExactSum(x, y, sum)) status.flags |= FLAG.INEXACT;
    SINGLE[0] = sum;
    return BITS[0];
  }
  return addSlowly(a, b, y, status);
}

function addSlowly(a: number, b: number, b1: number, status: FloatStatus): number {
  const x = flushInput(fromBits32(a), MIN_NORMAL_32, status);
  const y = flushInput(b1, MIN_NORMAL_32, status);
  if (x !== x || y !== y) return propagate32(a, b, status);
  const sum = x + y;
  if (sum !== sum) return invalid32(status); // ∞ - ∞
  if (sum === 0) return toBits32(zeroSum(x, y, status));
  return pack32(oddSum(x, y), status);
}

/** a × b. */
export function f32Mul(a: number, b: number, status: FloatStatus): number {
  BITS[0] = a;
  BITS[1] = b;
  const x = SINGLE[0], y = SINGLE[1];
  const exact = x * y;
  const product = Math.fround(exact), size = Math.abs(product);
  if (
    status.rounding === ROUNDING.NEAREST_EVEN &&
    (size > MIN_NORMAL_32 && size <= MAX_32 || exact === 0) &&
    !(status.flushInputsToZero && (isDenormal32(a) || isDenormal32(b)))
  ) {
    if (product !== exact) status.flags |= FLAG.INEXACT;
    SINGLE[0] = product;
    return BITS[0];
  }
  return multiplySlowly(a, b, status);
}

function multiplySlowly(a: number, b: number, status: FloatStatus): number {
  const x = flushInput(fromBits32(a), MIN_NORMAL_32, status);
  const y = flushInput(fromBits32(b), MIN_NORMAL_32, status);
  if (x !== x || y !== y) return propagate32(a, b, status);
  const product = x * y;
  return product !== product ? invalid32(status) : pack32(product, status); // 0 × ∞
}

/** a / b. */
export function f32Div(a: number, b: number, status: FloatStatus): number {
  BITS[0] = a;
  BITS[1] = b;
  const x = SINGLE[0], y = SINGLE[1];
  const quotient = Math.fround(x / y), size = Math.abs(quotient);
  if (
    status.rounding === ROUNDING.NEAREST_EVEN && size > MIN_NORMAL_32 && size <= MAX_32 &&
    !(status.flushInputsToZero && (isDenormal32(a) || isDenormal32(b)))
  ) {
    if (quotient * y !== x) status.flags |= FLAG.INEXACT;
    SINGLE[0] = quotient;
    return BITS[0];
  }
  return divideSlowly(a, b, status);
}

function divideSlowly(a: number, b: number, status: FloatStatus): number {
  const x = flushInput(fromBits32(a), MIN_NORMAL_32, status);
  const y = flushInput(fromBits32(b), MIN_NORMAL_32, status);
  if (x !== x || y !== y) return propagate32(a, b, status);
  const quotient = x / y;
  if (quotient !== quotient) return invalid32(status); // 0 ÷ 0, ∞ ÷ ∞
  if (y === 0 && Math.abs(x) !== Infinity) status.flags |= FLAG.DIVBYZERO;
  return pack32(quotient, status);
}

/** The square root of a; INVALID below −0. */
export function f32Sqrt(a: number, status: FloatStatus): number {
  BITS[0] = a;
  const x = SINGLE[0];
  if (status.rounding === ROUNDING.NEAREST_EVEN && x >= MIN_NORMAL_32 && x <= MAX_32) {
    const root = Math.fround(Math.sqrt(x));
    if (root * root !== x) status.flags |= FLAG.INEXACT;
    SINGLE[0] = root;
    return BITS[0];
  }
  return rootSlowly(a, status);
}

function rootSlowly(a: number, status: FloatStatus): number {
  const x = flushInput(fromBits32(a), MIN_NORMAL_32, status);
  if (x !== x) return propagate32(a, a, status);
  return x < 0 ? invalid32(status) : pack32(Math.sqrt(x), status);
}
