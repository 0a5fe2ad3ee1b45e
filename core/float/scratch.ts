/**
 * One slot seen as bits and as values; nobody may expect it to survive a call. Hosts are little-endian.
 *
 * Fast paths use it in place, and test for denormals on bits: a number given to a function that the engine did
 * not inline is allocated on the heap.
 */
const buffer = new ArrayBuffer(8);
export const BITS: Int32Array<ArrayBuffer> = new Int32Array(buffer);
export const SINGLE: Float32Array<ArrayBuffer> = new Float32Array(buffer);
export const DOUBLE: Float64Array<ArrayBuffer> = new Float64Array(buffer);

/** The value of binary32 bits. A NaN loses its payload. */
export function fromBits32(bits: number): number {
  BITS[0] = bits;
  return SINGLE[0];
}

/** The binary32 bits of a number that is no NaN and that binary32 holds exactly. */
export function toBits32(value: number): number {
  SINGLE[0] = value;
  return BITS[0];
}

export function isDenormal32(bits: number): boolean {
  return (bits & 0x7f80_0000) === 0 && (bits & 0x007f_ffff) !== 0;
}

/** 2 to the power `exponent`, which is within -1022 … 1023. */
export function powerOfTwo(exponent: number): number {
  BITS[0] = 0;
  BITS[1] = exponent + 1023 << 20;
  return DOUBLE[0];
}

/** The exponent e of a finite `value` = ±m × 2^e with 1 ≤ m < 2, denormals included. Zero has a lower one than all. */
export function exponentOf(value: number): number {
  DOUBLE[0] = value;
  const biased = BITS[1] >>> 20 & 0x7ff;
  if (biased !== 0) return biased - 1023;
  DOUBLE[0] = value * 2 ** 54;
  return (BITS[1] >>> 20 & 0x7ff) - 1023 - 54;
}

/** The ±m of `exponentOf`. Not for zero. */
export function mantissaOf(value: number): number {
  DOUBLE[0] = value;
  if ((BITS[1] & 0x7ff0_0000) === 0) DOUBLE[0] = value * 2 ** 54;
  BITS[1] = BITS[1] & 0x800f_ffff | 1023 << 20;
  return DOUBLE[0];
}

/** Of two terms this many binades apart, the smaller one only shows that it is not zero. */
export const FAR = 200;

/** `value` in units of 2^exponent; one that is smaller than 2^-FAR units becomes about 2^-FAR. */
export function scaleDown(value: number, exponent: number): number {
  return value === 0 ? 0 : mantissaOf(value) * powerOfTwo(Math.max(exponentOf(value) - exponent, -FAR));
}
