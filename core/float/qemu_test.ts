import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { COMPARISON, FLAG, type FloatStatus, floatStatus, ROUNDING, type Rounding } from "./status.ts";
import { OPERAND_32, OPERAND_64, SPECIAL_32, SPECIAL_64 } from "./testing/operands.ts";
import { type Operation, OPERATIONS } from "./testing/operations.ts";
import { CPU, type Cpu, EMULATOR, missingTool, runOnQemu, type Vector } from "./testing/qemu.ts";

// FPSCR (ARM DDI 0406C, B4.1.58)
const FPSCR = { FLAGS: 0x9f, RMODE_SHIFT: 22, FZ: 1 << 24, DN: 1 << 25, NZCV_SHIFT: 28 } as const;
const SETTINGS = [0, FPSCR.FZ, FPSCR.DN, FPSCR.FZ | FPSCR.DN].flatMap((mode) =>
  [0, 1, 2, 3].map((rounding) => mode | rounding << FPSCR.RMODE_SHIFT)
);
const SEED = 1985;
const RANDOM = 2000;

function statusOf(fpscr: number): FloatStatus {
  const flush = (fpscr & FPSCR.FZ) !== 0;
  return floatStatus({
    rounding: (fpscr >>> FPSCR.RMODE_SHIFT & 3) as Rounding,
    flushToZero: flush,
    flushInputsToZero: flush,
    defaultNaN: (fpscr & FPSCR.DN) !== 0,
  });
}

type Operands = readonly [n: bigint, m: bigint, d: bigint];

const one = (special: readonly bigint[], random: fc.Arbitrary<bigint>): Operands[] =>
  [...special, ...fc.sample(random, { numRuns: RANDOM, seed: SEED })].map((n) => [n, 0n, 0n]);

const two = (special: readonly bigint[], random: fc.Arbitrary<bigint>): Operands[] => [
  ...special.flatMap((n) => special.map((m): Operands => [n, m, 0n])),
  ...fc.sample(fc.tuple(random, random, fc.constant(0n)), { numRuns: RANDOM, seed: SEED }),
];

const three = (special: readonly bigint[], random: fc.Arbitrary<bigint>): Operands[] =>
  [fc.constantFrom(...special), random].flatMap((operand) =>
    fc.sample(fc.tuple(operand, operand, operand), { numRuns: 10000, seed: SEED })
  );

const INTEGERS = one(
  [0n, 1n, 0xff_ffffn, 0x100_0000n, 0x100_0001n, 0x7fff_ffffn, 0x8000_0000n, 0x8000_0001n, 0xffff_ffffn],
  fc.tuple(fc.bigInt({ min: 0n, max: 0xffff_ffffn }), fc.integer({ min: 0, max: 31 }))
    .map(([value, shift]) => value >> BigInt(shift)),
);

const S1 = one(SPECIAL_32, OPERAND_32), S2 = two(SPECIAL_32, OPERAND_32), S3 = three(SPECIAL_32, OPERAND_32);
const D1 = one(SPECIAL_64, OPERAND_64), D2 = two(SPECIAL_64, OPERAND_64), D3 = three(SPECIAL_64, OPERAND_64);

/** The operation with a rounding of its own, whatever the status says. */
function rounding(direction: Rounding, operation: Operation): Operation {
  return (operands, status) => {
    const own = { ...status, rounding: direction };
    const result = operation(operands, own);
    status.flags = own.flags;
    return result;
  };
}

/** The operation as an instruction that never raises INEXACT. */
function unexact(operation: Operation): Operation {
  return (operands, status) => {
    const result = operation(operands, status);
    status.flags &= ~FLAG.INEXACT;
    return result;
  };
}

const NZCV = new Map<bigint, bigint>([
  [0x8n, BigInt(COMPARISON.LESS)],
  [0x6n, BigInt(COMPARISON.EQUAL)],
  [0x2n, BigInt(COMPARISON.GREATER)],
  [0x3n, BigInt(COMPARISON.UNORDERED)],
]);

/** What of the answer is the result: the low word of d0, all of it, or the condition flags. */
type Result = "s" | "d" | "nzcv";

type Row = readonly [instruction: string, result: Result, vectors: Operands[], operation: Operation];

const O = OPERATIONS;
const VFP_V2: Row[] = [
  ["fadds s0, s2, s4", "s", S2, O.f32Add],
  ["fsubs s0, s2, s4", "s", S2, O.f32Sub],
  ["fmuls s0, s2, s4", "s", S2, O.f32Mul],
  ["fdivs s0, s2, s4", "s", S2, O.f32Div],
  ["fsqrts s0, s2", "s", S1, O.f32Sqrt],
  ["fcmps s2, s4", "nzcv", S2, O.f32Compare],
  ["fcmpes s2, s4", "nzcv", S2, O.f32CompareSignalling],
  ["fcvtds d0, s2", "d", S1, O.f32ToF64],
  ["fsitos s0, s2", "s", INTEGERS, O.int32ToF32],
  ["fuitos s0, s2", "s", INTEGERS, O.uint32ToF32],
  ["ftosis s0, s2", "s", S1, O.f32ToInt32],
  ["ftosizs s0, s2", "s", S1, rounding(ROUNDING.ZERO, O.f32ToInt32)],
  ["ftouis s0, s2", "s", S1, O.f32ToUint32],
  ["ftouizs s0, s2", "s", S1, rounding(ROUNDING.ZERO, O.f32ToUint32)],
  ["faddd d0, d1, d2", "d", D2, O.f64Add],
  ["fsubd d0, d1, d2", "d", D2, O.f64Sub],
  ["fmuld d0, d1, d2", "d", D2, O.f64Mul],
  ["fdivd d0, d1, d2", "d", D2, O.f64Div],
  ["fsqrtd d0, d1", "d", D1, O.f64Sqrt],
  ["fcmpd d1, d2", "nzcv", D2, O.f64Compare],
  ["fcmped d1, d2", "nzcv", D2, O.f64CompareSignalling],
  ["fcvtsd s0, d1", "s", D1, O.f64ToF32],
  ["fsitod d0, s2", "d", INTEGERS, O.int32ToF64],
  ["fuitod d0, s2", "d", INTEGERS, O.uint32ToF64],
  ["ftosid s0, d1", "s", D1, O.f64ToInt32],
  ["ftosizd s0, d1", "s", D1, rounding(ROUNDING.ZERO, O.f64ToInt32)],
  ["ftouid s0, d1", "s", D1, O.f64ToUint32],
  ["ftouizd s0, d1", "s", D1, rounding(ROUNDING.ZERO, O.f64ToUint32)],
];

const LATER: Row[] = [
  ["vfma.f32 s0, s2, s4", "s", S3, O.f32MulAdd],
  ["vfma.f64 d0, d1, d2", "d", D3, O.f64MulAdd],
  ["vrintx.f32 s0, s2", "s", S1, O.f32RoundToInt],
  ["vrintx.f64 d0, d1", "d", D1, O.f64RoundToInt],
  ["vrinta.f32 s0, s2", "s", S1, unexact(rounding(ROUNDING.TIES_AWAY, O.f32RoundToInt))],
  ["vrinta.f64 d0, d1", "d", D1, unexact(rounding(ROUNDING.TIES_AWAY, O.f64RoundToInt))],
  ["vcvta.s32.f32 s0, s2", "s", S1, rounding(ROUNDING.TIES_AWAY, O.f32ToInt32)],
  ["vcvta.u32.f64 s0, d1", "s", D1, rounding(ROUNDING.TIES_AWAY, O.f64ToUint32)],
];

const missing = missingTool();
const reason = missing ? ` (ignored: ${missing} is not installed)` : "";

function judge(cpu: Cpu, [instruction, kind, operands, operation]: Row): void {
  const name = `${instruction} gives the result and the flags that ${EMULATOR} gives on ${cpu.name}${reason}`;
  Deno.test({
    name,
    ignore: missing !== undefined,
    async fn() {
      const vectors = SETTINGS.flatMap((fpscr) => operands.map((o): Vector => [...o, fpscr]));
      const answers = await runOnQemu(cpu, instruction, vectors);
      vectors.forEach(([n, m, d, fpscr], i) => {
        const status = statusOf(fpscr);
        const result = operation([n, m, d], status);
        const theirs = answers[i];
        const expected = kind === "d"
          ? theirs.result
          : kind === "s"
          ? theirs.result & 0xffff_ffffn
          : NZCV.get(BigInt(theirs.fpscr >>> FPSCR.NZCV_SHIFT));
        if (result === expected && status.flags === (theirs.fpscr & FPSCR.FLAGS)) return;
        const vector = `${instruction} of ${[n, m, d].map((o) => o.toString(16))} under ${
          fpscr.toString(16)
        }`;
        assertEquals(
          { vector, result: result.toString(16), flags: status.flags },
          { vector, result: expected?.toString(16) ?? "", flags: theirs.fpscr & FPSCR.FLAGS },
        );
      });
    },
  });
}

for (const row of VFP_V2) judge(CPU.ARM926, row);
for (const row of LATER) judge(CPU.MAX, row);
