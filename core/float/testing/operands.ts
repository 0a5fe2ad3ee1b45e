/** Operands worth trying: every special value and its neighbours, and random ones biased towards trouble. */
import fc from "fast-check";
import { type FloatStatus, floatStatus, type NanRule, ROUNDING, type Rounding } from "../status.ts";

const MAGNITUDES_32 = [
  0x0000_0000, // 0
  0x0000_0001, // denormals
  0x0000_0002,
  0x0040_0000,
  0x007f_ffff,
  0x0080_0000, // the smallest normal ones
  0x0080_0001,
  0x00ff_ffff,
  0x1f80_0000, // squares to denormal
  0x2000_0000,
  0x3380_0000, // 2^-24: half a unit of 1
  0x3380_0001,
  0x3f00_0000, // 0.5
  0x3f7f_ffff,
  0x3f80_0000, // 1
  0x3f80_0001,
  0x3fc0_0000, // 1.5
  0x4020_0000, // 2.5
  0x4040_0000, // 3
  0x4b00_0001, // 2^23 + 1
  0x4eff_ffff, // about 2^31
  0x4f00_0000,
  0x4f7f_ffff, // about 2^32
  0x4f80_0000,
  0x5f00_0000, // 2^63
  0x7f00_0000,
  0x7f7f_ffff, // largest
  0x7f80_0000, // ∞
  0x7f80_0001, // signalling
  0x7fa1_2345,
  0x7fc0_0000, // quiet
  0x7fd5_4321,
];

const MAGNITUDES_64 = [
  0x0000_0000_0000_0000n,
  0x0000_0000_0000_0001n,
  0x0000_0000_0000_0002n,
  0x0000_0001_0000_0000n,
  0x0008_0000_0000_0000n,
  0x000f_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n, // the smallest normal ones
  0x0010_0000_0000_0001n,
  0x001f_ffff_ffff_ffffn,
  0x1e60_0000_0000_0000n, // squares to denormal
  0x3690_0000_0000_0000n, // 2^-150: around the denormals of binary32
  0x36a0_0000_0000_0001n,
  0x380f_ffff_e000_0000n,
  0x380f_ffff_f000_0000n,
  0x3ca0_0000_0000_0000n, // 2^-53: half a unit of 1
  0x3ca0_0000_0000_0001n,
  0x3fdf_ffff_ffff_ffffn, // just below 0.5
  0x3fe0_0000_0000_0000n,
  0x3fef_ffff_ffff_ffffn,
  0x3ff0_0000_0000_0000n, // 1
  0x3ff0_0000_0000_0001n,
  0x3ff0_0000_1000_0000n, // halfway between numbers of binary32
  0x3ff8_0000_0000_0000n, // 1.5
  0x4004_0000_0000_0000n, // 2.5
  0x4008_0000_0000_0000n, // 3
  0x41df_ffff_ffc0_0000n, // 2^31 - 1, and halfway to 2^31
  0x41df_ffff_ffe0_0000n,
  0x41ef_ffff_ffe0_0000n, // 2^32 - 1, and halfway to 2^32
  0x41ef_ffff_fff0_0000n,
  0x4330_0000_0000_0001n, // 2^52 + 1
  0x43e0_0000_0000_0000n, // 2^63
  0x47ef_ffff_e000_0000n, // the largest of binary32, and halfway to its infinity
  0x47ef_ffff_f000_0000n,
  0x7fe0_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn, // largest
  0x7ff0_0000_0000_0000n, // ∞
  0x7ff0_0000_0000_0001n, // signalling
  0x7ff4_1234_5678_9abcn,
  0x7ff8_0000_0000_0000n, // quiet
  0x7ffa_cba9_8765_4321n,
];

export const SPECIAL_32: readonly bigint[] = MAGNITUDES_32.map(BigInt).flatMap((n) => [n, n | 1n << 31n]);
export const SPECIAL_64: readonly bigint[] = MAGNITUDES_64.flatMap((n) => [n, n | 1n << 63n]);

/** Bits of a float: special, anywhere, or near 1, with a fraction that is random, short, or nearly all ones. */
function operand(
  exponentBits: number,
  fractionBits: number,
  special: readonly bigint[],
): fc.Arbitrary<bigint> {
  const bias = 2 ** (exponentBits - 1) - 1;
  const random = fc.bigInt({ min: 0n, max: (1n << BigInt(fractionBits)) - 1n });
  const shift = fc.integer({ min: 0, max: fractionBits - 1 }).map(BigInt);
  const fraction = fc.oneof(
    random,
    fc.tuple(random, shift).map(([bits, by]) => bits >> by << by),
    fc.tuple(random, shift).map(([bits, by]) => (1n << BigInt(fractionBits)) - 1n - (bits >> by)),
    fc.tuple(random, shift).map(([bits, by]) => bits >> by),
  );
  const exponent = fc.oneof(
    fc.integer({ min: 0, max: 2 * bias + 1 }),
    fc.integer({ min: bias - 3, max: bias + 3 }),
    fc.integer({ min: bias - fractionBits - 3, max: bias + fractionBits + 14 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 2 * bias - 2, max: 2 * bias }),
    fc.integer({ min: bias / 2 - 3 | 0, max: bias / 2 + 3 | 0 }),
  );
  const ordinary = fc.tuple(fc.bigInt({ min: 0n, max: 1n }), exponent, fraction).map(([sign, e, bits]) =>
    (sign << BigInt(exponentBits) | BigInt(e)) << BigInt(fractionBits) | bits
  );
  return fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...special) }, { weight: 5, arbitrary: ordinary });
}

export const OPERAND_32: fc.Arbitrary<bigint> = operand(8, 23, SPECIAL_32);
export const OPERAND_64: fc.Arbitrary<bigint> = operand(11, 52, SPECIAL_64);

/** Every setting, with INEXACT set already or not: the fast paths differ. */
export const STATUS: fc.Arbitrary<FloatStatus> = fc.record({
  flags: fc.constantFrom(0, 0, 16),
  rounding: fc.oneof(
    fc.constant(ROUNDING.NEAREST_EVEN),
    fc.integer({ min: 0, max: 4 }) as fc.Arbitrary<Rounding>,
  ),
  flushToZero: fc.boolean(),
  flushInputsToZero: fc.boolean(),
  defaultNaN: fc.boolean(),
  tininessAfterRounding: fc.boolean(),
  flushFlags: fc.constantFrom(8, 24),
  nanRule: fc.integer({ min: 0, max: 1 }) as fc.Arbitrary<NanRule>,
  negativeDefaultNaN: fc.boolean(),
}).map(floatStatus);
