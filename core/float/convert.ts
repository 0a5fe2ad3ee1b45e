/** Between binary32 and binary64. A NaN becomes quiet and keeps its sign and the head of its payload. */
import { narrowNaN, widenNaN } from "./nan.ts";
import type { F64Registers } from "./registers.ts";
import { flushInput, MAX_32, MIN_NORMAL_32, MIN_NORMAL_64, pack32 } from "./round_pack.ts";
import { fromBits32, toBits32 } from "./scratch.ts";
import { FLAG, type FloatStatus, ROUNDING } from "./status.ts";

/** D = the value of binary32 bits `a`. Exact. */
export function f32ToF64(r: F64Registers, d: number, a: number, status: FloatStatus): void {
  const x = flushInput(fromBits32(a), MIN_NORMAL_32, status);
  if (x === x) r.doubles[d] = x;
  else widenNaN(r, d, a, status);
}

/** The binary32 bits of M. */
export function f64ToF32(r: F64Registers, m: number, status: FloatStatus): number {
  const x = r.doubles[m];
  const single = Math.fround(x), size = Math.abs(single);
  if (status.rounding === ROUNDING.NEAREST_EVEN && size > MIN_NORMAL_32 && size <= MAX_32) {
    if (single !== x) status.flags |= FLAG.INEXACT;
    return toBits32(single);
  }
  return narrowSlowly(r, m, status);
}

function narrowSlowly(r: F64Registers, m: number, status: FloatStatus): number {
  const x = flushInput(r.doubles[m], MIN_NORMAL_64, status);
  return x === x ? pack32(x, status) : narrowNaN(r, m, status);
}
