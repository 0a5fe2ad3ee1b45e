/**
 * The same operations, computed by the definition: exact integers first, then one rounding. Slow and without
 * cleverness; it shares nothing with what it judges but the constants.
 */
import { FLAG, type FloatStatus, NAN_RULE, ROUNDING } from "../status.ts";

export interface Format {
  /** Significant bits, the hidden one included. */
  readonly precision: bigint;
  readonly exponentBits: bigint;
}
export const BINARY32: Format = { precision: 24n, exponentBits: 8n };
export const BINARY64: Format = { precision: 53n, exponentBits: 11n };

type Unpacked =
  | { kind: "nan"; bits: bigint; signalling: boolean }
  | { kind: "infinity"; negative: boolean }
  /** magnitude × 2^exponent, and a little more if `more`. */
  | { kind: "finite"; negative: boolean; magnitude: bigint; exponent: bigint; more: boolean };

type Finite = Extract<Unpacked, { kind: "finite" }>;

const bias = (f: Format) => (1n << f.exponentBits - 1n) - 1n;
const leastExponent = (f: Format) => 2n - bias(f) - f.precision; // of the last bit of a denormal
const fractionBits = (f: Format) => f.precision - 1n;
const maxField = (f: Format) => (1n << f.exponentBits) - 1n;
const signBit = (f: Format) => 1n << f.exponentBits + fractionBits(f);
const quietBit = (f: Format) => 1n << f.precision - 2n;

function unpack(f: Format, bits: bigint, status: FloatStatus): Unpacked {
  const negative = (bits & signBit(f)) !== 0n;
  const fraction = bits & (1n << fractionBits(f)) - 1n;
  const field = bits >> fractionBits(f) & maxField(f);
  if (field === maxField(f)) {
    if (fraction === 0n) return { kind: "infinity", negative };
    return { kind: "nan", bits, signalling: (bits & quietBit(f)) === 0n };
  }
  if (field === 0n) {
    const flush = status.flushInputsToZero && fraction !== 0n;
    if (flush) status.flags |= FLAG.INPUT_DENORMAL;
    return finite(negative, flush ? 0n : fraction, leastExponent(f));
  }
  return finite(negative, fraction | 1n << fractionBits(f), leastExponent(f) + field - 1n);
}

function finite(negative: boolean, magnitude: bigint, exponent: bigint, more = false): Finite {
  return { kind: "finite", negative, magnitude, exponent, more };
}

/** magnitude × 2^exponent (and more) rounded to a multiple of 2^unit, in units of it. */
function roundTo(value: Finite, unit: bigint, rounding: number): { count: bigint; exact: boolean } {
  // Two bits below the unit, so that `more` is on the right side of a half.
  const scaled = value.exponent - unit + 2n;
  const quarters = scaled >= 0n ? value.magnitude << scaled : value.magnitude >> -scaled;
  const lost = scaled < 0n && quarters << -scaled !== value.magnitude || value.more;
  const below = quarters >> 2n, rest = 2n * (quarters & 3n) + (lost ? 1n : 0n); // in eighths, sticky
  const up = {
    [ROUNDING.NEAREST_EVEN]: rest > 4n || rest === 4n && (below & 1n) === 1n,
    [ROUNDING.TIES_AWAY]: rest >= 4n,
    [ROUNDING.ZERO]: false,
    [ROUNDING.UP]: rest > 0n && !value.negative,
    [ROUNDING.DOWN]: rest > 0n && value.negative,
  }[rounding];
  return { count: up ? below + 1n : below, exact: rest === 0n };
}

const bitLength = (n: bigint) => BigInt(n.toString(2).length);

function pack(f: Format, value: Finite, status: FloatStatus): bigint {
  const sign = value.negative ? signBit(f) : 0n;
  if (value.magnitude === 0n) return sign;
  const minNormal = leastExponent(f) + fractionBits(f);
  const unbounded = bitLength(value.magnitude) + value.exponent - f.precision;
  let top = bitLength(value.magnitude) + value.exponent - 1n;
  if (status.tininessAfterRounding) {
    top = bitLength(roundTo(value, unbounded, status.rounding).count) + unbounded - 1n;
  }
  const tiny = top < minNormal;
  if (tiny && status.flushToZero) {
    status.flags |= status.flushFlags;
    return sign;
  }
  const unit = unbounded > leastExponent(f) ? unbounded : leastExponent(f);
  const { count, exact } = roundTo(value, unit, status.rounding);
  if (!exact) status.flags |= FLAG.INEXACT;
  if (!exact && tiny) status.flags |= FLAG.UNDERFLOW;
  if (bitLength(count) + unit - 1n > bias(f)) {
    status.flags |= FLAG.OVERFLOW | FLAG.INEXACT;
    const toInfinity = status.rounding === ROUNDING.NEAREST_EVEN || status.rounding === ROUNDING.TIES_AWAY ||
      status.rounding === (value.negative ? ROUNDING.DOWN : ROUNDING.UP);
    return sign | (maxField(f) << fractionBits(f)) - (toInfinity ? 0n : 1n);
  }
  return sign | (unit - leastExponent(f) << fractionBits(f)) + count;
}

function defaultNaN(f: Format, status: FloatStatus): bigint {
  return (status.negativeDefaultNaN ? signBit(f) : 0n) | maxField(f) << fractionBits(f) | quietBit(f);
}

function invalid(f: Format, status: FloatStatus): bigint {
  status.flags |= FLAG.INVALID;
  return defaultNaN(f, status);
}

function infinity(f: Format, negative: boolean): bigint {
  return (negative ? signBit(f) : 0n) | maxField(f) << fractionBits(f);
}

/** The NaN among `operands`, in the order of preference; undefined if there is none. */
function nanOf(f: Format, operands: Unpacked[], status: FloatStatus): bigint | undefined {
  const nans = operands.filter((operand) => operand.kind === "nan");
  const signalling = nans.filter((nan) => nan.signalling);
  if (signalling.length > 0) status.flags |= FLAG.INVALID;
  if (nans.length === 0) return undefined;
  if (status.defaultNaN) return defaultNaN(f, status);
  const preferred = status.nanRule === NAN_RULE.SIGNALLING_FIRST ? [...signalling, ...nans] : nans;
  return preferred[0].bits | quietBit(f);
}

const negativeOf = (u: Unpacked) => u.kind !== "nan" && u.negative;
const isZero = (u: Unpacked) => u.kind === "finite" && u.magnitude === 0n;

function sum(f: Format, a: Exclude<Unpacked, { kind: "nan" }>, b: typeof a, status: FloatStatus): bigint {
  if (a.kind === "infinity") {
    if (b.kind === "infinity" && a.negative !== b.negative) return invalid(f, status);
    return infinity(f, a.negative);
  }
  if (b.kind === "infinity") return infinity(f, b.negative);
  const exponent = a.exponent < b.exponent ? a.exponent : b.exponent;
  const signed = (u: Finite) => (u.negative ? -1n : 1n) * (u.magnitude << u.exponent - exponent);
  const total = signed(a) + signed(b);
  if (total !== 0n) return pack(f, finite(total < 0n, total < 0n ? -total : total, exponent), status);
  const bothZero = isZero(a) && isZero(b) && a.negative === b.negative;
  const negative = bothZero ? a.negative : status.rounding === ROUNDING.DOWN;
  return negative ? signBit(f) : 0n;
}

export function add(f: Format, aBits: bigint, bBits: bigint, status: FloatStatus, subtract = false): bigint {
  const a = unpack(f, aBits, status), b = unpack(f, bBits, status);
  const nan = nanOf(f, [a, b], status);
  if (nan !== undefined || a.kind === "nan" || b.kind === "nan") return nan ?? 0n;
  return sum(f, a, { ...b, negative: b.negative !== subtract }, status);
}

export function mul(f: Format, aBits: bigint, bBits: bigint, status: FloatStatus): bigint {
  const a = unpack(f, aBits, status), b = unpack(f, bBits, status);
  const nan = nanOf(f, [a, b], status);
  if (nan !== undefined) return nan;
  const product = multiply(a, b);
  if (product === undefined) return invalid(f, status);
  return product.kind === "finite" ? pack(f, product, status) : infinity(f, product.negative);
}

/** Undefined for 0 × ∞. */
function multiply(a: Unpacked, b: Unpacked): Exclude<Unpacked, { kind: "nan" }> | undefined {
  const negative = negativeOf(a) !== negativeOf(b);
  if (a.kind === "finite" && b.kind === "finite") {
    return finite(negative, a.magnitude * b.magnitude, a.exponent + b.exponent);
  }
  return isZero(a) || isZero(b) ? undefined : { kind: "infinity", negative };
}

export function mulAdd(f: Format, aBits: bigint, bBits: bigint, cBits: bigint, status: FloatStatus): bigint {
  const a = unpack(f, aBits, status), b = unpack(f, bBits, status), c = unpack(f, cBits, status);
  const armOrder = status.nanRule === NAN_RULE.SIGNALLING_FIRST;
  const nan = nanOf(f, armOrder ? [c, a, b] : [a, b, c], status);
  const product = a.kind === "nan" || b.kind === "nan" ? a : multiply(a, b);
  if (product === undefined && armOrder && c.kind === "nan" && !c.signalling) return invalid(f, status);
  if (nan !== undefined || c.kind === "nan") return nan ?? 0n;
  if (product === undefined || product.kind === "nan") return invalid(f, status);
  return sum(f, product, c, status);
}

export function div(f: Format, aBits: bigint, bBits: bigint, status: FloatStatus): bigint {
  const a = unpack(f, aBits, status), b = unpack(f, bBits, status);
  const nan = nanOf(f, [a, b], status);
  if (nan !== undefined) return nan;
  const negative = negativeOf(a) !== negativeOf(b);
  if (a.kind !== "finite") return b.kind === "finite" ? infinity(f, negative) : invalid(f, status);
  if (b.kind !== "finite") return negative ? signBit(f) : 0n;
  if (b.magnitude === 0n) {
    if (a.magnitude === 0n) return invalid(f, status);
    status.flags |= FLAG.DIVBYZERO;
    return infinity(f, negative);
  }
  const dividend = a.magnitude << 128n, quotient = dividend / b.magnitude;
  const exponent = a.exponent - b.exponent - 128n;
  return pack(f, finite(negative, quotient, exponent, quotient * b.magnitude !== dividend), status);
}

export function sqrt(f: Format, bits: bigint, status: FloatStatus): bigint {
  const a = unpack(f, bits, status);
  const nan = nanOf(f, [a], status);
  if (nan !== undefined) return nan;
  if (isZero(a)) return negativeOf(a) ? signBit(f) : 0n;
  if (negativeOf(a)) return invalid(f, status);
  if (a.kind !== "finite") return infinity(f, false);
  const odd = a.exponent & 1n, radicand = a.magnitude << 200n + odd;
  const root = squareRoot(radicand);
  return pack(f, finite(false, root, (a.exponent - odd) / 2n - 100n, root * root !== radicand), status);
}

/** The integer part of √n, bit by bit. */
function squareRoot(n: bigint): bigint {
  let root = 0n;
  for (let bit = 1n << bitLength(n) / 2n; bit > 0n; bit >>= 1n) {
    if ((root | bit) * (root | bit) <= n) root |= bit;
  }
  return root;
}

export function convert(from: Format, to: Format, bits: bigint, status: FloatStatus): bigint {
  const a = unpack(from, bits, status);
  if (a.kind === "finite") return pack(to, a, status);
  if (a.kind === "infinity") return infinity(to, a.negative);
  if (a.signalling) status.flags |= FLAG.INVALID;
  if (status.defaultNaN) return defaultNaN(to, status);
  const wider = to.precision - from.precision;
  const fraction = bits & (1n << fractionBits(from)) - 1n;
  const payload = wider > 0n ? fraction << wider : fraction >> -wider;
  return ((bits & signBit(from)) !== 0n ? signBit(to) : 0n) | infinity(to, false) | quietBit(to) | payload;
}

export function fromInteger(f: Format, value: bigint, status: FloatStatus): bigint {
  return pack(f, finite(value < 0n, value < 0n ? -value : value, 0n), status);
}

export function toInteger(
  f: Format,
  bits: bigint,
  { min, max }: { min: bigint; max: bigint },
  status: FloatStatus,
): bigint {
  const a = unpack(f, bits, status);
  if (a.kind === "finite") {
    const { count, exact } = roundTo(a, 0n, status.rounding);
    const value = a.negative ? -count : count;
    if (value >= min && value <= max) {
      if (!exact) status.flags |= FLAG.INEXACT;
      return value;
    }
  }
  status.flags |= FLAG.INVALID;
  if (a.kind === "nan") return 0n;
  return a.negative ? min : max;
}

export function roundToInteger(f: Format, bits: bigint, status: FloatStatus): bigint {
  const a = unpack(f, bits, status);
  const nan = nanOf(f, [a], status);
  if (nan !== undefined) return nan;
  if (a.kind !== "finite") return bits;
  const { count, exact } = roundTo(a, 0n, status.rounding);
  if (!exact) status.flags |= FLAG.INEXACT;
  return pack(f, finite(a.negative, count, 0n), { ...status });
}
