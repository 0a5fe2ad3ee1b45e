/** Every operation under one signature, bits in and bits out, so that any judge can be held against it. */
import * as float from "../mod.ts";

export type Operation = (operands: readonly bigint[], status: float.FloatStatus) => bigint;

const registers = float.f64Registers(new ArrayBuffer(5 * 8));
const bits = new BigUint64Array(registers.doubles.buffer);
const word = (value: number) => BigInt(value >>> 0);
const int = (value: bigint) => Number(BigInt.asIntN(32, value));

type Binary32 = (a: number, b: number, status: float.FloatStatus) => number;
type Binary64 = (r: float.F64Registers, d: number, n: number, m: number, status: float.FloatStatus) => void;

function load(operands: readonly bigint[]): void {
  operands.forEach((operand, i) => bits[i + 1] = operand);
}

function binary32(operate: Binary32): Operation {
  return ([a, b], status) => word(operate(int(a), int(b), status));
}

function binary64(operate: Binary64): Operation {
  return (operands, status) => {
    load(operands);
    operate(registers, 0, 1, 2, status);
    return bits[0];
  };
}

/** An operation that writes register 0 and may read register 1. */
function toRegister(operate: (operand: bigint, status: float.FloatStatus) => void): Operation {
  return (operands, status) => {
    load(operands);
    operate(operands[0], status);
    return bits[0];
  };
}

/** An operation that reads register 1 only. */
function fromRegister(operate: (status: float.FloatStatus) => number | bigint): Operation {
  return (operands, status) => {
    load(operands);
    return BigInt.asUintN(64, BigInt(operate(status)));
  };
}

const r = registers;

export const OPERATIONS = {
  f32Add: binary32(float.f32Add),
  f32Sub: binary32(float.f32Sub),
  f32Mul: binary32(float.f32Mul),
  f32Div: binary32(float.f32Div),
  f32Sqrt: ([a], s) => word(float.f32Sqrt(int(a), s)),
  f32MulAdd: ([a, b, c], s) => word(float.f32MulAdd(int(a), int(b), int(c), s)),
  f32Compare: ([a, b], s) => BigInt(float.f32Compare(int(a), int(b), s)),
  f32CompareSignalling: ([a, b], s) => BigInt(float.f32CompareSignalling(int(a), int(b), s)),
  f32RoundToInt: ([a], s) => word(float.f32RoundToInt(int(a), s.rounding, s)),
  f32ToInt32: ([a], s) => word(float.f32ToInt32(int(a), s.rounding, s)),
  f32ToUint32: ([a], s) => word(float.f32ToUint32(int(a), s.rounding, s)),
  f32ToInt64: ([a], s) => BigInt.asUintN(64, float.f32ToInt64(int(a), s.rounding, s)),
  f32ToUint64: ([a], s) => float.f32ToUint64(int(a), s.rounding, s),
  f32ToF64: toRegister((a, s) => float.f32ToF64(r, 0, int(a), s)),
  int32ToF32: ([a], s) => word(float.int32ToF32(int(a), s)),
  uint32ToF32: ([a], s) => word(float.uint32ToF32(int(a), s)),
  int64ToF32: ([a], s) => word(float.int64ToF32(a, s)),
  uint64ToF32: ([a], s) => word(float.uint64ToF32(a, s)),

  f64Add: binary64(float.f64Add),
  f64Sub: binary64(float.f64Sub),
  f64Mul: binary64(float.f64Mul),
  f64Div: binary64(float.f64Div),
  f64Sqrt: toRegister((_, s) => float.f64Sqrt(r, 0, 1, s)),
  f64MulAdd: toRegister((_, s) => float.f64MulAdd(r, 0, 1, 2, 3, s)),
  f64Compare: ([a, b], s) => (load([a, b]), BigInt(float.f64Compare(r, 1, 2, s))),
  f64CompareSignalling: ([a, b], s) => (load([a, b]), BigInt(float.f64CompareSignalling(r, 1, 2, s))),
  f64RoundToInt: toRegister((_, s) => float.f64RoundToInt(r, 0, 1, s.rounding, s)),
  f64ToInt32: fromRegister((s) => float.f64ToInt32(r, 1, s.rounding, s) >>> 0),
  f64ToUint32: fromRegister((s) => float.f64ToUint32(r, 1, s.rounding, s)),
  f64ToInt64: fromRegister((s) => float.f64ToInt64(r, 1, s.rounding, s)),
  f64ToUint64: fromRegister((s) => float.f64ToUint64(r, 1, s.rounding, s)),
  f64ToF32: fromRegister((s) => float.f64ToF32(r, 1, s) >>> 0),
  int32ToF64: toRegister((a) => float.int32ToF64(r, 0, int(a))),
  uint32ToF64: toRegister((a) => float.uint32ToF64(r, 0, int(a))),
  int64ToF64: toRegister((a, s) => float.int64ToF64(r, 0, a, s)),
  uint64ToF64: toRegister((a, s) => float.uint64ToF64(r, 0, a, s)),
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;
