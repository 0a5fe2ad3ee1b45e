/** The NaN an operation returns, and the exception a signalling one raises (IEEE 754-2008, 6.2). */
import type { F64Registers } from "./registers.ts";
import { FLAG, type FloatStatus, NAN_RULE } from "./status.ts";

const SIGN = 0x8000_0000 | 0;
const QUIET_32 = 0x0040_0000;
const QUIET_64 = 0x0008_0000; // in the high word

const KIND = { NUMBER: 0, QUIET: 1, SIGNALLING: 2 } as const;
type Kind = typeof KIND[keyof typeof KIND];

function kind32(bits: number): Kind {
  if ((bits & 0x7fff_ffff) <= 0x7f80_0000) return KIND.NUMBER;
  return bits & QUIET_32 ? KIND.QUIET : KIND.SIGNALLING;
}

function kind64({ words }: F64Registers, n: number): Kind {
  const high = words[2 * n + 1] & 0x7fff_ffff;
  if (high < 0x7ff0_0000 || high === 0x7ff0_0000 && words[2 * n] === 0) return KIND.NUMBER;
  return high & QUIET_64 ? KIND.QUIET : KIND.SIGNALLING;
}

export function isSignalling32(bits: number): boolean {
  return kind32(bits) === KIND.SIGNALLING;
}

export function isSignalling64(registers: F64Registers, n: number): boolean {
  return kind64(registers, n) === KIND.SIGNALLING;
}

export function defaultNaN32(status: FloatStatus): number {
  return status.negativeDefaultNaN ? SIGN | 0x7fc0_0000 : 0x7fc0_0000;
}

export function defaultNaN64({ words }: F64Registers, d: number, status: FloatStatus): void {
  words[2 * d] = 0;
  words[2 * d + 1] = status.negativeDefaultNaN ? SIGN | 0x7ff8_0000 : 0x7ff8_0000;
}

/** The result of an invalid operation. */
export function invalid32(status: FloatStatus): number {
  status.flags |= FLAG.INVALID;
  return defaultNaN32(status);
}

/** The result of an invalid operation. */
export function invalid64(registers: F64Registers, d: number, status: FloatStatus): void {
  status.flags |= FLAG.INVALID;
  defaultNaN64(registers, d, status);
}

/** The NaN result of operands of which one at least is a NaN. A single operand is given twice. */
export function propagate32(a: number, b: number, status: FloatStatus): number {
  const chosen = choose(kind32(a), kind32(b), status);
  if (chosen === DEFAULT) return defaultNaN32(status);
  return (chosen === 0 ? a : b) | QUIET_32;
}

/** As `propagate32`, of N and M to D. */
export function propagate64(r: F64Registers, d: number, n: number, m: number, status: FloatStatus): void {
  const chosen = choose(kind64(r, n), kind64(r, m), status);
  if (chosen === DEFAULT) defaultNaN64(r, d, status);
  else moveQuietly(r, d, chosen === 0 ? n : m);
}

/** The NaN result of a × b + c. */
export function propagateFused32(
  a: number,
  b: number,
  c: number,
  zeroTimesInfinity: boolean,
  status: FloatStatus,
): number {
  const chosen = chooseFused(kind32(a), kind32(b), kind32(c), zeroTimesInfinity, status);
  if (chosen === DEFAULT) return defaultNaN32(status);
  return (chosen === 0 ? a : chosen === 1 ? b : c) | QUIET_32;
}

/** The NaN result of D = N × M + A. */
export function propagateFused64(
  r: F64Registers,
  d: number,
  n: number,
  m: number,
  a: number,
  zeroTimesInfinity: boolean,
  status: FloatStatus,
): void {
  const chosen = chooseFused(kind64(r, n), kind64(r, m), kind64(r, a), zeroTimesInfinity, status);
  if (chosen === DEFAULT) defaultNaN64(r, d, status);
  else moveQuietly(r, d, chosen === 0 ? n : chosen === 1 ? m : a);
}

/** D = the quiet NaN of binary32 bits `a`, with their sign and payload (ARM DDI 0406C A2.7, FPConvertNaN). */
export function widenNaN(r: F64Registers, d: number, a: number, status: FloatStatus): void {
  if (choose(kind32(a), kind32(a), status) === DEFAULT) return defaultNaN64(r, d, status);
  r.words[2 * d] = a << 29;
  r.words[2 * d + 1] = a & SIGN | 0x7ff0_0000 | QUIET_64 | (a & 0x003f_ffff) >>> 3;
}

/** The quiet NaN of M in binary32, with its sign and the head of its payload. */
export function narrowNaN(r: F64Registers, m: number, status: FloatStatus): number {
  if (choose(kind64(r, m), kind64(r, m), status) === DEFAULT) return defaultNaN32(status);
  const high = r.words[2 * m + 1];
  return high & SIGN | 0x7f80_0000 | QUIET_32 | (high & 0x0007_ffff) << 3 | r.words[2 * m] >>> 29;
}

function moveQuietly({ words }: F64Registers, d: number, n: number): void {
  words[2 * d] = words[2 * n];
  words[2 * d + 1] = words[2 * n + 1] | QUIET_64;
}

const DEFAULT = -1;

/** Which operand becomes the result, or DEFAULT. */
function choose(a: Kind, b: Kind, status: FloatStatus): number {
  if (a === KIND.SIGNALLING || b === KIND.SIGNALLING) status.flags |= FLAG.INVALID;
  if (status.defaultNaN) return DEFAULT;
  if (status.nanRule === NAN_RULE.FIRST_OPERAND) return a !== KIND.NUMBER ? 0 : 1;
  return a >= b ? 0 : 1; // a signalling NaN is more than a quiet one, and that is more than a number
}

function chooseFused(a: Kind, b: Kind, c: Kind, zeroTimesInfinity: boolean, status: FloatStatus): number {
  const most = Math.max(a, b, c);
  if (most === KIND.SIGNALLING) status.flags |= FLAG.INVALID;
  if (status.nanRule === NAN_RULE.SIGNALLING_FIRST && zeroTimesInfinity && c === KIND.QUIET) {
    status.flags |= FLAG.INVALID;
    return DEFAULT;
  }
  if (status.defaultNaN) return DEFAULT;
  if (status.nanRule === NAN_RULE.FIRST_OPERAND) return a !== KIND.NUMBER ? 0 : b !== KIND.NUMBER ? 1 : 2;
  return c === most ? 2 : a === most ? 0 : 1;
}
