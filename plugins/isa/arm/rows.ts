import { inst, type Row, type RowOptions, type Syntax } from "./decode.ts";
import type { Fields } from "./decode.ts";
import type { Arm } from "./translator.ts";

/** What CPU models differ in, as far as instructions are concerned. */
export interface ArmFeatures {
  /** Thumb state (ARMv4T and up). */
  readonly thumb: boolean;
  /** ARMv5T: BLX, CLZ, BKPT, loads to the PC that interwork, the unconditional space. */
  readonly v5: boolean;
  /** ARMv5TE: saturating and 16-bit multiplications, LDRD, STRD, PLD, MCRR, MRRC. */
  readonly v5e: boolean;
  /** BXJ. */
  readonly jazelle: boolean;
  readonly vfp: boolean;
}

/** A row of the Arm tables. */
export type ArmRow = Row<Arm>;

/** Options of a row; `needs` names a feature. */
export interface ArmRowOptions<P extends string> extends RowOptions<P> {
  readonly needs?: keyof ArmFeatures;
}

/**
 * Declares an A32 encoding. A field `c` in bits 31–28 is the condition; the wrapper in `translator.ts` sees to it.
 * Names in the syntax are the formats of `disassemble.ts`.
 */
export function a32<const P extends string>(
  name: string,
  bits: P,
  syntax: Syntax<P>,
  emit: (t: Arm, f: Fields<P>) => void,
  options?: ArmRowOptions<P>,
): ArmRow {
  return inst<Arm, P>(name, bits, syntax, emit, options);
}

/** Declares a 16-bit Thumb encoding. */
export function t16<const P extends string>(
  name: string,
  bits: P,
  syntax: Syntax<P>,
  emit: (t: Arm, f: Fields<P>) => void,
  options?: ArmRowOptions<P>,
): ArmRow {
  return inst<Arm, P>(name, bits, syntax, emit, options);
}
