import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { Builder, type Value } from "../../ir/builder.ts";
import { stateLayout } from "../../isa/state.ts";
import { INLINE, plan } from "./plan.ts";

const F = stateLayout({ a: "i32", b: "i32", w: "i64" });

Deno.test("a plan writes a pure value used once, and every constant, where it is used", () => {
  const ir = new Builder();
  const a = ir.get(F.a), k = ir.const(5), sum = ir.add(a, k), both = ir.xor(sum, k);
  ir.set(F.b, both);
  const { local } = plan(ir.block);
  assertEquals([local[k], local[sum], local[both]], [INLINE, INLINE, INLINE]);
  assertNotEquals(local[a], INLINE);
});

Deno.test("a plan keeps a value that is used twice, or read from the state, in a local", () => {
  const ir = new Builder();
  const a = ir.get(F.a), sum = ir.add(a, ir.const(1));
  ir.set(F.a, sum);
  ir.set(F.b, sum);
  const { local, uses, ints, longs } = plan(ir.block);
  assertNotEquals(local[sum], INLINE);
  assertEquals([uses[a], uses[sum], longs], [1, 2, 0]);
  // a is last read where the sum is computed, so the sum may take its place.
  assertEquals([local[a], local[sum], ints], [0, 0, 1]);
});

Deno.test("a plan gives values that live at the same time different locals", () => {
  const ir = new Builder();
  const values = Array.from({ length: 10 }, () => ir.get(F.a));
  const sum = values.reduce((sum, value) => ir.add(sum, value));
  ir.set(F.b, sum);
  const { local, ints } = plan(ir.block);
  assertEquals(new Set(values.map((value) => local[value])).size, 10);
  assertEquals(ints, 10);
});

Deno.test("a plan lets an operand live until the expression that it is written into is computed", () => {
  const ir = new Builder();
  const a = ir.get(F.a), late = ir.add(a, ir.const(1)); // used once: computed at the `set` at the end
  const b = ir.get(F.b);
  ir.set(F.a, b);
  ir.set(F.b, late);
  const { local } = plan(ir.block);
  assertEquals(local[late], INLINE);
  assertNotEquals(local[a], local[b]);
});

Deno.test("a plan needs few locals for a long chain, and counts those of 64 bits apart", () => {
  const ir = new Builder();
  let value: Value = ir.get(F.a);
  for (let i = 0; i < 50; i++) {
    value = ir.add(value, value);
    ir.set(F.b, value);
  }
  const wide = ir.extendU(value);
  ir.set64(F.w, ir.add64(wide, wide));
  const { ints, longs } = plan(ir.block);
  assert(ints <= 2, `${ints} locals`);
  assertEquals(longs, 1);
});

Deno.test("a plan gives no local to a value that nobody uses", () => {
  const ir = new Builder();
  const unused = ir.get(F.a);
  assertEquals(plan(ir.block).local[unused], INLINE);
  assertEquals(plan(ir.block).ints, 0);
});
