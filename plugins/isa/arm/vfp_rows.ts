import type { Fields, Syntax } from "./decode.ts";
import { a32, type ArmRow, type ArmRowOptions } from "./rows.ts";
import { TB } from "./state.ts";
import type { Arm } from "./translator.ts";

/** Declares a VFP encoding that is undefined while VFP is off. */
export function vfp<const P extends string>(
  name: string,
  bits: P,
  syntax: Syntax<P>,
  emit: (t: Arm, f: Fields<P>) => void,
  options?: ArmRowOptions<P>,
): ArmRow {
  const enabled = (t: Arm, f: Fields<P>) => t.t.flags & TB.VFP ? emit(t, f) : t.undefined();
  return a32(name, bits, syntax, enabled, { needs: "vfp", ...options });
}

/** Register numbers of one operation. */
export interface Operands {
  readonly d: number;
  readonly n: number;
  readonly m: number;
}

/** Banks of registers, in which vectors wrap: the first one holds scalars. */
const BANK = { single: 8, double: 4 } as const;

/** A precision. */
export type Precision = keyof typeof BANK;

/**
 * The operations that an instruction stands for, one for each element of its vectors (DDI 0100, C5.1): vectors where
 * the destination is one, with the same m for all where that is a scalar.
 */
export function elements(t: Arm, precision: Precision, { d, n, m }: Operands): readonly Operands[] {
  const bank = BANK[precision], { flags } = t.t;
  const length = (flags >> TB.VFP_LEN_SHIFT & 7) + 1;
  if (length === 1 || d < bank) return [{ d, n, m }];
  const stride = (flags >> TB.VFP_STRIDE_SHIFT & 3) === 3 ? 2 : 1;
  const step = (register: number, i: number) => register & -bank | register + i * stride & bank - 1;
  return Array.from({ length }, (_, i) => ({
    d: step(d, i),
    n: step(n, i),
    m: m < bank ? m : step(m, i),
  }));
}
