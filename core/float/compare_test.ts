import { assertEquals } from "@std/assert";
import { f32Compare, f32CompareSignalling, f64Compare, f64CompareSignalling } from "./compare.ts";
import { f64Registers } from "./registers.ts";
import { COMPARISON, FLAG, floatStatus } from "./status.ts";

const ONE = 0x3f80_0000, TWO = 0x4000_0000, NEGATIVE_ZERO = 0x8000_0000 | 0;
const QUIET = 0x7fc0_0000, SIGNALLING = 0x7f80_0001;
const { LESS, EQUAL, GREATER, UNORDERED } = COMPARISON;

const CASES: [a: number, b: number, order: number, quiet: number, signalling: number][] = [
  [ONE, TWO, LESS, 0, 0],
  [TWO, ONE, GREATER, 0, 0],
  [0, NEGATIVE_ZERO, EQUAL, 0, 0],
  [NEGATIVE_ZERO, 1, LESS, 0, 0],
  [ONE, QUIET, UNORDERED, 0, FLAG.INVALID],
  [SIGNALLING, ONE, UNORDERED, FLAG.INVALID, FLAG.INVALID],
];
for (const [a, b, order, quiet, signalling] of CASES) {
  const name = `${(a >>> 0).toString(16)} against ${(b >>> 0).toString(16)}`;
  Deno.test(`f32Compare of ${name} gives the order, and INVALID as its kind says`, () => {
    const one = floatStatus(), other = floatStatus();
    assertEquals([f32Compare(a, b, one), one.flags], [order, quiet]);
    assertEquals([f32CompareSignalling(a, b, other), other.flags], [order, signalling]);
  });
}

Deno.test("f32Compare takes denormals for zeros where inputs are flushed", () => {
  const status = floatStatus({ flushInputsToZero: true });
  assertEquals([f32Compare(1, NEGATIVE_ZERO | 1, status), status.flags], [EQUAL, FLAG.INPUT_DENORMAL]);
});

Deno.test("f64Compare tells a signalling NaN by its bits", () => {
  const r = f64Registers(new ArrayBuffer(24)), status = floatStatus();
  new BigUint64Array(r.doubles.buffer).set([0x7ff8_0000_0000_0000n, 0x7ff0_0000_0000_0001n]);
  assertEquals([f64Compare(r, 0, 2, status), status.flags], [UNORDERED, 0]);
  assertEquals([f64Compare(r, 2, 1, status), status.flags], [UNORDERED, FLAG.INVALID]);
});

Deno.test("f64CompareSignalling is invalid for a quiet NaN", () => {
  const r = f64Registers(new ArrayBuffer(16)), status = floatStatus();
  r.doubles[1] = NaN;
  assertEquals([f64CompareSignalling(r, 0, 1, status), status.flags], [UNORDERED, FLAG.INVALID]);
});
