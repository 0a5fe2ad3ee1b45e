import { assertEquals } from "@std/assert";
import { f32Add, f32Div, f32Mul, f32Sqrt, f32Sub } from "./f32.ts";
import { f32MulAdd } from "./fused.ts";
import { FLAG, type FloatStatus, floatStatus, NAN_RULE, ROUNDING } from "./status.ts";

const { INVALID, DIVBYZERO, OVERFLOW, UNDERFLOW, INEXACT, INPUT_DENORMAL } = FLAG;
const { UP, DOWN, ZERO, TIES_AWAY } = ROUNDING;

const ONE = 0x3f80_0000, NEGATIVE_ONE = 0xbf80_0000, THREE = 0x4040_0000, ZERO_BITS = 0;
const NEGATIVE_ZERO = 0x8000_0000, INFINITY = 0x7f80_0000, NEGATIVE_INFINITY = 0xff80_0000;
const MAX = 0x7f7f_ffff, NEGATIVE_MAX = 0xff7f_ffff;
const MIN_NORMAL = 0x0080_0000, BELOW_NORMAL = 0x007f_ffff, LEAST = 1, HALF = 0x3f00_0000;
const HALF_ULP = 0x3380_0000; // 2^-24
const QUIET = 0x7fc0_1234, SIGNALLING = 0x7f80_5678, DEFAULT = 0x7fc0_0000;

type Binary = (a: number, b: number, status: FloatStatus) => number;
type Case = readonly [story: string, Binary, a: number, b: number, result: number, flags: number];

function check(
  [story, operate, a, b, result, flags]: Case,
  changes: Partial<FloatStatus>,
  mode: string,
): void {
  Deno.test(`${operate.name} ${story} ${mode}`, () => {
    const status = floatStatus(changes);
    assertEquals([operate(a, b, status) >>> 0, status.flags], [result, flags]);
  });
}

const sqrt = { f32Sqrt: (a: number, _: number, status: FloatStatus) => f32Sqrt(a, status) }.f32Sqrt;

const NEAREST: Case[] = [
  ["of 1 and 1 is exact", f32Add, ONE, ONE, 0x4000_0000, 0],
  ["breaks a tie to even", f32Add, ONE, HALF_ULP, ONE, INEXACT],
  ["breaks a tie to even upwards", f32Add, ONE + 1, HALF_ULP, ONE + 2, INEXACT],
  ["of opposites is +0", f32Add, ONE, NEGATIVE_ONE, ZERO_BITS, 0],
  ["of -0 and -0 is -0", f32Add, NEGATIVE_ZERO, NEGATIVE_ZERO, NEGATIVE_ZERO, 0],
  ["of -0 and 0 is -0", f32Sub, NEGATIVE_ZERO, ZERO_BITS, NEGATIVE_ZERO, 0],
  ["of ∞ and -∞ is invalid", f32Add, INFINITY, NEGATIVE_INFINITY, DEFAULT, INVALID],
  ["of ∞ and ∞ is invalid", f32Sub, INFINITY, INFINITY, DEFAULT, INVALID],
  ["of ∞ and 1 is exact", f32Sub, INFINITY, ONE, INFINITY, 0],
  ["of 0 and ∞ is invalid", f32Mul, ZERO_BITS, INFINITY, DEFAULT, INVALID],
  ["beyond the largest is ∞", f32Add, MAX, MAX, INFINITY, OVERFLOW | INEXACT],
  ["below half the least is 0", f32Mul, LEAST, HALF - 1, ZERO_BITS, UNDERFLOW | INEXACT],
  ["of an exact denormal raises nothing", f32Mul, MIN_NORMAL, HALF, 0x0040_0000, 0],
  ["of 1 and 3 is inexact", f32Div, ONE, THREE, 0x3eaa_aaab, INEXACT],
  ["of 1 and -0 divides by zero", f32Div, ONE, NEGATIVE_ZERO, NEGATIVE_INFINITY, DIVBYZERO],
  ["of 0 and 0 is invalid", f32Div, ZERO_BITS, ZERO_BITS, DEFAULT, INVALID],
  ["of ∞ and ∞ is invalid", f32Div, INFINITY, INFINITY, DEFAULT, INVALID],
  ["of ∞ and 0 is exact", f32Div, INFINITY, ZERO_BITS, INFINITY, 0],
  ["of 4 is exact", sqrt, 0x4080_0000, 0, 0x4000_0000, 0],
  ["of 3 is inexact", sqrt, THREE, 0, 0x3fdd_b3d7, INEXACT],
  ["of -0 is -0", sqrt, NEGATIVE_ZERO, 0, NEGATIVE_ZERO, 0],
  ["of -1 is invalid", sqrt, NEGATIVE_ONE, 0, DEFAULT, INVALID],
  ["keeps the payload of a quiet NaN", f32Add, ONE, QUIET, QUIET, 0],
  ["makes a signalling NaN quiet", f32Sub, SIGNALLING, ONE, 0x7fc0_5678, INVALID],
  ["prefers a signalling NaN", f32Mul, QUIET, SIGNALLING, 0x7fc0_5678, INVALID],
  ["does not negate a NaN it subtracts", f32Sub, ONE, QUIET, QUIET, 0],
];
for (const row of NEAREST) check(row, {}, "to nearest even");

const AWAY: Case[] = [
  ["breaks a tie away from zero", f32Add, ONE, HALF_ULP, ONE + 1, INEXACT],
  ["beyond the largest is ∞", f32Add, MAX, MAX, INFINITY, OVERFLOW | INEXACT],
];
for (const row of AWAY) check(row, { rounding: TIES_AWAY }, "with ties away");

const UPWARDS: Case[] = [
  ["of 1 and the least goes up", f32Add, ONE, LEAST, ONE + 1, INEXACT],
  ["of -1 and -least stays", f32Sub, NEGATIVE_ONE, LEAST, NEGATIVE_ONE, INEXACT],
  [
    "beyond the largest negative stays there",
    f32Add,
    NEGATIVE_MAX,
    NEGATIVE_MAX,
    NEGATIVE_MAX,
    OVERFLOW | INEXACT,
  ],
  ["below the least is the least", f32Mul, LEAST, LEAST, LEAST, UNDERFLOW | INEXACT],
  ["of opposites is +0", f32Add, ONE, NEGATIVE_ONE, ZERO_BITS, 0],
];
for (const row of UPWARDS) check(row, { rounding: UP }, "rounding up");

const DOWNWARDS: Case[] = [
  ["of 1 and the least stays", f32Add, ONE, LEAST, ONE, INEXACT],
  ["beyond the largest stays there", f32Add, MAX, MAX, MAX, OVERFLOW | INEXACT],
  ["of opposites is -0", f32Add, ONE, NEGATIVE_ONE, NEGATIVE_ZERO, 0],
  ["of +0 and +0 is +0", f32Add, ZERO_BITS, ZERO_BITS, ZERO_BITS, 0],
];
for (const row of DOWNWARDS) check(row, { rounding: DOWN }, "rounding down");

const TRUNCATED: Case[] = [
  ["of 1 and 3 is cut", f32Div, ONE, THREE, 0x3eaa_aaaa, INEXACT],
  ["beyond the largest stays there", f32Add, NEGATIVE_MAX, NEGATIVE_MAX, NEGATIVE_MAX, OVERFLOW | INEXACT],
];
for (const row of TRUNCATED) check(row, { rounding: ZERO }, "rounding to zero");

const FLUSHED: Case[] = [
  ["takes a denormal operand for zero", f32Add, ONE, LEAST, ONE, INPUT_DENORMAL],
  ["takes a denormal divisor for zero", f32Div, ONE, LEAST, INFINITY, INPUT_DENORMAL | DIVBYZERO],
  ["makes a denormal result zero, without INEXACT", f32Mul, MIN_NORMAL, HALF, ZERO_BITS, UNDERFLOW],
  ["keeps the sign of what it flushes", f32Sub, MIN_NORMAL, MIN_NORMAL + 1, NEGATIVE_ZERO, UNDERFLOW],
];
for (const row of FLUSHED) check(row, { flushToZero: true, flushInputsToZero: true }, "flushing to zero");

const DEFAULTED: Case[] = [
  ["gives the default for a quiet NaN", f32Add, QUIET, ONE, DEFAULT, 0],
  ["gives the default for a signalling NaN", f32Add, ONE, SIGNALLING, DEFAULT, INVALID],
];
for (const row of DEFAULTED) check(row, { defaultNaN: true }, "with default NaN");

const FIRST: Case[] = [["prefers the first NaN", f32Mul, QUIET, SIGNALLING, QUIET, INVALID]];
for (const row of FIRST) check(row, { nanRule: NAN_RULE.FIRST_OPERAND }, "by the rule of the first operand");

const NEGATIVE: Case[] = [["of 0 and ∞ is negative", f32Mul, ZERO_BITS, INFINITY, 0xffc0_0000, INVALID]];
for (const row of NEGATIVE) check(row, { negativeDefaultNaN: true }, "with a negative default NaN");

// (1 + 2^-23) × (1 - 2^-23) is 2^-46 below 1; times 2^-126 it is tiny until rounded.
const NEARLY: Case = ["that rounds to the least normal", f32Mul, ONE + 1, 0x007f_ffff, MIN_NORMAL, INEXACT];
check([...NEARLY.slice(0, 5), INEXACT | UNDERFLOW] as unknown as Case, {}, "is tiny before rounding");
check(NEARLY, { tininessAfterRounding: true }, "is not tiny after rounding");
check(
  ["below the normal ones", f32Mul, BELOW_NORMAL, HALF, 0x0040_0000, INEXACT | UNDERFLOW],
  { tininessAfterRounding: true },
  "is tiny after rounding too",
);

Deno.test("f32 operations accumulate flags and never clear them", () => {
  const status = floatStatus({ flags: DIVBYZERO });
  f32Add(ONE, HALF_ULP, status);
  f32Add(ONE, ONE, status);
  assertEquals(status.flags, DIVBYZERO | INEXACT);
});

Deno.test("f32MulAdd rounds once where a multiplication and an addition round twice", () => {
  const status = floatStatus(), a = ONE + 1; // a² = 1 + 2^-22 + 2^-46
  const square = f32Mul(a, a, status);
  assertEquals(f32Sub(square, ONE + 2, status), 0);
  assertEquals(f32MulAdd(a, a, NEGATIVE_ONE + 2, status) >>> 0, 0x2880_0000); // 2^-46
});

Deno.test("f32MulAdd of 0 × ∞ and a quiet NaN is invalid on ARM and the NaN on SSE", () => {
  const arm = floatStatus(), sse = floatStatus({ nanRule: NAN_RULE.FIRST_OPERAND });
  assertEquals([f32MulAdd(0, INFINITY, QUIET, arm), arm.flags], [DEFAULT, INVALID]);
  assertEquals([f32MulAdd(0, INFINITY, QUIET, sse), sse.flags], [QUIET, 0]);
});
