import { assertEquals } from "@std/assert";
import { CPU, MEM, memMmu, OP, printBlock } from "@emu/core";
import { MODELS } from "./cpus.ts";
import { Evaluator } from "./evaluator.ts";
import { ALIGN, ARM, MMU, MODE, PSR, TB } from "./state.ts";

const NAMES = new Map(
  [...Object.values(ARM), ...Object.values(CPU)].map(({ offset, name }) => [offset, name]),
);

interface Setup {
  readonly word: number;
  readonly flags?: number;
}

/** The operations of one instruction at 0x1000, as text. */
function operations({ word, flags = 0 }: Setup): string[] {
  return printBlock(block({ word, flags }), (offset) => NAMES.get(offset)!).split("\n").map((line) =>
    line.trim()
  );
}

function block({ word, flags = 0 }: Setup) {
  const evaluator = new Evaluator(MODELS.arm926);
  evaluator.i32[CPU.tbflags.index] = flags;
  evaluator.memory.setUint32(0x1000, word, true);
  return evaluator.translate(0x1000).ir.block;
}

Deno.test("arm add takes one operation and reads each register once", () => {
  assertEquals(operations({ word: 0xe080_0000 }), ["v0 = get r0", "v1 = add v0, v0", "set r0 v1"]);
});

Deno.test("arm mov of a constant takes two operations", () => {
  assertEquals(operations({ word: 0xe3a0_00ff }), ["v0 = const 0xff", "set r0 v0"]);
});

Deno.test("arm cmp makes all four flags", () => {
  assertEquals(operations({ word: 0xe350_0005 }), [
    "v0 = get r0",
    "v1 = const 5",
    "v2 = sub v0, v1",
    "v3 = leU v1, v0",
    "v4 = xor v0, v1",
    "v5 = xor v0, v2",
    "v6 = and v4, v5",
    "set nf v2",
    "set zf v2",
    "set cf v3",
    "set vf v6",
  ]);
});

Deno.test("arm condition skips the body of its instruction", () => {
  assertEquals(operations({ word: 0x03a0_0001 }), [
    "v0 = get zf",
    "brIf L0 v0",
    "v2 = const 1",
    "set r0 v2",
    "label L0",
  ]);
});

Deno.test("arm ldr loads before it writes back", () => {
  const load = (MEM.u32 | MEM.aligned | ALIGN.ROTATE).toString(16);
  assertEquals(operations({ word: 0xe491_0004 }), [
    "v0 = get r1",
    "v1 = const 4",
    "v2 = add v0, v1",
    `v3 = load.${load} v0`,
    "set r1 v2",
    "set r0 v3",
  ]);
});

/** The MMU index of the first access of an instruction. */
function mmuOf(setup: Setup): number {
  const made = block(setup);
  for (let i = 0; i < made.length; i++) {
    if (made.op(i) === OP.load || made.op(i) === OP.store) return memMmu(made.x(i));
  }
  throw new Error("Cannot find an access: there is none");
}

Deno.test("arm accesses are those of the mode, of the T variants those of user mode", () => {
  const ldr = 0xe591_0000, ldrt = 0xe4b1_0000, strbt = 0xe4e1_0000;
  assertEquals(mmuOf({ word: ldr }), 0);
  assertEquals(mmuOf({ word: ldr, flags: TB.USER }), MMU.USER);
  assertEquals(mmuOf({ word: ldr, flags: TB.DACR }), 3 << MMU.DACR_SHIFT);
  assertEquals(mmuOf({ word: ldrt }), MMU.USER);
  assertEquals(mmuOf({ word: ldrt, flags: TB.DACR }), MMU.USER | 3 << MMU.DACR_SHIFT);
  assertEquals(mmuOf({ word: strbt }), MMU.USER);
});

/** Runs one instruction at 0x1000 in supervisor mode with an interrupt pending and masked; whether it is taken then. */
function unmasks(word: number, prepare: (evaluator: Evaluator) => void): boolean {
  const evaluator = new Evaluator(MODELS.arm926);
  evaluator.i32[CPU.pc.index] = 0x1000;
  evaluator.memory.setUint32(0x1000, word, true);
  prepare(evaluator);
  evaluator.cpu.inputs.irq(true);
  const { block } = evaluator.step();
  assertEquals(block.op(block.length - 1), OP.exit);
  return evaluator.cpu.interrupt();
}

Deno.test("arm msr to the control field ends the block, so that a pending interrupt is taken", () => {
  assertEquals(unmasks(0xe321_f013, () => {}), true);
  assertEquals(unmasks(0xe321_f093, () => {}), false);
});

Deno.test("arm exception return ends the block, so that a pending interrupt is taken", () => {
  assertEquals(unmasks(0xe1b0_f00e, ({ i32 }) => void (i32[ARM.spsr.index] = MODE.SYS)), true);
  assertEquals(unmasks(0xe1b0_f00e, ({ i32 }) => void (i32[ARM.spsr.index] = MODE.SYS | PSR.I)), false);
});

Deno.test("arm msr to the flags does not end the block", () => {
  assertEquals(operations({ word: 0xe128_f001 }).at(-1)?.startsWith("call"), true);
});

Deno.test("arm execution at an address that is not aligned goes on at the one rounded down", () => {
  const evaluator = new Evaluator(MODELS.arm926);
  evaluator.i32[CPU.pc.index] = 0x1002;
  evaluator.step();
  assertEquals(evaluator.i32[CPU.pc.index], 0x1000);
});

Deno.test("arm bl halves are one instruction within a page, two across", () => {
  const evaluator = new Evaluator(MODELS.arm926);
  evaluator.i32[CPU.tbflags.index] = TB.T;
  for (const at of [0x1000, 0x13fe]) {
    evaluator.memory.setUint16(at, 0xf000, true);
    evaluator.memory.setUint16(at + 2, 0xf800, true);
  }
  assertEquals(evaluator.translate(0x1000).length, 4);
  assertEquals(evaluator.translate(0x13fe).length, 2);
});
