import type { Builder, Value } from "@emu/core";
import { ARM } from "./state.ts";

/** Condition codes (DDI 0100, A3.2). */
export const CONDITION = { AL: 14, NV: 15 } as const;

/** Suffixes by condition code. */
export const CONDITION_NAMES = [
  "eq",
  "ne",
  "cs",
  "cc",
  "mi",
  "pl",
  "vs",
  "vc",
  "hi",
  "ls",
  "ge",
  "lt",
  "gt",
  "le",
  "",
  "nv",
] as const;

/**
 * A value that is not zero if the condition does *not* hold. Each is made for the form in which the flags are kept:
 * N and V in bit 31 of nf and vf, Z where zf is 0, C as 0 or 1.
 */
export function failsCondition(ir: Builder, condition: number): Value {
  const zero = () => ir.const(0);
  const n = () => ir.get(ARM.nf),
    z = () => ir.get(ARM.zf),
    c = () => ir.get(ARM.cf),
    v = () => ir.get(ARM.vf);
  /** Negative where N differs from V. */
  const less = () => ir.xor(n(), v());
  /** Not zero where C is set and Z is clear. */
  const higher = () => {
    const carry = c();
    return ir.select(z(), carry, carry);
  };
  /** Not zero where Z is clear and N equals V. */
  const greater = () => {
    const notZero = z();
    return ir.select(notZero, zero(), ir.leS(zero(), less()));
  };
  switch (condition) {
    case 0:
      return z();
    case 1:
      return ir.eqz(z());
    case 2:
      return ir.eqz(c());
    case 3:
      return c();
    case 4:
      return ir.leS(zero(), n());
    case 5:
      return ir.ltS(n(), zero());
    case 6:
      return ir.leS(zero(), v());
    case 7:
      return ir.ltS(v(), zero());
    case 8:
      return ir.eqz(higher());
    case 9:
      return higher();
    case 10:
      return ir.ltS(less(), zero());
    case 11:
      return ir.leS(zero(), less());
    case 12:
      return ir.eqz(greater());
    case 13:
      return greater();
    default:
      throw new RangeError(`Cannot test condition ${condition}: it always holds`);
  }
}
