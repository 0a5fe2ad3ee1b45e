import { CPU, type Rounding } from "@emu/core";
import type { ArmCpu } from "./cpu.ts";
import { ARM, TB } from "./state.ts";

/**
 * The VFP system registers (DDI 0100, C2.7). The cumulative exception flags are kept in `ArmCpu.float`, where
 * arithmetic raises them; the rest of FPSCR in the state.
 *
 * @module
 */

const TBFLAGS = CPU.tbflags.index, FPSCR_WORD = ARM.fpscr.index, FPEXC_WORD = ARM.fpexc.index;

/** Bits of FPSCR. Trap enables read as zero: no operation bounces to support code. */
export const FPSCR = {
  FLAGS: 0xf000_0000 | 0,
  /** Default NaN, flush to zero. */
  DN: 1 << 25,
  FZ: 1 << 24,
  RMODE_SHIFT: 22,
  STRIDE_SHIFT: 20,
  LEN_SHIFT: 16,
  /** What is kept of N, Z, C, V, DN, FZ, RMode, Stride and Len. */
  STORED: 0xf3f7_0000 | 0,
  CUMULATIVE: 0x9f,
} as const;

/** FPEXC.EN; EX stays 0, because no exception is ever pending. */
export const FPEXC_EN = 1 << 30;

const VECTOR_FLAGS = 7 << TB.VFP_LEN_SHIFT | 3 << TB.VFP_STRIDE_SHIFT;

export function readFpscr({ i32, float }: ArmCpu): number {
  return i32[FPSCR_WORD] | float.flags;
}

export function writeFpscr({ i32, float }: ArmCpu, value: number): void {
  i32[FPSCR_WORD] = value & FPSCR.STORED;
  i32[TBFLAGS] = i32[TBFLAGS] & ~VECTOR_FLAGS |
    (value >>> FPSCR.LEN_SHIFT & 7) << TB.VFP_LEN_SHIFT |
    (value >>> FPSCR.STRIDE_SHIFT & 3) << TB.VFP_STRIDE_SHIFT;
  float.flags = value & FPSCR.CUMULATIVE;
  float.rounding = (value >>> FPSCR.RMODE_SHIFT & 3) as Rounding; // numbered alike
  float.flushToZero = float.flushInputsToZero = (value & FPSCR.FZ) !== 0;
  float.defaultNaN = (value & FPSCR.DN) !== 0;
}

export function writeFpexc({ i32 }: ArmCpu, value: number): void {
  i32[FPEXC_WORD] = value & FPEXC_EN;
  i32[TBFLAGS] = value & FPEXC_EN ? i32[TBFLAGS] | TB.VFP : i32[TBFLAGS] & ~TB.VFP;
}
