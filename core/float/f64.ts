/**
 * Binary64 arithmetic from register to register: `f64Add(registers, d, n, m, status)` is D = N + M.
 *
 * Rounding to nearest even in the middle of the range is the host's own operation, and its exact error says
 * whether INEXACT is to be raised. The rest is computed on mantissas within [1, 2), where no error-free
 * transformation can overflow or underflow, and rounded by `pack64`.
 */
import { isExactSum, productError, sumError } from "./error_free.ts";
import { invalid64, propagate64 } from "./nan.ts";
import { type F64Registers, isDenormal64 } from "./registers.ts";
import { flushInput, MAX_64, MIN_NORMAL_64, pack64, zeroSum } from "./round_pack.ts";
import { exponentOf, FAR, mantissaOf, scaleDown } from "./scratch.ts";
import { FLAG, type FloatStatus, ROUNDING } from "./status.ts";

/** Where `productError` holds. */
const EXACT_MIN = 2 ** -900, EXACT_MAX = 2 ** 995;

/** Register d = register n + register m. */
export function f64Add(r: F64Registers, d: number, n: number, m: number, status: FloatStatus): void {
  addNumbers(r, d, n, m, r.doubles[m], status);
}

/** Register d = register n − register m. */
export function f64Sub(r: F64Registers, d: number, n: number, m: number, status: FloatStatus): void {
  addNumbers(r, d, n, m, -r.doubles[m], status);
}

/** `y` is M, negated if it is to be subtracted: a NaN keeps the sign that it has in M. */
function addNumbers(r: F64Registers, d: number, n: number, m: number, y: number, status: FloatStatus): void {
  const x = r.doubles[n];
  const sum = x + y;
  if (
    status.rounding === ROUNDING.NEAREST_EVEN && Math.abs(sum) <= MAX_64 &&
    (!status.flushToZero || sum === 0 || Math.abs(sum) >= MIN_NORMAL_64) &&
    !(status.flushInputsToZero && (isDenormal64(r, n) || isDenormal64(r, m)))
  ) {
    if (!(status.flags & FLAG.INEXACT) && !isExactSum(x, y, sum)) status.flags |= FLAG.INEXACT;
    r.doubles[d] = sum;
  } else addSlowly(r, d, n, m, y, status);
}

function addSlowly(r: F64Registers, d: number, n: number, m: number, m1: number, status: FloatStatus): void {
  const x = flushInput(r.doubles[n], MIN_NORMAL_64, status);
  const y = flushInput(m1, MIN_NORMAL_64, status);
  if (x !== x || y !== y) return propagate64(r, d, n, m, status);
  const sum = x + y;
  if (sum !== sum) return invalid64(r, d, status); // ∞ - ∞
  if (Math.abs(x) === Infinity || Math.abs(y) === Infinity) r.doubles[d] = sum;
  else if (sum === 0) r.doubles[d] = zeroSum(x, y, status);
  else {
    const exponent = Math.max(exponentOf(x), exponentOf(y));
    const xScaled = scaleDown(x, exponent), yScaled = scaleDown(y, exponent), scaled = xScaled + yScaled;
    pack64(r, d, scaled, sumError(xScaled, yScaled, scaled), exponent, status);
  }
}

/** Register d = register n × register m. */
export function f64Mul(r: F64Registers, d: number, n: number, m: number, status: FloatStatus): void {
  const x = r.doubles[n], y = r.doubles[m];
  const product = x * y, size = Math.abs(product);
  if (
    status.rounding === ROUNDING.NEAREST_EVEN &&
    !(status.flushInputsToZero && (isDenormal64(r, n) || isDenormal64(r, m)))
  ) {
    if (size > MIN_NORMAL_64 && size <= MAX_64) {
      if (status.flags & FLAG.INEXACT) {
        r.doubles[d] = product;
        return;
      }
      if (size > EXACT_MIN && size < EXACT_MAX) {
        const error = productError(x, y, product);
        if (error === error) {
          if (error !== 0) status.flags |= FLAG.INEXACT;
          r.doubles[d] = product;
          return;
        }
      }
    } else if (product === 0 && (x === 0 || y === 0)) {
      r.doubles[d] = product;
      return;
    }
  }
  multiplySlowly(r, d, n, m, status);
}

function multiplySlowly(r: F64Registers, d: number, n: number, m: number, status: FloatStatus): void {
  const x = flushInput(r.doubles[n], MIN_NORMAL_64, status);
  const y = flushInput(r.doubles[m], MIN_NORMAL_64, status);
  if (x !== x || y !== y) return propagate64(r, d, n, m, status);
  const product = x * y;
  if (product !== product) return invalid64(r, d, status); // 0 × ∞
  if (x === 0 || y === 0 || Math.abs(x) === Infinity || Math.abs(y) === Infinity) r.doubles[d] = product;
  else {
    const xMantissa = mantissaOf(x), yMantissa = mantissaOf(y), scaled = xMantissa * yMantissa;
    const error = productError(xMantissa, yMantissa, scaled);
    pack64(r, d, scaled, error, exponentOf(x) + exponentOf(y), status);
  }
}

/** Register d = register n / register m. */
export function f64Div(r: F64Registers, d: number, n: number, m: number, status: FloatStatus): void {
  const x = r.doubles[n], y = r.doubles[m];
  const quotient = x / y, size = Math.abs(quotient);
  if (
    status.rounding === ROUNDING.NEAREST_EVEN && size > MIN_NORMAL_64 && size <= MAX_64 &&
    !(status.flushInputsToZero && (isDenormal64(r, n) || isDenormal64(r, m)))
  ) {
    if (status.flags & FLAG.INEXACT) {
      r.doubles[d] = quotient;
      return;
    }
    const back = quotient * y, error = productError(quotient, y, back);
    if (Math.abs(back) > EXACT_MIN && Math.abs(back) < EXACT_MAX && error === error) {
      if (back !== x || error !== 0) status.flags |= FLAG.INEXACT;
      r.doubles[d] = quotient;
      return;
    }
  }
  divideSlowly(r, d, n, m, status);
}

function divideSlowly(r: F64Registers, d: number, n: number, m: number, status: FloatStatus): void {
  const x = flushInput(r.doubles[n], MIN_NORMAL_64, status);
  const y = flushInput(r.doubles[m], MIN_NORMAL_64, status);
  if (x !== x || y !== y) return propagate64(r, d, n, m, status);
  const quotient = x / y;
  if (quotient !== quotient) return invalid64(r, d, status); // 0 ÷ 0, ∞ ÷ ∞
  if (x === 0 || Math.abs(x) === Infinity || Math.abs(y) === Infinity) r.doubles[d] = quotient;
  else if (y === 0) {
    status.flags |= FLAG.DIVBYZERO;
    r.doubles[d] = quotient;
  } else {
    const xMantissa = mantissaOf(x), yMantissa = mantissaOf(y), scaled = xMantissa / yMantissa;
    const rest = remainder(xMantissa, scaled, yMantissa);
    pack64(r, d, scaled, hint(yMantissa < 0 ? -rest : rest), exponentOf(x) - exponentOf(y), status);
  }
}

/** Register d = the square root of register m; INVALID below −0. */
export function f64Sqrt(r: F64Registers, d: number, m: number, status: FloatStatus): void {
  const x = r.doubles[m];
  if (status.rounding === ROUNDING.NEAREST_EVEN && x > EXACT_MIN && x < EXACT_MAX) {
    const root = Math.sqrt(x);
    if (!(status.flags & FLAG.INEXACT)) {
      const back = root * root;
      if (back !== x || productError(root, root, back) !== 0) status.flags |= FLAG.INEXACT;
    }
    r.doubles[d] = root;
  } else rootSlowly(r, d, m, status);
}

function rootSlowly(r: F64Registers, d: number, m: number, status: FloatStatus): void {
  const x = flushInput(r.doubles[m], MIN_NORMAL_64, status);
  if (x !== x) propagate64(r, d, m, m, status);
  else if (x < 0) invalid64(r, d, status);
  else if (x === 0 || x === Infinity) r.doubles[d] = x;
  else {
    const exponent = exponentOf(x), odd = exponent & 1;
    const even = mantissaOf(x) * (1 + odd), scaled = Math.sqrt(even);
    pack64(r, d, scaled, hint(remainder(even, scaled, scaled)), (exponent - odd) / 2, status);
  }
}

/** x - y × z, exactly, for y = fl(x / z) or y = z = fl(√x) (Dekker). */
function remainder(x: number, y: number, z: number): number {
  const product = y * z;
  return (x - product) - productError(y, z, product);
}

/** An error of which only the sign counts: neither a quotient nor a square root is ever halfway between doubles. */
function hint(error: number): number {
  return Math.sign(error) * 2 ** -FAR;
}
