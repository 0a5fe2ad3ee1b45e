import type { Value } from "@emu/core";
import { loadMultiple, storeMultiple } from "./a32_block.ts";
import { type ArmRow, t16 } from "./rows.ts";
import type { AccessKind, Arm } from "./translator.ts";

function load(t: Arm, d: number, address: Value, kind: AccessKind): void {
  t.setReg(d, t.load(address, kind));
}

interface ImmediateFields {
  readonly i: number;
  readonly n: number;
  readonly d: number;
}

/** Rn plus an immediate that counts in units of `size` bytes. */
function loadAt(kind: AccessKind, size: number) {
  return (t: Arm, { i, n, d }: ImmediateFields) => load(t, d, t.addConst(t.reg(n), size * i), kind);
}

function storeAt(kind: AccessKind, size: number) {
  return (t: Arm, { i, n, d }: ImmediateFields) => t.store(t.addConst(t.reg(n), size * i), t.reg(d), kind);
}

interface RegisterFields {
  readonly m: number;
  readonly n: number;
  readonly d: number;
}

function loadIndexed(kind: AccessKind) {
  return (t: Arm, { m, n, d }: RegisterFields) => load(t, d, t.ir.add(t.reg(n), t.reg(m)), kind);
}

function storeIndexed(kind: AccessKind) {
  return (t: Arm, { m, n, d }: RegisterFields) => t.store(t.ir.add(t.reg(n), t.reg(m)), t.reg(d), kind);
}

const SP = 13, LR = 14, PC = 15;

/** Loads and stores (DDI 0100, A6.5 and A6.6). */
export const T16_LOAD_STORE: readonly ArmRow[] = [
  t16("ldr_lit", "0100 1ddd iiii iiii", "ldr {d}, [pc, {i4}]", (t, { d, i }) => {
    load(t, d, t.const((t.pcValue() & ~3) + 4 * i), "u32");
  }),

  t16("str_reg", "0101 000m mmnn nddd", "str {d}, [{n}, {m}]", storeIndexed("u32")),
  t16("strh_reg", "0101 001m mmnn nddd", "strh {d}, [{n}, {m}]", storeIndexed("u16")),
  t16("strb_reg", "0101 010m mmnn nddd", "strb {d}, [{n}, {m}]", storeIndexed("u8")),
  t16("ldrsb_reg", "0101 011m mmnn nddd", "ldrsb {d}, [{n}, {m}]", loadIndexed("s8")),
  t16("ldr_reg", "0101 100m mmnn nddd", "ldr {d}, [{n}, {m}]", loadIndexed("rotated")),
  t16("ldrh_reg", "0101 101m mmnn nddd", "ldrh {d}, [{n}, {m}]", loadIndexed("u16")),
  t16("ldrb_reg", "0101 110m mmnn nddd", "ldrb {d}, [{n}, {m}]", loadIndexed("u8")),
  t16("ldrsh_reg", "0101 111m mmnn nddd", "ldrsh {d}, [{n}, {m}]", loadIndexed("s16")),

  t16("str_imm", "0110 0iii iinn nddd", "str {d}, [{n}, {i4}]", storeAt("u32", 4)),
  t16("ldr_imm", "0110 1iii iinn nddd", "ldr {d}, [{n}, {i4}]", loadAt("rotated", 4)),
  t16("strb_imm", "0111 0iii iinn nddd", "strb {d}, [{n}, #{i}]", storeAt("u8", 1)),
  t16("ldrb_imm", "0111 1iii iinn nddd", "ldrb {d}, [{n}, #{i}]", loadAt("u8", 1)),
  t16("strh_imm", "1000 0iii iinn nddd", "strh {d}, [{n}, {i2}]", storeAt("u16", 2)),
  t16("ldrh_imm", "1000 1iii iinn nddd", "ldrh {d}, [{n}, {i2}]", loadAt("u16", 2)),
  t16("str_sp", "1001 0ddd iiii iiii", "str {d}, [sp, {i4}]", (t, { d, i }) => {
    storeAt("u32", 4)(t, { d, i, n: SP });
  }),
  t16("ldr_sp", "1001 1ddd iiii iiii", "ldr {d}, [sp, {i4}]", (t, { d, i }) => {
    loadAt("rotated", 4)(t, { d, i, n: SP });
  }),

  // R adds LR to a push and the PC to a pop.
  t16("push", "1011 010R llll llll", "push {list_push}", (t, { R, l }) => {
    storeMultiple(t, { P: 1, U: 0, W: 1, n: SP, l: l | R << LR });
  }, { unpredictable: ({ R, l }) => !R && l === 0 }),
  t16("pop", "1011 110R llll llll", "pop {list_pop}", (t, { R, l }) => {
    loadMultiple(t, { P: 0, U: 1, W: 1, n: SP, l: l | R << PC });
  }, { unpredictable: ({ R, l }) => !R && l === 0 }),
  t16("stmia", "1100 0nnn llll llll", "stmia {n}!, {list}", (t, { n, l }) => {
    storeMultiple(t, { P: 0, U: 1, W: 1, n, l });
  }, { unpredictable: ({ n, l }) => l === 0 || (l >> n & 1 && l & (1 << n) - 1) !== 0 }),
  // A base in the list is loaded, and not written back.
  t16("ldmia", "1100 1nnn llll llll", "{ldmia} {list}", (t, { n, l }) => {
    loadMultiple(t, { P: 0, U: 1, W: l >> n & 1 ? 0 : 1, n, l });
  }, { unpredictable: ({ l }) => l === 0 }),
];
