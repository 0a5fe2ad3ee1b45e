import { Probes } from "../instrument/probes.ts";
import { assertEquals } from "@std/assert";
import { Builder, type Value } from "./builder.ts";
import { OP, OP_NAMES, operandTypes, type OpName, OPS, resultType } from "./ops.ts";
import { CPU, stateLayout } from "../isa/state.ts";
import { GuestMemory } from "../memory/guest_memory.ts";
import type { SoftMmu } from "../softmmu/softmmu.ts";
import { interpreter } from "../tier/interpreter.ts";
import { Bytes, encodeModule, TYPE, W } from "../tier/wasm/encoder.ts";
import { fold } from "../opt/fold.ts";
import { Block } from "./block.ts";
import { Tb } from "../translator/tb.ts";

type Operand = number | bigint;

/** Where formulas go wrong: signs, carries, widths. */
const SAMPLES = {
  i: [
    0,
    1,
    2,
    7,
    31,
    32,
    33,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    -0x8000_0000,
    -2,
    -1,
  ],
  l: [
    0n,
    1n,
    31n,
    32n,
    63n,
    64n,
    0xffff_ffffn,
    0x1_0000_0000n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    -0x8000_0000n,
    -2n,
    -1n,
  ],
};
const CODE = { i: TYPE.i32, l: TYPE.i64 };

const PURE = OP_NAMES.filter((name) => "js" in OPS[name]);

for (const name of PURE) {
  Deno.test(`ir op "${name}" means the same in the interpreter and in WebAssembly`, () => {
    const compiled = wasmFunction(name), interpreted = interpretedFunction(name);
    for (const operands of combinations(name)) {
      assertEquals(interpreted(operands), compiled(...operands), `${name}(${operands.join(", ")})`);
    }
  });

  if (operandTypes(OPS[name]).includes("l") || resultType(OPS[name]) === "l") continue;
  Deno.test(`ir op "${name}" of constants is folded to what it means`, () => {
    const compiled = wasmFunction(name);
    for (const operands of combinations(name) as number[][]) {
      assertEquals(folded(OP[name], operands), compiled(...operands), `${name}(${operands.join(", ")})`);
    }
  });
}

Deno.test("ir op rows are either pure, with formula and opcode, or have an effect", () => {
  for (const name of OP_NAMES) {
    if (name === "const" || name === "const64") continue;
    const row = OPS[name] as { js?: string; wasm?: number; effect?: string };
    assertEquals(row.js === undefined, row.effect !== undefined, name);
    assertEquals(row.js === undefined, row.wasm === undefined, name);
  }
});

function combinations(name: OpName): Operand[][] {
  return operandTypes(OPS[name]).reduce<Operand[][]>(
    (tuples, type) => tuples.flatMap((tuple) => SAMPLES[type as "i" | "l"].map((value) => [...tuple, value])),
    [[]],
  );
}

/** A module that exports the operation: one function, put into an imported table. */
function wasmFunction(name: OpName): (...operands: Operand[]) => Operand {
  const row = OPS[name] as { wasm: number; type: "-> i" };
  const types = operandTypes(row), out = new Bytes().u32(0);
  types.forEach((_, i) => out.get(i));
  const body = out.byte(row.wasm).byte(W.end).view().slice();
  const signature = {
    params: types.map((type) => CODE[type as "i" | "l"]),
    results: [CODE[resultType(row) as "i" | "l"]],
  };
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  const module = encodeModule({
    signature,
    imports: [],
    bodies: [{ code: body, hints: [] }],
    firstIndex: 0,
    memoryPages: 1,
  });
  new WebAssembly.Instance(new WebAssembly.Module(module), { e: { m: memory, t: table } });
  return table.get(0) as (...operands: Operand[]) => Operand;
}

/** The operation in a block of its own: operands from state fields, result to another. */
function interpretedFunction(name: OpName): (operands: Operand[]) => Operand {
  const fields = stateLayout({
    a: "i32",
    b: "i32",
    c: "i32",
    result: "i32",
    wideA: "i64",
    wideB: "i64",
    wideResult: "i64",
  });
  const narrow = [fields.a, fields.b, fields.c], wide = [fields.wideA, fields.wideB];
  const ir = new Builder(), types = operandTypes(OPS[name]);
  const operands = types.map((type, i) => type === "l" ? ir.get64(wide[i]) : ir.get(narrow[i]));
  const value = ir.block.push(OP[name], operands[0], operands[1] ?? -1, operands[2] ?? -1, 0);
  const long = resultType(OPS[name]) === "l";
  if (long) ir.set64(fields.wideResult, value as Value<"l">);
  else ir.set(fields.result, value as Value);
  ir.block.push(OP.exit, -1, -1, -1, 0);

  const memory = new GuestMemory(0x2_0000), env = memory.allocate(0x1_0000);
  const run = interpreter({
    memory,
    env,
    mmu: {} as SoftMmu,
    helpers: [],
    probes: new Probes(memory),
    cpu: undefined,
  });
  const tb = new Tb(1, 0, 0, 0, 4, 1, ir.block, [], false);
  return (given) => {
    given.forEach((operand, i) => {
      if (typeof operand === "bigint") memory.i64[env + wide[i].offset >> 3] = operand;
      else memory.i32[env + narrow[i].offset >> 2] = operand;
    });
    memory.i32[(env >> 2) + CPU.exception.index] = 0;
    run(tb);
    return long
      ? memory.i64[env + fields.wideResult.offset >> 3]
      : memory.i32[env + fields.result.offset >> 2];
  };
}

function folded(op: number, operands: number[]): number {
  const out = new Block();
  const [a, b = -1, c = -1] = operands.map((value) => out.push(OP.const, -1, -1, -1, value));
  const value = fold(out, op, a, b, c);
  assertEquals(out.op(value), OP.const);
  return out.x(value);
}
