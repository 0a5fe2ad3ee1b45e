/** Integers to floating point. Only bits 31:0, or 63:0, of an operand count. */
import type { F64Registers } from "./registers.ts";
import { pack32, pack64 } from "./round_pack.ts";
import { BITS, exponentOf, powerOfTwo, SINGLE } from "./scratch.ts";
import type { FloatStatus } from "./status.ts";

/** Binary32 bits of a signed number of 32 bits. */
export function int32ToF32(value: number, status: FloatStatus): number {
  return fromNumber(value | 0, status);
}

/** Binary32 bits of an unsigned number of 32 bits. */
export function uint32ToF32(value: number, status: FloatStatus): number {
  return fromNumber(value >>> 0, status);
}

/** Exact. */
export function int32ToF64(r: F64Registers, d: number, value: number): void {
  r.doubles[d] = value | 0;
}

/** Exact. */
export function uint32ToF64(r: F64Registers, d: number, value: number): void {
  r.doubles[d] = value >>> 0;
}

/** Binary32 bits of a signed number of 64 bits, rounded once. */
export function int64ToF32(value: bigint, status: FloatStatus): number {
  return pack32(oddNumber(BigInt.asIntN(64, value)), status);
}

/** Binary32 bits of an unsigned number of 64 bits, rounded once. */
export function uint64ToF32(value: bigint, status: FloatStatus): number {
  return pack32(oddNumber(BigInt.asUintN(64, value)), status);
}

/** Register d = a signed number of 64 bits. */
export function int64ToF64(r: F64Registers, d: number, value: bigint, status: FloatStatus): void {
  packInteger(r, d, BigInt.asIntN(64, value), status);
}

/** Register d = an unsigned number of 64 bits. */
export function uint64ToF64(r: F64Registers, d: number, value: bigint, status: FloatStatus): void {
  packInteger(r, d, BigInt.asUintN(64, value), status);
}

function fromNumber(value: number, status: FloatStatus): number {
  SINGLE[0] = value;
  return SINGLE[0] === value ? BITS[0] : pack32(value, status);
}

/** At most 53 leading bits of a 64-bit integer, the last of them made sticky: enough for binary32. */
function oddNumber(value: bigint): number {
  const tail = value & 0x7ffn;
  if (tail === 0n || value < 2n ** 53n && value > -(2n ** 53n)) return Number(value);
  return Number(value - tail | 0x800n);
}

function packInteger(r: F64Registers, d: number, value: bigint, status: FloatStatus): void {
  const nearest = Number(value); // rounds to nearest even
  if (nearest === 0) {
    r.doubles[d] = 0;
    return;
  }
  const error = Number(value - BigInt(nearest)), exponent = exponentOf(nearest);
  const unit = powerOfTwo(-exponent);
  pack64(r, d, nearest * unit, error * unit, exponent, status);
}
