import { assertEquals } from "@std/assert";
import { f32ToF64, f64ToF32 } from "./convert.ts";
import { int32ToF32, int32ToF64, int64ToF64, uint32ToF64, uint64ToF32 } from "./from_int.ts";
import { f64Registers } from "./registers.ts";
import { FLAG, floatStatus, ROUNDING, type Rounding } from "./status.ts";
import { f32ToUint32, f64RoundToInt, f64ToInt32, f64ToInt64, f64ToUint32, f64ToUint64 } from "./to_int.ts";

function rig(...values: number[]) {
  const r = f64Registers(new ArrayBuffer(16));
  r.doubles.set(values);
  return { r, bits: new BigUint64Array(r.doubles.buffer), status: floatStatus() };
}

const { NEAREST_EVEN, UP, DOWN, ZERO, TIES_AWAY } = ROUNDING;

const ROUNDED: [value: number, rounding: Rounding, result: number][] = [
  [2.5, NEAREST_EVEN, 2],
  [3.5, NEAREST_EVEN, 4],
  [-0.5, NEAREST_EVEN, -0],
  [0.49999999999999994, NEAREST_EVEN, 0],
  [2.5, TIES_AWAY, 3],
  [-2.5, TIES_AWAY, -3],
  [0.49999999999999994, TIES_AWAY, 0],
  [2.1, UP, 3],
  [-0.9, UP, -0],
  [2.9, DOWN, 2],
  [-2.1, DOWN, -3],
  [-2.9, ZERO, -2],
];
for (const [value, rounding, result] of ROUNDED) {
  const direction = Object.keys(ROUNDING)[rounding];
  Deno.test(`f64RoundToInt of ${value} is ${Object.is(result, -0) ? "-0" : result} rounding ${direction}`, () => {
    const { r, status } = rig(value);
    f64RoundToInt(r, 1, 0, rounding, status);
    assertEquals([r.doubles[1], status.flags], [result, FLAG.INEXACT]);
  });
}

const INTEGERS: [value: number, int32: number, uint32: number, signed: number, unsigned: number][] = [
  [0, 0, 0, 0, 0],
  [-0.75, 0, 0, FLAG.INEXACT, FLAG.INEXACT],
  [-1, -1, 0, 0, FLAG.INVALID],
  [2147483647.5, 2147483647, 2147483647, FLAG.INEXACT, FLAG.INEXACT],
  [2147483648, 2147483647, 2147483648, FLAG.INVALID, 0],
  [-2147483648.5, -2147483648, 0, FLAG.INEXACT, FLAG.INVALID],
  [-2147483649, -2147483648, 0, FLAG.INVALID, FLAG.INVALID],
  [4294967295.5, 2147483647, 4294967295, FLAG.INVALID, FLAG.INEXACT],
  [4294967296, 2147483647, 4294967295, FLAG.INVALID, FLAG.INVALID],
  [Infinity, 2147483647, 4294967295, FLAG.INVALID, FLAG.INVALID],
  [-Infinity, -2147483648, 0, FLAG.INVALID, FLAG.INVALID],
  [NaN, 0, 0, FLAG.INVALID, FLAG.INVALID],
];
for (const [value, int32, uint32, signed, unsigned] of INTEGERS) {
  Deno.test(`f64 ${value} becomes the nearest integer that fits, rounding to zero`, () => {
    const one = rig(value), other = rig(value);
    assertEquals([f64ToInt32(one.r, 0, ZERO, one.status), one.status.flags], [int32, signed]);
    assertEquals([f64ToUint32(other.r, 0, ZERO, other.status), other.status.flags], [uint32, unsigned]);
  });
}

Deno.test("f64ToInt64 and f64ToUint64 saturate at their own limits", () => {
  const { r, status } = rig(2 ** 63, -Infinity);
  assertEquals(f64ToInt64(r, 0, ZERO, status), 2n ** 63n - 1n);
  assertEquals(f64ToUint64(r, 0, ZERO, floatStatus()), 2n ** 63n);
  assertEquals(f64ToInt64(r, 1, ZERO, status), -(2n ** 63n));
  assertEquals(f64ToUint64(r, 1, ZERO, status), 0n);
  assertEquals(status.flags, FLAG.INVALID);
});

Deno.test("f32ToUint32 flushes a denormal to an exact zero", () => {
  const status = floatStatus({ flushInputsToZero: true });
  assertEquals([f32ToUint32(1, UP, status), status.flags], [0, FLAG.INPUT_DENORMAL]);
});

Deno.test("f64ToF32 rounds, overflows and underflows as an operation does", () => {
  const { r, status } = rig(1 + 2 ** -30, 1e300);
  assertEquals([f64ToF32(r, 0, status), status.flags], [0x3f80_0000, FLAG.INEXACT]);
  assertEquals([f64ToF32(r, 1, status), status.flags], [0x7f80_0000, FLAG.OVERFLOW | FLAG.INEXACT]);
  r.doubles[0] = 1e-300;
  const up = floatStatus({ rounding: UP });
  assertEquals([f64ToF32(r, 0, up), up.flags], [1, FLAG.UNDERFLOW | FLAG.INEXACT]);
});

Deno.test("a NaN keeps the head of its payload when it changes format", () => {
  const { r, bits, status } = rig();
  f32ToF64(r, 0, 0xff81_2345 | 0, status);
  assertEquals([bits[0], status.flags], [0xfff8_2468_a000_0000n, FLAG.INVALID]);
  assertEquals(f64ToF32(r, 0, status) >>> 0, 0xffc1_2345);
});

Deno.test("integers that a format cannot hold are rounded in the direction in force", () => {
  const { r, status } = rig();
  assertEquals([int32ToF32(0x0100_0001, status), status.flags], [0x4b80_0000, FLAG.INEXACT]);
  status.rounding = UP;
  assertEquals(int32ToF32(0x0100_0001, status), 0x4b80_0001);
  assertEquals(uint64ToF32(2n ** 64n - 1n, status), 0x5f80_0000);
  int64ToF64(r, 0, -(2n ** 53n) - 1n, status);
  assertEquals(r.doubles[0], -(2 ** 53));
});

Deno.test("int32ToF64 and uint32ToF64 read the same word with and without sign", () => {
  const { r } = rig();
  int32ToF64(r, 0, 0xffff_ffff);
  uint32ToF64(r, 1, -1);
  assertEquals([...r.doubles], [-1, 2 ** 32 - 1]);
});
