import { assertEquals } from "@std/assert";
import fc from "fast-check";
import * as exact from "./testing/exact_reference.ts";
import { BINARY32, BINARY64 } from "./testing/exact_reference.ts";
import { OPERAND_32, OPERAND_64, STATUS } from "./testing/operands.ts";
import { type Operation, type OperationName, OPERATIONS } from "./testing/operations.ts";
import type { FloatStatus } from "./status.ts";

const RUNS = Number(Deno.env.get("FLOAT_RUNS") ?? 4000);

const range = (bits: bigint, signed: boolean) =>
  signed ? { min: -(1n << bits - 1n), max: (1n << bits - 1n) - 1n } : { min: 0n, max: (1n << bits) - 1n };

function toInteger(format: exact.Format, bits: number, signed: boolean): Operation {
  const limits = range(BigInt(bits), signed);
  return ([a], s) => BigInt.asUintN(bits, exact.toInteger(format, a, limits, s));
}

function fromInteger(format: exact.Format, bits: number, signed: boolean): Operation {
  const read = signed ? BigInt.asIntN : BigInt.asUintN;
  return ([a], s) => exact.fromInteger(format, read(bits, a), s);
}

const arithmetic = (f: exact.Format) => ({
  Add: ([a, b]: readonly bigint[], s: FloatStatus) => exact.add(f, a, b, s),
  Sub: ([a, b]: readonly bigint[], s: FloatStatus) => exact.add(f, a, b, s, true),
  Mul: ([a, b]: readonly bigint[], s: FloatStatus) => exact.mul(f, a, b, s),
  Div: ([a, b]: readonly bigint[], s: FloatStatus) => exact.div(f, a, b, s),
  Sqrt: ([a]: readonly bigint[], s: FloatStatus) => exact.sqrt(f, a, s),
  MulAdd: ([a, b, c]: readonly bigint[], s: FloatStatus) => exact.mulAdd(f, a, b, c, s),
  RoundToInt: ([a]: readonly bigint[], s: FloatStatus) => exact.roundToInteger(f, a, s),
  ToInt32: toInteger(f, 32, true),
  ToUint32: toInteger(f, 32, false),
  ToInt64: toInteger(f, 64, true),
  ToUint64: toInteger(f, 64, false),
});

function judge(name: OperationName, expected: Operation, operand: fc.Arbitrary<bigint>): void {
  Deno.test(`${name} equals its exact result rounded once, flags included, under every setting`, () => {
    fc.assert(
      fc.property(fc.tuple(operand, operand, operand), STATUS, (operands, status) => {
        const ours = { ...status }, theirs = { ...status };
        const result = OPERATIONS[name](operands, ours);
        assertEquals(
          { result: result.toString(16), flags: ours.flags },
          { result: expected(operands, theirs).toString(16), flags: theirs.flags },
        );
      }),
      { numRuns: RUNS },
    );
  });
}

for (const [name, expected] of Object.entries(arithmetic(BINARY32))) {
  judge(`f32${name}` as OperationName, expected, OPERAND_32);
}
for (const [name, expected] of Object.entries(arithmetic(BINARY64))) {
  judge(`f64${name}` as OperationName, expected, OPERAND_64);
}
judge("f32ToF64", ([a], s) => exact.convert(BINARY32, BINARY64, a, s), OPERAND_32);
judge("f64ToF32", ([a], s) => exact.convert(BINARY64, BINARY32, a, s), OPERAND_64);

/** Integers of every length, with few bits set or with many. */
const INTEGER = fc.tuple(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer({ min: 0, max: 63 }),
)
  .chain(([value, shift]) => fc.constantFrom(value >> BigInt(shift), value << BigInt(shift)))
  .map((value) => BigInt.asUintN(64, value));

for (const size of [32, 64]) {
  for (const signed of [true, false]) {
    const type = `${signed ? "int" : "uint"}${size}` as "int32" | "uint32" | "int64" | "uint64";
    judge(`${type}ToF32`, fromInteger(BINARY32, size, signed), INTEGER);
    judge(`${type}ToF64`, fromInteger(BINARY64, size, signed), INTEGER);
  }
}
