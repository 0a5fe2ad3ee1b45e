/** From an exact value to its format: rounding, overflow, underflow, flushing (IEEE 754-2008, 4.3 and 7). */
import type { F64Registers } from "./registers.ts";
import { BITS, DOUBLE, powerOfTwo } from "./scratch.ts";
import { FLAG, type FloatStatus, ROUNDING, type Rounding } from "./status.ts";

/** Smallest normal and largest finite numbers. */
export const MIN_NORMAL_32: number = 2 ** -126;
export const MAX_32: number = 2 ** 128 - 2 ** 104;
export const MIN_NORMAL_64: number = 2 ** -1022;
export const MAX_64: number = Number.MAX_VALUE;

const SIGN = 0x8000_0000 | 0;
/** A finite double has 53 significant bits; kept with 10 more, one word holds its leading 31. */
const ROUND_BITS_32 = 7, ROUND_BITS_64 = 10;

/** A denormal becomes zero where the status says so. NaNs and the rest stay. */
export function flushInput(value: number, minNormal: number, status: FloatStatus): number {
  if (!status.flushInputsToZero || value === 0 || !(Math.abs(value) < minNormal)) return value;
  status.flags |= FLAG.INPUT_DENORMAL;
  return value < 0 ? -0 : 0;
}

/** The zero that x + y is: rounding down turns +0 into -0 unless both operands are +0 (IEEE 754-2008, 6.3). */
export function zeroSum(x: number, y: number, status: FloatStatus): number {
  return status.rounding === ROUNDING.DOWN ? -(-x - y) : x + y;
}

/** What to add to a magnitude before its round bits (their number is in `mask`, all ones) are cut off. */
function increment(rounding: Rounding, sign: number, mask: number): number {
  if (rounding === ROUNDING.NEAREST_EVEN || rounding === ROUNDING.TIES_AWAY) return mask + 1 >> 1;
  if (rounding === ROUNDING.ZERO) return 0;
  return (rounding === ROUNDING.DOWN) === (sign !== 0) ? mask : 0;
}

/** Bits of `value`, rounded to binary32. Not for NaN; a sticky last bit (rounding to odd) is welcome. */
export function pack32(value: number, status: FloatStatus): number {
  DOUBLE[0] = value;
  const low = BITS[0], high = BITS[1], sign = high & SIGN;
  if (value === 0) return sign;
  if (value - value !== 0) return sign | 0x7f80_0000;

  let biased = (high >>> 20 & 0x7ff) - 1023 + 127;
  let significand = (high & 0x000f_ffff | 0x0010_0000) << 10 | low >>> 22 | Number(low << 10 !== 0);
  const mask = (1 << ROUND_BITS_32) - 1;
  const add = increment(status.rounding, sign, mask);
  const carries = significand + add >= 2 ** 31;
  if (biased > 0xfe || biased === 0xfe && carries) {
    status.flags |= FLAG.OVERFLOW | FLAG.INEXACT;
    return (sign | 0x7f80_0000) - Number(add === 0);
  }
  let tiny = false;
  if (biased <= 0) {
    tiny = !status.tininessAfterRounding || biased < 0 || !carries;
    if (tiny && status.flushToZero) {
      status.flags |= status.flushFlags;
      return sign;
    }
    const shift = Math.min(1 - biased, 31);
    significand = significand >> shift | Number((significand & 2 ** shift - 1) !== 0);
    biased = 1;
  }
  const cut = significand & mask;
  if (cut !== 0) status.flags |= tiny ? FLAG.INEXACT | FLAG.UNDERFLOW : FLAG.INEXACT;
  let rounded = significand + add >>> ROUND_BITS_32;
  if (status.rounding === ROUNDING.NEAREST_EVEN && cut === mask + 1 >> 1) rounded &= ~1;
  // The leading bit of a normal significand counts one in the exponent.
  return sign | (biased - 1 << 23) + rounded;
}

/**
 * Writes (value + error) × 2^exponent, rounded to binary64, to register `d`. `value` is neither zero nor
 * denormal, and is that sum rounded to nearest; of an `error` less than 2^-10 units in the last place of
 * `value` only the sign matters.
 */
export function pack64(
  registers: F64Registers,
  d: number,
  value: number,
  error: number,
  exponent: number,
  status: FloatStatus,
): void {
  DOUBLE[0] = value;
  const top = BITS[1], bottom = BITS[0], sign = top & SIGN;
  let biased = top >>> 20 & 0x7ff;
  let high = (top & 0x000f_ffff | 0x0010_0000) << 10 | bottom >>> 22;
  let low = bottom << 10;
  if (error !== 0) {
    // In units of the last round bit, that bit made sticky.
    const scaled = (sign ? -error : error) * powerOfTwo(62 + 1023 - biased);
    const whole = Math.floor(scaled);
    const sum = (low >>> 0) + (whole === scaled ? whole : whole | 1);
    if (sum < 0) high--;
    low = sum | 0;
    if (!(high & 0x4000_0000)) {
      high = high << 1 | low >>> 31;
      low <<= 1;
      biased--;
    }
  }
  biased += exponent;

  const { words } = registers;
  const mask = (1 << ROUND_BITS_64) - 1;
  const add = increment(status.rounding, sign, mask);
  const carries = high === 0x7fff_ffff && (low >>> 0) + add >= 2 ** 32;
  if (biased > 0x7fe || biased === 0x7fe && carries) {
    status.flags |= FLAG.OVERFLOW | FLAG.INEXACT;
    words[2 * d] = add === 0 ? -1 : 0;
    words[2 * d + 1] = (sign | 0x7ff0_0000) - Number(add === 0);
    return;
  }
  let tiny = false;
  if (biased <= 0) {
    tiny = !status.tininessAfterRounding || biased < 0 || !carries;
    if (tiny && status.flushToZero) {
      status.flags |= status.flushFlags;
      words[2 * d] = 0;
      words[2 * d + 1] = sign;
      return;
    }
    let lost = 0, shift = Math.min(1 - biased, 63);
    if (shift >= 32) {
      lost = low;
      low = high;
      high = 0;
      shift -= 32;
    }
    if (shift > 0) {
      lost |= low << 32 - shift;
      low = high << 32 - shift | low >>> shift;
      high >>= shift;
    }
    low |= Number(lost !== 0);
    biased = 1;
  }
  const cut = low & mask;
  if (cut !== 0) status.flags |= tiny ? FLAG.INEXACT | FLAG.UNDERFLOW : FLAG.INEXACT;
  const sum = (low >>> 0) + add;
  high += Number(sum >= 2 ** 32);
  let rounded = (sum | 0) >>> ROUND_BITS_64 | high << 32 - ROUND_BITS_64;
  if (status.rounding === ROUNDING.NEAREST_EVEN && cut === mask + 1 >> 1) rounded &= ~1;
  words[2 * d] = rounded;
  words[2 * d + 1] = sign | (biased - 1 << 20) + (high >>> ROUND_BITS_64);
}
