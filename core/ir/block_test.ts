import { assertEquals } from "@std/assert";
import { stateLayout } from "../isa/state.ts";
import { Block, printBlock } from "./block.ts";
import { Builder } from "./builder.ts";
import { MEM, OP } from "./ops.ts";

const F = stateLayout({ r0: "i32", r1: "i32", d0: "i64" });
const nameOf = (offset: number) =>
  Object.values(F).find((field) => field.offset === offset)?.name ?? `${offset}`;

Deno.test("a block is printed an operation a line, with names of fields and labels", () => {
  const ir = new Builder();
  ir.block.push(OP.insn, -1, 3, -1, 0x8000);
  const sum = ir.add(ir.get(F.r0), ir.const(0x1234));
  const skip = ir.label();
  ir.brIf(ir.eqz(sum), skip);
  ir.set(F.r1, ir.load(sum, MEM.u32 | MEM.aligned));
  ir.place(skip);
  ir.store64(sum, ir.get64(F.d0), MEM.u64);
  ir.call({ index: 7 }, sum);
  ir.block.push(OP.gotoTb, -1, 0x8004, -1, 1);
  assertEquals(
    printBlock(ir.block, nameOf).split("\n").map((line) => line.trim()),
    [
      "insn 0x8000 #3",
      "v1 = get r0",
      "v2 = const 0x1234",
      "v3 = add v1, v2",
      "v4 = eqz v3",
      "brIf L0 v4",
      "v6 = load.12 v3",
      "set r1 v6",
      "label L0",
      "v9 = get64 d0",
      "store64.3 v3, v9",
      "call #7 v3",
      "gotoTb 1 0x8004",
    ],
  );
});

Deno.test("a block grows beyond the room it was made with and keeps what is in it", () => {
  const block = new Block(1);
  for (let i = 0; i < 100; i++) assertEquals(block.push(OP.const, -1, -1, -1, i), i);
  assertEquals([block.length, block.x(0), block.x(57), block.x(99)], [100, 0, 57, 99]);
});

Deno.test("a builder has a method for each pure operation, and comparisons the other way round", () => {
  const ir = new Builder(), a = ir.const(1), b = ir.const(2);
  const op = (value: number) => [ir.block.op(value), ir.block.a(value), ir.block.b(value)];
  assertEquals(op(ir.add(a, b)), [OP.add, a, b]);
  assertEquals(op(ir.gtS(a, b)), [OP.ltS, b, a]);
  assertEquals(op(ir.geU(a, b)), [OP.leU, b, a]);
  assertEquals(ir.block.c(ir.select(a, b, a)), a);
});

Deno.test("a builder's 64-bit constants keep both halves", () => {
  const ir = new Builder(), value = ir.const64(-0x1_0000_0002n);
  assertEquals([ir.block.c(value), ir.block.x(value)], [-2, -2]);
});
