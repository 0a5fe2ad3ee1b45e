/** Rounding directions; the first four are numbered as FPSCR.RMode is (ARM DDI 0406C A2.7.3). */
export const ROUNDING = { NEAREST_EVEN: 0, UP: 1, DOWN: 2, ZERO: 3, TIES_AWAY: 4 } as const;
/** See `ROUNDING`. */
export type Rounding = typeof ROUNDING[keyof typeof ROUNDING];

/** Exception flags, at the positions of the cumulative bits IOC, DZC, OFC, UFC, IXC, IDC of ARM's FPSCR. */
export const FLAG = {
  INVALID: 1 << 0,
  DIVBYZERO: 1 << 1,
  OVERFLOW: 1 << 2,
  UNDERFLOW: 1 << 3,
  INEXACT: 1 << 4,
  /** A denormal operand was replaced by zero. */
  INPUT_DENORMAL: 1 << 7,
} as const;

/** Which NaN operand becomes the result of an operation that has more than one. */
export const NAN_RULE = {
  /**
   * ARM DDI 0406C A2.7.6 FPProcessNaNs: the first signalling operand, else the first quiet one. A fused
   * multiply-add looks at the addend first, and 0 × ∞ + quiet NaN is invalid and gives the default NaN.
   */
  SIGNALLING_FIRST: 0,
  /** Intel SDM volume 1, 4.8.3.5, for SSE: the first NaN operand. 0 × ∞ + quiet NaN gives that NaN. */
  FIRST_OPERAND: 1,
} as const;
/** See `NAN_RULE`. */
export type NanRule = typeof NAN_RULE[keyof typeof NAN_RULE];

/** What the compare operations return. */
export const COMPARISON = { LESS: -1, EQUAL: 0, GREATER: 1, UNORDERED: 2 } as const;
/** See `COMPARISON`. */
export type Comparison = typeof COMPARISON[keyof typeof COMPARISON];

/** How a guest's floating point behaves now, and the exceptions it has raised since it last cleared them. */
export interface FloatStatus {
  /** Bits of FLAG; operations only ever set them. */
  flags: number;
  /** The direction in force. */
  rounding: Rounding;
  /** Replace results that are tiny by a zero of the same sign, and raise `flushFlags`. */
  flushToZero: boolean;
  /** Replace denormal operands by a zero of the same sign, and raise INPUT_DENORMAL. */
  flushInputsToZero: boolean;
  /** Every NaN result is the default NaN. */
  defaultNaN: boolean;
  /** Whether a result is tiny is judged after rounding to an unbounded exponent; ARM judges before. */
  tininessAfterRounding: boolean;
  /** Raised by a result flushed to zero: UNDERFLOW alone on ARM, with INEXACT on SSE. */
  flushFlags: number;
  /** Which of several NaN operands an operation gives. */
  nanRule: NanRule;
  /** The default NaN has its sign bit set, as on x86. */
  negativeDefaultNaN: boolean;
}

/** A status as ARM's VFP has it after reset (FPSCR = 0), changed by `changes`. */
export function floatStatus(changes: Partial<FloatStatus> = {}): FloatStatus {
  // Spelt out, so that every status has the same hidden class and the operations stay monomorphic.
  return {
    flags: changes.flags ?? 0,
    rounding: changes.rounding ?? ROUNDING.NEAREST_EVEN,
    flushToZero: changes.flushToZero ?? false,
    flushInputsToZero: changes.flushInputsToZero ?? false,
    defaultNaN: changes.defaultNaN ?? false,
    tininessAfterRounding: changes.tininessAfterRounding ?? false,
    flushFlags: changes.flushFlags ?? FLAG.UNDERFLOW,
    nanRule: changes.nanRule ?? NAN_RULE.SIGNALLING_FIRST,
    negativeDefaultNaN: changes.negativeDefaultNaN ?? false,
  };
}
