/**
 * Fused multiply-add: x × y + z, rounded once. What VFPv2 calls multiply-accumulate rounds twice, and is a
 * multiplication and an addition.
 */
import { FUSED_ERROR, multiplyAdd, oddSum } from "./error_free.ts";
import { invalid32, invalid64, propagateFused32, propagateFused64 } from "./nan.ts";
import { type F64Registers, isDenormal64 } from "./registers.ts";
import { flushInput, MAX_32, MIN_NORMAL_32, MIN_NORMAL_64, pack32, pack64, zeroSum } from "./round_pack.ts";
import { exponentOf, FAR, fromBits32, isDenormal32, mantissaOf, scaleDown, toBits32 } from "./scratch.ts";
import { FLAG, type FloatStatus, ROUNDING } from "./status.ts";

/** a × b + c on binary32 bits. */
export function f32MulAdd(a: number, b: number, c: number, status: FloatStatus): number {
  if (
    status.rounding === ROUNDING.NEAREST_EVEN &&
    !(status.flushInputsToZero && (isDenormal32(a) || isDenormal32(b) || isDenormal32(c)))
  ) {
    const x = fromBits32(a), y = fromBits32(b), z = fromBits32(c);
    const sum = oddSum(x * y, z), result = Math.fround(sum), size = Math.abs(result);
    if (size > MIN_NORMAL_32 && size <= MAX_32) {
      if (result !== sum) status.flags |= FLAG.INEXACT;
      return toBits32(result);
    }
  }
  return multiplyAddSlowly32(a, b, c, status);
}

function multiplyAddSlowly32(a: number, b: number, c: number, status: FloatStatus): number {
  const x = flushInput(fromBits32(a), MIN_NORMAL_32, status);
  const y = flushInput(fromBits32(b), MIN_NORMAL_32, status);
  const z = flushInput(fromBits32(c), MIN_NORMAL_32, status);
  const product = x * y, sum = product + z;
  if (x !== x || y !== y || z !== z) {
    const zeroTimesInfinity = x === x && y === y && product !== product;
    return propagateFused32(a, b, c, zeroTimesInfinity, status);
  }
  if (sum !== sum) return invalid32(status); // 0 × ∞, ∞ - ∞
  if (sum === 0) return toBits32(zeroSum(product, z, status));
  return pack32(oddSum(product, z), status);
}

/** D = N × M + A. */
export function f64MulAdd(
  r: F64Registers,
  d: number,
  n: number,
  m: number,
  a: number,
  status: FloatStatus,
): void {
  const x = r.doubles[n], y = r.doubles[m], z = r.doubles[a];
  if (
    status.rounding === ROUNDING.NEAREST_EVEN && inMiddle(x * y) && (z === 0 || inMiddle(z)) &&
    !(status.flushInputsToZero && (isDenormal64(r, n) || isDenormal64(r, m)))
  ) {
    const result = multiplyAdd(x, y, z), size = Math.abs(result);
    if (size > MIN_NORMAL_64) {
      if (FUSED_ERROR[0] !== 0) status.flags |= FLAG.INEXACT;
      r.doubles[d] = result;
      return;
    }
  }
  multiplyAddSlowly64(r, d, n, m, a, status);
}

/** Where the intermediate results of `multiplyAdd` are exact (or NaN, for an operand too large). */
function inMiddle(value: number): boolean {
  const size = Math.abs(value);
  return size > 2 ** -900 && size < 2 ** 995;
}

function multiplyAddSlowly64(
  r: F64Registers,
  d: number,
  n: number,
  m: number,
  a: number,
  status: FloatStatus,
): void {
  const x = flushInput(r.doubles[n], MIN_NORMAL_64, status);
  const y = flushInput(r.doubles[m], MIN_NORMAL_64, status);
  const z = flushInput(r.doubles[a], MIN_NORMAL_64, status);
  const product = x * y;
  if (x !== x || y !== y || z !== z) {
    const zeroTimesInfinity = x === x && y === y && product !== product;
    return propagateFused64(r, d, n, m, a, zeroTimesInfinity, status);
  }
  const infinite = Math.abs(x) === Infinity || Math.abs(y) === Infinity;
  if (infinite || Math.abs(z) === Infinity) {
    const sum = infinite ? product + z : z; // a finite product may be ∞ on the host
    if (sum !== sum) return invalid64(r, d, status); // 0 × ∞, ∞ - ∞
    r.doubles[d] = sum;
  } else if (x === 0 || y === 0) {
    if (z === 0) r.doubles[d] = zeroSum(product, z, status);
    else pack64(r, d, mantissaOf(z), 0, exponentOf(z), status);
  } else {
    const productExponent = exponentOf(x) + exponentOf(y);
    // The result is in units of 2^exponent: those of the product, unless the addend is far beyond.
    const exponent = Math.max(productExponent, exponentOf(z) - FAR);
    const sum = multiplyAdd(mantissaOf(x), mantissaOf(y), scaleDown(z, exponent));
    if (sum === 0) r.doubles[d] = zeroSum(1, -1, status);
    else pack64(r, d, sum, FUSED_ERROR[0], exponent, status);
  }
}
