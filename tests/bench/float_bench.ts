/** What an operation of core/float costs: `deno bench tests/bench/float_bench.ts`. Times are for 1024 operations. */
import * as float from "../../core/float/mod.ts";

const COUNT = 1024;
const { FLAG, ROUNDING } = float;
const r = float.f64Registers(new ArrayBuffer(8 * (2 * COUNT + 1)));
const singles = new Int32Array(2 * COUNT);
const numbers = new Float32Array(singles.buffer);

/** Operand pairs (i, COUNT + i) with results in register 2 × COUNT. */
function fill(value: (i: number) => number): void {
  for (let i = 0; i < 2 * COUNT; i++) r.doubles[i] = numbers[i] = value(i);
}

const INPUTS = {
  "inexact, flag set": { value: (i: number) => 1 + i / 3000, flags: FLAG.INEXACT, changes: {} },
  "inexact, flag clear": { value: (i: number) => 1 + i / 3000, flags: 0, changes: {} },
  "small integers, flag clear": { value: (i: number) => i + 1, flags: 0, changes: {} },
  "flushing to zero": {
    value: (i: number) => 1 + i / 3000,
    flags: FLAG.INEXACT,
    changes: { flushToZero: true, flushInputsToZero: true },
  },
  "rounding up": {
    value: (i: number) => 1 + i / 3000,
    flags: FLAG.INEXACT,
    changes: { rounding: ROUNDING.UP },
  },
  "NaN": { value: () => NaN, flags: 0, changes: {} },
} as const;

type Operation = (i: number, status: float.FloatStatus) => void;
let sink = 0;

const OPERATIONS: Record<string, Operation> = {
  "nothing (to be subtracted)": () => {},
  f32Add: (i, s) => sink ^= float.f32Add(singles[i], singles[COUNT + i], s),
  f32Mul: (i, s) => sink ^= float.f32Mul(singles[i], singles[COUNT + i], s),
  f32Div: (i, s) => sink ^= float.f32Div(singles[i], singles[COUNT + i], s),
  f32Sqrt: (i, s) => sink ^= float.f32Sqrt(singles[i], s),
  f32MulAdd: (i, s) => sink ^= float.f32MulAdd(singles[i], singles[COUNT + i], singles[i], s),
  f64Add: (i, s) => float.f64Add(r, 2 * COUNT, i, COUNT + i, s),
  f64Mul: (i, s) => float.f64Mul(r, 2 * COUNT, i, COUNT + i, s),
  f64Div: (i, s) => float.f64Div(r, 2 * COUNT, i, COUNT + i, s),
  f64Sqrt: (i, s) => float.f64Sqrt(r, 2 * COUNT, i, s),
  f64MulAdd: (i, s) => float.f64MulAdd(r, 2 * COUNT, i, COUNT + i, i, s),
  f64Compare: (i, s) => sink ^= float.f64Compare(r, i, COUNT + i, s),
  f64ToF32: (i, s) => sink ^= float.f64ToF32(r, i, s),
  f32ToF64: (i, s) => float.f32ToF64(r, 2 * COUNT, singles[i], s),
  f64ToInt32: (i, s) => sink ^= float.f64ToInt32(r, i, ROUNDING.ZERO, s),
  int32ToF32: (i, s) => sink ^= float.int32ToF32(i, s),
};

for (const [name, operate] of Object.entries(OPERATIONS)) {
  // A loop of its own for each operation, so that the engine inlines it as it would in a helper.
  const loop = new Function(
    "operate",
    `return (status, flags) => { for (let i = 0; i < ${COUNT}; i++) { status.flags = flags; operate(i, status); } }`,
  )(operate) as (status: float.FloatStatus, flags: number) => void;
  for (const [title, { value, flags, changes }] of Object.entries(INPUTS)) {
    const status = float.floatStatus(changes);
    Deno.bench({
      name: `${name}, ${title}`,
      group: name,
      fn(bench) {
        fill(value);
        bench.start();
        loop(status, flags);
        bench.end();
      },
    });
  }
}
