import type { HelperRef, Value } from "@emu/core";
import { CONDITION_NAMES } from "./conditions.ts";
import { HELPERS } from "./helpers.ts";
import type { ArmRow } from "./rows.ts";
import { ARM, S } from "./state.ts";
import type { Arm } from "./translator.ts";
import { elements, vfp } from "./vfp_rows.ts";
import { FPSCR } from "./vfp_status.ts";

/**
 * VFP data processing (DDI 0100, C3.1). Single-precision registers are numbered by four bits and one more below them;
 * double-precision ones by four bits alone.
 *
 * @module
 */

const THREE_OPERANDS = [
  { name: "vmla", p: "0", qr: "00", s: "0", single: HELPERS.f32MulAdd, double: HELPERS.f64MulAdd },
  { name: "vmls", p: "0", qr: "00", s: "1", single: HELPERS.f32NegMulAdd, double: HELPERS.f64NegMulAdd },
  { name: "vnmls", p: "0", qr: "01", s: "0", single: HELPERS.f32MulSub, double: HELPERS.f64MulSub },
  { name: "vnmla", p: "0", qr: "01", s: "1", single: HELPERS.f32NegMulSub, double: HELPERS.f64NegMulSub },
  { name: "vmul", p: "0", qr: "10", s: "0", single: HELPERS.f32Mul, double: HELPERS.f64Mul },
  { name: "vnmul", p: "0", qr: "10", s: "1", single: HELPERS.f32NegMul, double: HELPERS.f64NegMul },
  { name: "vadd", p: "0", qr: "11", s: "0", single: HELPERS.f32Add, double: HELPERS.f64Add },
  { name: "vsub", p: "0", qr: "11", s: "1", single: HELPERS.f32Sub, double: HELPERS.f64Sub },
  { name: "vdiv", p: "1", qr: "00", s: "0", single: HELPERS.f32Div, double: HELPERS.f64Div },
] as const;

const threeOperands = THREE_OPERANDS.flatMap(({ name, p, qr, s, single, double }): ArmRow[] => [
  vfp(
    `${name}_f32`,
    `cccc 1110 ${p}D${qr} nnnn dddd 1010 N${s}M0 mmmm`,
    ({ c, d, D, n, N, m, M }) =>
      `${name}${CONDITION_NAMES[c]}.f32 s${d << 1 | D}, s${n << 1 | N}, s${m << 1 | M}`,
    (t, { d, D, n, N, m, M }) => {
      const { ir } = t;
      for (const e of elements(t, "single", { d: d << 1 | D, n: n << 1 | N, m: m << 1 | M })) {
        const result = single.args === 3
          ? ir.callI(single, ir.get(S[e.d]), ir.get(S[e.n]), ir.get(S[e.m]))
          : ir.callI(single, ir.get(S[e.n]), ir.get(S[e.m]));
        ir.set(S[e.d], result);
      }
    },
  ),
  vfp(
    `${name}_f64`,
    `cccc 1110 ${p}0${qr} nnnn dddd 1011 0${s}00 mmmm`,
    ({ c, d, n, m }) => `${name}${CONDITION_NAMES[c]}.f64 d${d}, d${n}, d${m}`,
    (t, { d, n, m }) => {
      for (const e of elements(t, "double", { d, n, m })) {
        t.ir.call(double, t.const(e.d), t.const(e.n), t.const(e.m));
      }
    },
  ),
]);

const SIGN = 1 << 31;

/** Operations on the word that holds the sign; NaNs are not special. */
const SIGN_OPERATIONS = [
  { name: "vmov", e: "0000", x: "0", change: (_t: Arm, word: Value) => word },
  { name: "vabs", e: "0000", x: "1", change: (t: Arm, word: Value) => t.ir.and(word, t.const(~SIGN)) },
  { name: "vneg", e: "0001", x: "0", change: (t: Arm, word: Value) => t.ir.xor(word, t.const(SIGN)) },
] as const;

const signOperations = SIGN_OPERATIONS.flatMap(({ name, e, x, change }): ArmRow[] => [
  vfp(
    `${name}_f32`,
    `cccc 1110 1D11 ${e} dddd 1010 ${x}1M0 mmmm`,
    singleText(`${name}`),
    (t, { d, D, m, M }) => {
      for (const at of elements(t, "single", { d: d << 1 | D, n: 0, m: m << 1 | M })) {
        t.ir.set(S[at.d], change(t, t.ir.get(S[at.m])));
      }
    },
  ),
  vfp(
    `${name}_f64`,
    `cccc 1110 1011 ${e} dddd 1011 ${x}100 mmmm`,
    doubleText(`${name}`),
    (t, { d, m }) => {
      for (const at of elements(t, "double", { d, n: 0, m })) {
        const low = t.ir.get(S[2 * at.m]), high = t.ir.get(S[2 * at.m + 1]);
        t.ir.set(S[2 * at.d], low);
        t.ir.set(S[2 * at.d + 1], change(t, high));
      }
    },
  ),
]);

function singleText(name: string) {
  return ({ c, d, D, m, M }: Readonly<Record<"c" | "d" | "D" | "m" | "M", number>>) =>
    `${name}${CONDITION_NAMES[c]}.f32 s${d << 1 | D}, s${m << 1 | M}`;
}

function doubleText(name: string) {
  return ({ c, d, m }: Readonly<Record<"c" | "d" | "m", number>>) =>
    `${name}${CONDITION_NAMES[c]}.f64 d${d}, d${m}`;
}

const squareRoots: ArmRow[] = [
  vfp(
    "vsqrt_f32",
    "cccc 1110 1D11 0001 dddd 1010 11M0 mmmm",
    singleText("vsqrt"),
    (t, { d, D, m, M }) => {
      for (const at of elements(t, "single", { d: d << 1 | D, n: 0, m: m << 1 | M })) {
        t.ir.set(S[at.d], t.ir.callI(HELPERS.f32Sqrt, t.ir.get(S[at.m])));
      }
    },
  ),
  vfp("vsqrt_f64", "cccc 1110 1011 0001 dddd 1011 1100 mmmm", doubleText("vsqrt"), (t, { d, m }) => {
    for (const at of elements(t, "double", { d, n: 0, m })) {
      t.ir.call(HELPERS.f64Sqrt, t.const(at.d), t.const(at.m));
    }
  }),
];

/** Comparisons, by bit 7: the E forms signal for any NaN. */
const COMPARISONS = [
  { name: "vcmp", x: "0", single: HELPERS.f32Compare, double: HELPERS.f64Compare, zero: HELPERS.f64CompareZ },
  {
    name: "vcmpe",
    x: "1",
    single: HELPERS.f32CompareE,
    double: HELPERS.f64CompareE,
    zero: HELPERS.f64CompareEZ,
  },
] as const;

function setComparison(t: Arm, flags: Value): void {
  const { ir } = t;
  ir.set(ARM.fpscr, ir.or(ir.and(ir.get(ARM.fpscr), t.const(~FPSCR.FLAGS)), flags));
}

const comparisons = COMPARISONS.flatMap(({ name, x, single, double, zero }): ArmRow[] => [
  vfp(
    `${name}_f32`,
    `cccc 1110 1D11 0100 dddd 1010 ${x}1M0 mmmm`,
    singleText(name),
    (t, { d, D, m, M }) =>
      setComparison(t, t.ir.callI(single, t.ir.get(S[d << 1 | D]), t.ir.get(S[m << 1 | M]))),
  ),
  vfp(
    `${name}_f64`,
    `cccc 1110 1011 0100 dddd 1011 ${x}100 mmmm`,
    doubleText(name),
    (t, { d, m }) => setComparison(t, t.ir.callI(double, t.const(d), t.const(m))),
  ),
  vfp(
    `${name}_zero_f32`,
    `cccc 1110 1D11 0101 dddd 1010 ${x}100 0000`,
    ({ c, d, D }) => `${name}${CONDITION_NAMES[c]}.f32 s${d << 1 | D}, #0.0`,
    (t, { d, D }) => setComparison(t, t.ir.callI(single, t.ir.get(S[d << 1 | D]), t.const(0))),
  ),
  vfp(
    `${name}_zero_f64`,
    `cccc 1110 1011 0101 dddd 1011 ${x}100 0000`,
    ({ c, d }) => `${name}${CONDITION_NAMES[c]}.f64 d${d}, #0.0`,
    (t, { d }) => setComparison(t, t.ir.callI(zero, t.const(d))),
  ),
]);

/** Integers to floating point, by bit 7. */
const FROM_INTEGER = [
  { type: "u32", x: "0", single: HELPERS.f32FromUnsigned, double: HELPERS.f64FromUnsigned },
  { type: "s32", x: "1", single: HELPERS.f32FromSigned, double: HELPERS.f64FromSigned },
] as const;

/** Floating point to integers, by bits 16 and 7; VCVTR takes the rounding mode, VCVT rounds to zero. */
const TO_INTEGER = [
  {
    name: "vcvtr",
    type: "u32",
    e: "0",
    x: "0",
    single: HELPERS.f32ToUnsigned,
    double: HELPERS.f64ToUnsigned,
  },
  {
    name: "vcvt",
    type: "u32",
    e: "0",
    x: "1",
    single: HELPERS.f32ToUnsignedZ,
    double: HELPERS.f64ToUnsignedZ,
  },
  { name: "vcvtr", type: "s32", e: "1", x: "0", single: HELPERS.f32ToSigned, double: HELPERS.f64ToSigned },
  { name: "vcvt", type: "s32", e: "1", x: "1", single: HELPERS.f32ToSignedZ, double: HELPERS.f64ToSignedZ },
] as const;

/** Sd = helper(Sm). */
function fromSingle(t: Arm, helper: HelperRef, { d, m }: { readonly d: number; readonly m: number }): void {
  t.ir.set(S[d], t.ir.callI(helper, t.ir.get(S[m])));
}

/** Always scalar, whatever the vector length. */
const conversions: ArmRow[] = [
  ...FROM_INTEGER.flatMap(({ type, x, single, double }): ArmRow[] => [
    vfp(
      `vcvt_f32_${type}`,
      `cccc 1110 1D11 1000 dddd 1010 ${x}1M0 mmmm`,
      ({ c, d, D, m, M }) => `vcvt${CONDITION_NAMES[c]}.f32.${type} s${d << 1 | D}, s${m << 1 | M}`,
      (t, { d, D, m, M }) => fromSingle(t, single, { d: d << 1 | D, m: m << 1 | M }),
    ),
    vfp(
      `vcvt_f64_${type}`,
      `cccc 1110 1011 1000 dddd 1011 ${x}1M0 mmmm`,
      ({ c, d, m, M }) => `vcvt${CONDITION_NAMES[c]}.f64.${type} d${d}, s${m << 1 | M}`,
      (t, { d, m, M }) => t.ir.call(double, t.const(d), t.ir.get(S[m << 1 | M])),
    ),
  ]),
  ...TO_INTEGER.flatMap(({ name, type, e, x, single, double }): ArmRow[] => [
    vfp(
      `${name}_${type}_f32`,
      `cccc 1110 1D11 110${e} dddd 1010 ${x}1M0 mmmm`,
      ({ c, d, D, m, M }) => `${name}${CONDITION_NAMES[c]}.${type}.f32 s${d << 1 | D}, s${m << 1 | M}`,
      (t, { d, D, m, M }) => fromSingle(t, single, { d: d << 1 | D, m: m << 1 | M }),
    ),
    vfp(
      `${name}_${type}_f64`,
      `cccc 1110 1D11 110${e} dddd 1011 ${x}100 mmmm`,
      ({ c, d, D, m }) => `${name}${CONDITION_NAMES[c]}.${type}.f64 s${d << 1 | D}, d${m}`,
      (t, { d, D, m }) => t.ir.set(S[d << 1 | D], t.ir.callI(double, t.const(m))),
    ),
  ]),
  vfp(
    "vcvt_f64_f32",
    "cccc 1110 1011 0111 dddd 1010 11M0 mmmm",
    ({ c, d, m, M }) => `vcvt${CONDITION_NAMES[c]}.f64.f32 d${d}, s${m << 1 | M}`,
    (t, { d, m, M }) => t.ir.call(HELPERS.f64FromF32, t.const(d), t.ir.get(S[m << 1 | M])),
  ),
  vfp(
    "vcvt_f32_f64",
    "cccc 1110 1D11 0111 dddd 1011 1100 mmmm",
    ({ c, d, D, m }) => `vcvt${CONDITION_NAMES[c]}.f32.f64 s${d << 1 | D}, d${m}`,
    (t, { d, D, m }) => t.ir.set(S[d << 1 | D], t.ir.callI(HELPERS.f32FromF64, t.const(m))),
  ),
];

export const VFP_DATA_PROCESSING: readonly ArmRow[] = [
  ...threeOperands,
  ...signOperations,
  ...squareRoots,
  ...comparisons,
  ...conversions,
];
