/** The NaN an operation returns, and the exception a signalling one raises (IEEE 754-2008, 6.2). */
import type { F64Registers } from "./registers.ts";
import { FLAG, type FloatStatus, NAN_RULE } from "./status.ts";

const QUIET_32 = 0x0040_0000;
const QUIET_64 = 0x0008_0000; // in the high word

export function isNaN32(bits: number): boolean {
  return (bits & 0x7fff_ffff) > 0x7f80_0000;
}

export function isSignalling32(bits: number): boolean {
  return isNaN32(bits) && !(bits & QUIET_32);
}

export function isNaN64({ words }: F64Registers, n: number): boolean {
  const high = words[2 * n + 1] & 0x7fff_ffff;
  return high > 0x7ff0_0000 || high === 0x7ff0_0000 && words[2 * n] !== 0;
}

export function isSignalling64(registers: F64Registers, n: number): boolean {
  return isNaN64(registers, n) && !(registers.words[2 * n + 1] & QUIET_64);
}

export function defaultNaN32(status: FloatStatus): number {
  return status.negativeDefaultNaN ? 0xffc0_0000 | 0 : 0x7fc0_0000;
}

export function defaultNaN64({ words }: F64Registers, d: number, status: FloatStatus): void {
  words[2 * d] = 0;
  words[2 * d + 1] = status.negativeDefaultNaN ? 0xfff8_0000 : 0x7ff8_0000;
}

/** The result of an invalid operation. */
export function invalid32(status: FloatStatus): number {
  status.flags |= FLAG.INVALID;
  return defaultNaN32(status);
}

export function invalid64(registers: F64Registers, d: number, status: FloatStatus): void {
  status.flags |= FLAG.INVALID;
  defaultNaN64(registers, d, status);
}

/** The NaN result of operands one of which at least is a NaN. For a single operand, give it twice. */
export function propagate32(a: number, b: number, status: FloatStatus): number {
  const aSignals = isSignalling32(a), bSignals = isSignalling32(b);
  if (aSignals || bSignals) status.flags |= FLAG.INVALID;
  if (status.defaultNaN) return defaultNaN32(status);
  const second = status.nanRule === NAN_RULE.SIGNALLING_FIRST && bSignals && !aSignals || !isNaN32(a);
  return (second ? b : a) | QUIET_32;
}

/** As `propagate32`, for registers `n` and `m` into `d`. */
export function propagate64(r: F64Registers, d: number, n: number, m: number, status: FloatStatus): void {
  const nSignals = isSignalling64(r, n), mSignals = isSignalling64(r, m);
  if (nSignals || mSignals) status.flags |= FLAG.INVALID;
  if (status.defaultNaN) return defaultNaN64(r, d, status);
  const second = status.nanRule === NAN_RULE.SIGNALLING_FIRST && mSignals && !nSignals || !isNaN64(r, n);
  const source = second ? m : n;
  const high = r.words[2 * source + 1] | QUIET_64;
  r.words[2 * d] = r.words[2 * source];
  r.words[2 * d + 1] = high;
}

/** The quiet binary64 NaN of the same sign and payload (ARM DDI 0406C A2.7.8 FPConvertNaN). */
export function widenNaN({ words }: F64Registers, d: number, bits: number): void {
  words[2 * d] = bits << 29;
  words[2 * d + 1] = bits & 0x8000_0000 | 0x7ff0_0000 | QUIET_64 | (bits & 0x003f_ffff) >>> 3;
}

/** The quiet binary32 NaN of the same sign and leading part of the payload. */
export function narrowNaN({ words }: F64Registers, n: number): number {
  const high = words[2 * n + 1];
  return high & 0x8000_0000 | 0x7f80_0000 | QUIET_32 | (high & 0x0007_ffff) << 3 | words[2 * n] >>> 29;
}
