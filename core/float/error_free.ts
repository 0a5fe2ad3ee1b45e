/**
 * Error-free transformations: the host's rounded result of an operation together with what rounding lost.
 * T. J. Dekker, "A floating-point technique for extending the available precision" (1971); D. E. Knuth,
 * "The Art of Computer Programming" volume 2, 4.2.2; S. Boldo and G. Melquiond, "Emulation of a FMA and
 * correctly rounded sums: proved algorithms using rounding to odd" (2008).
 */
import { BITS, DOUBLE } from "./scratch.ts";

/** x + y - sum for sum = fl(x + y), exactly, unless something overflows (Knuth's TwoSum). */
export function sumError(x: number, y: number, sum: number): number {
  const yy = sum - x;
  return (x - (sum - yy)) + (y - yy);
}

/**
 * Whether `sum`, x + y rounded to nearest in any precision up to the host's, is x + y exactly.
 * With big the larger of the two in magnitude, sum - big is representable (Dekker), so that the comparison
 * with the other operand is exact; the second comparison saves finding out which is which.
 */
export function isExactSum(x: number, y: number, sum: number): boolean {
  return sum - x === y && sum - y === x;
}

const SPLITTER = 2 ** 27 + 1;

/**
 * x × y - product for product = fl(x × y), exactly, if |product| is within 2^-900 … 2^1020.
 * NaN if an operand is 2^996 or more (Dekker's product, Veltkamp's splitting).
 */
export function productError(x: number, y: number, product: number): number {
  const sx = SPLITTER * x, xHigh = sx - (sx - x), xLow = x - xHigh;
  const sy = SPLITTER * y, yHigh = sy - (sy - y), yLow = y - yHigh;
  return ((xHigh * yHigh - product) + xHigh * yLow + xLow * yHigh) + xLow * yLow;
}

/**
 * The value rounded to odd, from its nearest `rounded` and the sign of the `error` that was made (NaN at ∞).
 * Rounded again, to a precision at least two bits smaller, it gives what the exact value would have given.
 */
export function roundToOdd(rounded: number, error: number): number {
  if (error === 0 || error !== error) return rounded;
  DOUBLE[0] = rounded;
  if (BITS[0] & 1) return rounded;
  if ((rounded > 0) === (error > 0)) {
    BITS[0] |= 1;
  } else {
    if (BITS[0] === 0) BITS[1]--;
    BITS[0]--;
  }
  return DOUBLE[0];
}

/** x + y rounded to odd. */
export function oddSum(x: number, y: number): number {
  const sum = x + y;
  return roundToOdd(sum, sumError(x, y, sum));
}

/** What `multiplyAdd` lost: a number with the sign of the error, and half a unit in the last place only in a tie. */
export const FUSED_ERROR: Float64Array<ArrayBuffer> = new Float64Array(1);

/** x × y + z, rounded once; every operand and intermediate result in the range of `productError`, or z = 0. */
export function multiplyAdd(x: number, y: number, z: number): number {
  const product = x * y, productLow = productError(x, y, product);
  const t = z + productLow, tLow = sumError(z, productLow, t);
  const v = product + t, vLow = sumError(product, t, v);
  const low = oddSum(tLow, vLow);
  const result = v + low;
  FUSED_ERROR[0] = sumError(v, low, result);
  return result;
}
