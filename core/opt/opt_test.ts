import { assertEquals } from "@std/assert";
import { Block, printBlock } from "../ir/block.ts";
import { Builder, type Value } from "../ir/builder.ts";
import { MEM, OP } from "../ir/ops.ts";
import { stateLayout } from "../isa/state.ts";
import { deadCode } from "./dead_code.ts";
import { forward } from "./forward.ts";
import { ALL_PASSES, optimize } from "./mod.ts";

const F = stateLayout({ a: "i32", b: "i32", c: "i32", w: "i64" });

Deno.test("forward reads a field once, and not at all when it was just written", () => {
  assertEquals(
    after(forwarded, (ir) => {
      ir.set(F.b, ir.add(ir.get(F.a), ir.get(F.a)));
      ir.set(F.c, ir.get(F.b));
    }),
    "v0 = get a; v1 = add v0, v0; set b v1; set c v1",
  );
});

Deno.test("forward drops a write of what the field already holds", () => {
  assertEquals(
    after(forwarded, (ir) => {
      const a = ir.get(F.a);
      ir.set(F.a, a);
      ir.set(F.b, a);
      ir.set(F.b, ir.get(F.a));
    }),
    "v0 = get a; set b v0",
  );
});

Deno.test("forward keeps what it knows across memory accesses, and forgets it at a helper", () => {
  assertEquals(
    after(forwarded, (ir) => {
      const a = ir.get(F.a);
      ir.store(a, a, MEM.u32);
      ir.set(F.b, ir.get(F.a));
      ir.call({ index: 0 });
      ir.set(F.c, ir.get(F.a));
    }),
    "v0 = get a; store.2 v0, v0; set b v0; call #0; v4 = get a; set c v4",
  );
});

Deno.test("forward knows at a label only what all ways to it agree on", () => {
  assertEquals(
    after(forwarded, (ir) => {
      const a = ir.get(F.a), b = ir.get(F.b), join = ir.label();
      ir.brIf(a, join);
      ir.set(F.b, a);
      ir.place(join);
      ir.set(F.c, ir.add(ir.get(F.a), ir.get(F.b)));
      ir.set(F.b, b);
    }),
    "v0 = get a; v1 = get b; brIf L0 v0; set b v0; label L0; v5 = get b; v6 = add v0, v5; set c v6; set b v1",
  );
});

Deno.test("forward knows at a label what the one way to it knew, when nothing falls into it", () => {
  assertEquals(
    after(forwarded, (ir) => {
      const a = ir.get(F.a), join = ir.label();
      ir.brIf(a, join);
      ir.set(F.a, ir.const(7));
      ir.block.push(OP.exit, -1, -1, -1, 0);
      ir.place(join);
      ir.set(F.c, ir.get(F.a));
    }),
    "v0 = get a; brIf L0 v0; v2 = const 7; set a v2; exit; label L0; set c v0",
  );
});

Deno.test("forward joins several ways to a label one by one", () => {
  assertEquals(
    after(forwarded, (ir) => {
      const a = ir.get(F.a), b = ir.get(F.b), join = ir.label();
      ir.brIf(a, join);
      ir.set(F.a, b);
      ir.brIf(b, join);
      ir.place(join);
      ir.set(F.c, ir.get(F.a));
      ir.set(F.c, ir.get(F.b));
    }),
    "v0 = get a; v1 = get b; brIf L0 v0; set a v1; brIf L0 v1; label L0; v6 = get a; set c v6; set c v1",
  );
});

Deno.test("forward decides branches on constants", () => {
  assertEquals(
    after(forwarded, (ir) => {
      const never = ir.label(), always = ir.label();
      ir.brIf(ir.const(0), never);
      ir.brIf(ir.const(2), always);
      ir.place(never);
      ir.place(always);
    }),
    "v0 = const 0; v1 = const 2; br L1; label L0; label L1",
  );
});

Deno.test("forward forwards 64-bit fields and leaves 64-bit operations alone", () => {
  assertEquals(
    after(forwarded, (ir) => {
      ir.set64(F.w, ir.add64(ir.get64(F.w), ir.const64(0n)));
      ir.set(F.a, ir.wrap(ir.get64(F.w)));
    }),
    "v0 = get64 w; v1 = const64; v2 = add64 v0, v1; set64 w v2; v4 = wrap v2; set a v4",
  );
});

type Make = (ir: Builder, a: Value) => Value;
/** Operation on a field's value → what it becomes. */
const IDENTITIES: Readonly<Record<string, [Make, string]>> = {
  "a + 0 = a": [(ir, a) => ir.add(a, ir.const(0)), "v0"],
  "0 + a = a": [(ir, a) => ir.add(ir.const(0), a), "v0"],
  "(a + 3) + 4 = a + 7": [(ir, a) => ir.add(ir.add(a, ir.const(3)), ir.const(4)), "add v0, 7"],
  "a - 5 = a + -5": [(ir, a) => ir.sub(a, ir.const(5)), "add v0, -5"],
  "a - -2³¹ = a + -2³¹": [(ir, a) => ir.sub(a, ir.const(-0x8000_0000)), "add v0, -2147483648"],
  "a | 0 = a": [(ir, a) => ir.or(a, ir.const(0)), "v0"],
  "a ^ 0 = a": [(ir, a) => ir.xor(a, ir.const(0)), "v0"],
  "a << 32 = a": [(ir, a) => ir.shl(a, ir.const(32)), "v0"],
  "a >> 0 = a": [(ir, a) => ir.shrS(a, ir.const(0)), "v0"],
  "a >>> 0 = a": [(ir, a) => ir.shrU(a, ir.const(0)), "v0"],
  "rotr a 0 = a": [(ir, a) => ir.rotr(a, ir.const(0)), "v0"],
  "a & -1 = a": [(ir, a) => ir.and(a, ir.const(-1)), "v0"],
  "a & 0 = 0": [(ir, a) => ir.and(a, ir.const(0)), "0"],
  "a × 1 = a": [(ir, a) => ir.mul(ir.const(1), a), "v0"],
  "a × 0 = 0": [(ir, a) => ir.mul(a, ir.const(0)), "0"],
  "a = 0 is eqz": [(ir, a) => ir.eq(a, ir.const(0)), "eqz v0"],
  "boolean ≠ 0 is itself": [(ir, a) => ir.ne(ir.ltS(a, ir.const(9)), ir.const(0)), "ltS v0, 9"],
  "a ≠ 0 stays where a is no boolean": [(ir, a) => ir.ne(a, ir.const(0)), "ne v0, 0"],
  "a ≤ 2³²-1": [(ir, a) => ir.leU(a, ir.const(-1)), "1"],
  "a < 0 unsigned": [(ir, a) => ir.ltU(a, ir.const(0)), "0"],
  "a < 0 signed stays": [(ir, a) => ir.ltS(a, ir.const(0)), "ltS v0, 0"],
  "a - a = 0": [(ir, a) => ir.sub(a, a), "0"],
  "a ^ a = 0": [(ir, a) => ir.xor(a, a), "0"],
  "a & a = a": [(ir, a) => ir.and(a, a), "v0"],
  "a | a = a": [(ir, a) => ir.or(a, a), "v0"],
  "a = a": [(ir, a) => ir.eq(a, a), "1"],
  "a ≠ a": [(ir, a) => ir.ne(a, a), "0"],
  "a < a": [(ir, a) => ir.ltU(a, a), "0"],
  "a ≤ a": [(ir, a) => ir.leS(a, a), "1"],
  "select a b 1 = a": [(ir, a) => ir.select(a, ir.const(9), ir.const(1)), "v0"],
  "select b a 0 = a": [(ir, a) => ir.select(ir.const(9), a, ir.const(0)), "v0"],
  "select a a c = a": [(ir, a) => ir.select(a, a, ir.get(F.b)), "v0"],
  "!!boolean = boolean": [(ir, a) => ir.eqz(ir.eqz(ir.leU(a, ir.const(9)))), "leU v0, 9"],
  "!!a stays where a is no boolean": [(ir, a) => ir.eqz(ir.eqz(a)), "eqz (eqz v0)"],
  "!(a = b) = a ≠ b": [(ir, a) => ir.eqz(ir.eq(a, ir.const(9))), "ne v0, 9"],
  "!(a ≠ b) = a = b": [(ir, a) => ir.eqz(ir.ne(a, ir.const(9))), "eq v0, 9"],
};

for (const [identity, [make, expected]] of Object.entries(IDENTITIES)) {
  Deno.test(`fold knows: ${identity}`, () => {
    const ir = new Builder();
    ir.set(F.c, make(ir, ir.get(F.a)));
    const out = optimize(ir.block, new Block(), ALL_PASSES);
    // Constants come first, wherever they were made.
    const a = Array.from({ length: out.length }, (_, i) => i).find((i) => out.op(i) === OP.get);
    assertEquals(expression(out, out.a(out.length - 1)), expected.replace("v0", `v${a}`));
  });
}

Deno.test("dead code goes: values nobody uses, and what only they used", () => {
  assertEquals(
    after(deadCode, (ir) => {
      const a = ir.get(F.a);
      ir.add(ir.mul(a, a), ir.get(F.b));
      ir.set(F.c, a);
    }),
    "v0 = get a; set c v0",
  );
});

Deno.test("dead code goes: a field's value that is overwritten unseen, even from one instruction to the next", () => {
  assertEquals(
    after(deadCode, (ir) => {
      ir.set(F.a, ir.const(1));
      ir.block.push(OP.insn, -1, 1, -1, 4);
      ir.set(F.a, ir.const(2));
    }),
    "v0 = const 2; set a v0",
  );
});

Deno.test("dead code elimination keeps the instructions that may fault: as records at the start, or before a call", () => {
  assertEquals(
    after(deadCode, (ir) => {
      const insn = (n: number) => ir.block.push(OP.insn, -1, n, -1, 4 * n);
      insn(0);
      ir.set(F.a, ir.const(1));
      insn(1);
      ir.store(ir.load(ir.get(F.b), MEM.u32), ir.const(2), MEM.u8);
      insn(2);
      ir.set(F.a, ir.const(3));
      insn(3);
      ir.call({ index: 5 });
      ir.store(ir.get(F.b), ir.const(4), MEM.u32);
    }),
    "insn 0x4 #1; v1 = const 1; v2 = const 2; v3 = const 3; v4 = const 4; set a v1; v6 = get b; " +
      "v7 = load.2@0x4 v6; store.0@0x4 v7, v2; set a v3; insn 0xc #3; call #5; v12 = get b; store.2 v12, v4",
  );
});

const SEEN: Readonly<Record<string, (ir: Builder) => void>> = {
  "a read of the field": (ir) => ir.set(F.b, ir.get(F.a)),
  "a load, which may fault": (ir) => void ir.load(ir.const(0), MEM.u32),
  "a store": (ir) => ir.store(ir.const(0), ir.const(0), MEM.u32),
  "a helper": (ir) => ir.call({ index: 0 }),
  "a branch": (ir) => ir.brIf(ir.get(F.b), ir.label()),
  "a label": (ir) => ir.place(ir.label()),
  "an exit": (ir) => void ir.block.push(OP.exit, -1, -1, -1, 0),
};

for (const [what, between] of Object.entries(SEEN)) {
  Deno.test(`dead code does not go: a write with ${what} between it and the next`, () => {
    const text = after(deadCode, (ir) => {
      ir.set(F.a, ir.const(1));
      between(ir);
      ir.set(F.a, ir.const(2));
    });
    assertEquals(text.match(/set a/g)?.length, 2);
  });
}

Deno.test("dead code does not go: loads, stores and helpers whose result nobody uses", () => {
  const text = after(deadCode, (ir) => {
    const zero = ir.const(0);
    ir.load(zero, MEM.u32);
    ir.store(zero, zero, MEM.u32);
    ir.callI({ index: 1 }, zero);
  });
  assertEquals(text, "v0 = const 0; v1 = load.2 v0; store.2 v0, v0; v3 = callI #1 v0");
});

Deno.test("passes can be turned off one by one", () => {
  const make = () => {
    const ir = new Builder();
    ir.set(F.a, ir.add(ir.get(F.a), ir.const(0)));
    return ir.block;
  };
  const lengths = [[false, false], [true, false], [false, true], [true, true]].map(([forward, deadCode]) =>
    optimize(make(), new Block(), { forward, deadCode }).length
  );
  assertEquals(lengths, [4, 2, 4, 0]);
});

function forwarded(block: Block): Block {
  return forward(block, new Block());
}

/** The block that `pass` makes of what `make` writes, in one line. */
function after(pass: (block: Block) => Block, make: (ir: Builder) => void): string {
  const ir = new Builder();
  make(ir);
  const nameOf = (offset: number) => Object.values(F).find((field) => field.offset === offset)!.name;
  return printBlock(pass(ir.block), nameOf).split("\n").map((line) => line.trim()).join("; ");
}

/** A value as an expression over the first. */
function expression(block: Block, value: number): string {
  if (block.isConst(value)) return `${block.x(value)}`;
  if (block.op(value) === OP.get) return `v${value}`;
  const [name] = printBlock(block).split("\n")[value].split("= ")[1].split(" ");
  const operands = [block.a(value), block.b(value)].filter((operand) => operand >= 0).map((operand) => {
    const text = expression(block, operand);
    return text.includes(" ") ? `(${text})` : text;
  });
  return `${name} ${operands.join(", ")}`;
}
