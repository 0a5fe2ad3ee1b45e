import {
  type Comparison,
  f32Add,
  f32Compare,
  f32CompareSignalling,
  f32Div,
  f32Mul,
  f32Sqrt,
  f32Sub,
  f32ToF64,
  f32ToInt32,
  f32ToUint32,
  f64Add,
  f64Compare,
  f64CompareSignalling,
  f64Div,
  f64Mul,
  type F64Registers,
  f64Sqrt,
  f64Sub,
  f64ToF32,
  f64ToInt32,
  f64ToUint32,
  type Helper,
  int32ToF32,
  int32ToF64,
  ROUNDING,
  uint32ToF32,
  uint32ToF64,
} from "@emu/core";
import type { ArmCpu } from "./cpu.ts";
import { readFpscr, writeFpexc, writeFpscr } from "./vfp_status.ts";

/**
 * VFP arithmetic as translated code calls it: single precision on values, double precision on register numbers.
 *
 * @module
 */

const SIGN = 1 << 31;

/** The register after d15. */
const SCRATCH = 16;

/** The sign is changed of a NaN too (DDI 0100, C4.1: FNMUL and its like negate what was rounded). */
function negate({ words }: F64Registers, d: number): void {
  words[2 * d + 1] ^= SIGN;
}

/** Multiply and accumulate, rounded twice: `product` and `sum` are the signs of n × m and of d. */
function accumulate32(product: number, sum: number) {
  return ({ float }: ArmCpu, d: number, n: number, m: number) =>
    f32Add(d ^ sum, f32Mul(n, m, float) ^ product, float);
}

function accumulate64(product: number, sum: number) {
  return ({ float, doubles }: ArmCpu, d: number, n: number, m: number): void => {
    f64Mul(doubles, SCRATCH, n, m, float);
    if (product) negate(doubles, SCRATCH);
    if (sum) negate(doubles, d);
    f64Add(doubles, d, d, SCRATCH, float);
  };
}

/** N, Z, C and V of a comparison (DDI 0100, C3.4), by its result plus one. */
const COMPARED = [0x8000_0000 | 0, 0x6000_0000, 0x2000_0000, 0x3000_0000];

const flagsOf = (comparison: Comparison) => COMPARED[comparison + 1];

function withZero({ words }: F64Registers): number {
  words[2 * SCRATCH] = words[2 * SCRATCH + 1] = 0;
  return SCRATCH;
}

/** Beside what translated code knows of the state: only `ArmCpu.float` changes. */
const VALUES = { state: "none" } as const;
const REGISTERS = { state: "write" } as const;
const FROM_REGISTERS = { state: "read" } as const;

export const VFP_HELPERS = {
  f32Add: { args: 2, ...VALUES, run: ({ float }: ArmCpu, n, m) => f32Add(n, m, float) },
  f32Sub: { args: 2, ...VALUES, run: ({ float }: ArmCpu, n, m) => f32Sub(n, m, float) },
  f32Mul: { args: 2, ...VALUES, run: ({ float }: ArmCpu, n, m) => f32Mul(n, m, float) },
  f32NegMul: { args: 2, ...VALUES, run: ({ float }: ArmCpu, n, m) => f32Mul(n, m, float) ^ SIGN },
  f32Div: { args: 2, ...VALUES, run: ({ float }: ArmCpu, n, m) => f32Div(n, m, float) },
  f32MulAdd: { args: 3, ...VALUES, run: accumulate32(0, 0) },
  f32NegMulAdd: { args: 3, ...VALUES, run: accumulate32(SIGN, 0) },
  f32MulSub: { args: 3, ...VALUES, run: accumulate32(0, SIGN) },
  f32NegMulSub: { args: 3, ...VALUES, run: accumulate32(SIGN, SIGN) },
  f32Sqrt: { args: 1, ...VALUES, run: ({ float }: ArmCpu, m) => f32Sqrt(m, float) },
  f32Compare: { args: 2, ...VALUES, run: ({ float }: ArmCpu, d, m) => flagsOf(f32Compare(d, m, float)) },
  f32CompareE: {
    args: 2,
    ...VALUES,
    run: ({ float }: ArmCpu, d, m) => flagsOf(f32CompareSignalling(d, m, float)),
  },
  f32FromSigned: { args: 1, ...VALUES, run: ({ float }: ArmCpu, m) => int32ToF32(m, float) },
  f32FromUnsigned: { args: 1, ...VALUES, run: ({ float }: ArmCpu, m) => uint32ToF32(m, float) },
  f32ToSigned: { args: 1, ...VALUES, run: ({ float }: ArmCpu, m) => f32ToInt32(m, float.rounding, float) },
  f32ToUnsigned: {
    args: 1,
    ...VALUES,
    run: ({ float }: ArmCpu, m) => f32ToUint32(m, float.rounding, float) | 0,
  },
  f32ToSignedZ: { args: 1, ...VALUES, run: ({ float }: ArmCpu, m) => f32ToInt32(m, ROUNDING.ZERO, float) },
  f32ToUnsignedZ: {
    args: 1,
    ...VALUES,
    run: ({ float }: ArmCpu, m) => f32ToUint32(m, ROUNDING.ZERO, float) | 0,
  },
  f32FromF64: {
    args: 1,
    ...FROM_REGISTERS,
    run: ({ float, doubles }: ArmCpu, m) => f64ToF32(doubles, m, float),
  },

  f64Add: {
    args: 3,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, n, m) => f64Add(doubles, d, n, m, float),
  },
  f64Sub: {
    args: 3,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, n, m) => f64Sub(doubles, d, n, m, float),
  },
  f64Mul: {
    args: 3,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, n, m) => f64Mul(doubles, d, n, m, float),
  },
  f64NegMul: {
    args: 3,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, n, m) => {
      f64Mul(doubles, d, n, m, float);
      negate(doubles, d);
    },
  },
  f64Div: {
    args: 3,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, n, m) => f64Div(doubles, d, n, m, float),
  },
  f64MulAdd: { args: 3, ...REGISTERS, run: accumulate64(0, 0) },
  f64NegMulAdd: { args: 3, ...REGISTERS, run: accumulate64(SIGN, 0) },
  f64MulSub: { args: 3, ...REGISTERS, run: accumulate64(0, SIGN) },
  f64NegMulSub: { args: 3, ...REGISTERS, run: accumulate64(SIGN, SIGN) },
  f64Sqrt: {
    args: 2,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, m) => f64Sqrt(doubles, d, m, float),
  },
  f64Compare: {
    args: 2,
    ...FROM_REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, m) => flagsOf(f64Compare(doubles, d, m, float)),
  },
  f64CompareE: {
    args: 2,
    ...FROM_REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, m) => flagsOf(f64CompareSignalling(doubles, d, m, float)),
  },
  f64CompareZ: {
    args: 1,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d) => flagsOf(f64Compare(doubles, d, withZero(doubles), float)),
  },
  f64CompareEZ: {
    args: 1,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d) =>
      flagsOf(f64CompareSignalling(doubles, d, withZero(doubles), float)),
  },
  f64FromSigned: { args: 2, ...REGISTERS, run: ({ doubles }: ArmCpu, d, m) => int32ToF64(doubles, d, m) },
  f64FromUnsigned: { args: 2, ...REGISTERS, run: ({ doubles }: ArmCpu, d, m) => uint32ToF64(doubles, d, m) },
  f64ToSigned: {
    args: 1,
    ...FROM_REGISTERS,
    run: ({ float, doubles }: ArmCpu, m) => f64ToInt32(doubles, m, float.rounding, float),
  },
  f64ToUnsigned: {
    args: 1,
    ...FROM_REGISTERS,
    run: ({ float, doubles }: ArmCpu, m) => f64ToUint32(doubles, m, float.rounding, float) | 0,
  },
  f64ToSignedZ: {
    args: 1,
    ...FROM_REGISTERS,
    run: ({ float, doubles }: ArmCpu, m) => f64ToInt32(doubles, m, ROUNDING.ZERO, float),
  },
  f64ToUnsignedZ: {
    args: 1,
    ...FROM_REGISTERS,
    run: ({ float, doubles }: ArmCpu, m) => f64ToUint32(doubles, m, ROUNDING.ZERO, float) | 0,
  },
  f64FromF32: {
    args: 2,
    ...REGISTERS,
    run: ({ float, doubles }: ArmCpu, d, m) => f32ToF64(doubles, d, m, float),
  },

  readFpscr: { args: 0, ...FROM_REGISTERS, run: (cpu: ArmCpu) => readFpscr(cpu) },
  writeFpscr: { args: 1, ...REGISTERS, run: (cpu: ArmCpu, value) => writeFpscr(cpu, value) },
  writeFpexc: { args: 1, ...REGISTERS, run: (cpu: ArmCpu, value) => writeFpexc(cpu, value) },
} as const satisfies Readonly<Record<string, Helper>>;
