import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { f64Add, f64Div, f64Mul, f64Sqrt, f64Sub } from "./f64.ts";
import { f64MulAdd } from "./fused.ts";
import { f64Registers } from "./registers.ts";
import { FLAG, type FloatStatus, floatStatus, ROUNDING } from "./status.ts";
import { OPERAND_64, STATUS } from "./testing/operands.ts";

function rig(...values: number[]) {
  const r = f64Registers(new ArrayBuffer(64));
  r.doubles.set(values);
  return { r, bits: new BigUint64Array(r.doubles.buffer), status: floatStatus() };
}

const ANY = fc.double();

Deno.test("f64 arithmetic to nearest even is the host's", () => {
  fc.assert(
    fc.property(ANY, ANY, fc.constantFrom(0, FLAG.INEXACT), (x, y, flags) => {
      const { r, status } = rig(x, y);
      status.flags = flags;
      f64Add(r, 2, 0, 1, status);
      f64Sub(r, 3, 0, 1, status);
      f64Mul(r, 4, 0, 1, status);
      f64Div(r, 5, 0, 1, status);
      f64Sqrt(r, 6, 0, status);
      assertEquals([...r.doubles.subarray(2, 7)], [x + y, x - y, x * y, x / y, Math.sqrt(x)]);
    }),
    { numRuns: 5000 },
  );
});

type Binary = typeof f64Add;

Deno.test("f64 operations may write the register that they read", () => {
  const operation = fc.constantFrom<Binary>(f64Add, f64Sub, f64Mul, f64Div);
  fc.assert(fc.property(operation, OPERAND_64, OPERAND_64, STATUS, (operate, n, m, settings) => {
    const apart = rig(), first = rig(), second = rig();
    for (const { bits } of [apart, first, second]) bits.set([n, m]);
    const status = (): FloatStatus => ({ ...settings });
    operate(apart.r, 2, 0, 1, status());
    operate(first.r, 0, 0, 1, status());
    operate(second.r, 1, 0, 1, status());
    assertEquals([first.bits[0], second.bits[1]], [apart.bits[2], apart.bits[2]]);
  }));
});

Deno.test("f64Add breaks a tie to even and raises INEXACT", () => {
  const { r, status } = rig(1, 2 ** -53);
  f64Add(r, 2, 0, 1, status);
  assertEquals([r.doubles[2], status.flags], [1, FLAG.INEXACT]);
});

Deno.test("f64Add rounding up goes to the next number for the least addend", () => {
  const { r, status } = rig(1, 2 ** -1074);
  status.rounding = ROUNDING.UP;
  f64Add(r, 2, 0, 1, status);
  assertEquals([r.doubles[2], status.flags], [1 + 2 ** -52, FLAG.INEXACT]);
});

Deno.test("f64Mul rounding to zero stops at the largest number", () => {
  const { r, status } = rig(-1e300, 1e300);
  status.rounding = ROUNDING.ZERO;
  f64Mul(r, 2, 0, 1, status);
  assertEquals([r.doubles[2], status.flags], [-Number.MAX_VALUE, FLAG.OVERFLOW | FLAG.INEXACT]);
});

Deno.test("f64Mul of an inexact denormal underflows", () => {
  const { r, status } = rig(2 ** -1074, 1.5);
  f64Mul(r, 2, 0, 1, status);
  assertEquals([r.doubles[2], status.flags], [2 ** -1073, FLAG.UNDERFLOW | FLAG.INEXACT]);
});

Deno.test("f64Div by zero raises DIVBYZERO alone", () => {
  const { r, status } = rig(-1, 0);
  f64Div(r, 2, 0, 1, status);
  assertEquals([r.doubles[2], status.flags], [-Infinity, FLAG.DIVBYZERO]);
});

Deno.test("f64Sqrt of a negative number is the default NaN, positive as on ARM", () => {
  const { r, bits, status } = rig(-1);
  f64Sqrt(r, 2, 0, status);
  assertEquals([bits[2], status.flags], [0x7ff8_0000_0000_0000n, FLAG.INVALID]);
});

Deno.test("f64Sub keeps every bit of a NaN that it makes quiet", () => {
  const { r, bits, status } = rig(1);
  bits[1] = 0xfff4_1234_5678_9abcn;
  f64Sub(r, 2, 0, 1, status);
  assertEquals([bits[2], status.flags], [0xfffc_1234_5678_9abcn, FLAG.INVALID]);
});

Deno.test("f64MulAdd gives the exact error of a product", () => {
  const third = 1 / 3, { r, status } = rig(third, third, -third * third);
  f64MulAdd(r, 3, 0, 1, 2, status);
  const mantissa = BigInt(third * 2 ** 54), product = BigInt(third * third * 2 ** 108);
  assertEquals([r.doubles[3], status.flags], [Number(mantissa * mantissa - product) * 2 ** -108, 0]);
});

Deno.test("f64 registers are those of a WebAssembly memory at an offset", () => {
  const { buffer } = new WebAssembly.Memory({ initial: 1 });
  const whole = new Float64Array(buffer), r = f64Registers(buffer, 256, 32);
  whole.set([1.5, 2.5], 32);
  f64Add(r, 31, 0, 1, floatStatus());
  assertEquals([whole[32 + 31], r.words.length], [4, 64]);
});
