import type { Value } from "@emu/core";
import { add, addWithCarry, subtract, subtractWithCarry } from "./alu.ts";
import { type ArmRow, t16 } from "./rows.ts";
import { SHIFT, shiftByConstant, shiftByRegister } from "./shifter.ts";
import type { Arm } from "./translator.ts";

interface ShiftFields {
  readonly i: number;
  readonly m: number;
  readonly d: number;
}

function shiftImmediate(type: number) {
  return (t: Arm, { i, m, d }: ShiftFields) => {
    const { value, carry } = shiftByConstant(t, t.reg(m), { type, amount: i, wantCarry: true });
    t.setFlags({ nz: value, c: carry });
    t.setReg(d, value);
  };
}

interface TwoFields {
  readonly m: number;
  readonly d: number;
}

function shiftRegister(type: number) {
  return (t: Arm, { m, d }: TwoFields) => {
    const { value, carry } = shiftByRegister(t, t.reg(d), { type, by: t.reg(m), wantCarry: true });
    t.setFlags({ nz: value, c: carry });
    t.setReg(d, value);
  };
}

/** Rd = Rd op Rm; N and Z from the result. */
function logical(result: (t: Arm, d: Value, m: Value) => Value) {
  return (t: Arm, { m, d }: TwoFields) => {
    const value = result(t, t.reg(d), t.reg(m));
    t.setFlags({ nz: value });
    t.setReg(d, value);
  };
}

/** Shifts, additions, moves and comparisons (DDI 0100, A6.4.1 to A6.4.4). */
export const T16_DATA_PROCESSING: readonly ArmRow[] = [
  t16("lsl_imm", "0000 0iii iimm mddd", "{movs_lsl}", shiftImmediate(SHIFT.LSL)),
  t16("lsr_imm", "0000 1iii iimm mddd", "lsrs {d}, {m}, {i32}", shiftImmediate(SHIFT.LSR)),
  t16("asr_imm", "0001 0iii iimm mddd", "asrs {d}, {m}, {i32}", shiftImmediate(SHIFT.ASR)),

  t16("add_reg", "0001 100m mmnn nddd", "adds {d}, {n}, {m}", (t, { m, n, d }) => {
    t.setReg(d, add(t, t.reg(n), t.reg(m), true));
  }),
  t16("sub_reg", "0001 101m mmnn nddd", "subs {d}, {n}, {m}", (t, { m, n, d }) => {
    t.setReg(d, subtract(t, t.reg(n), t.reg(m), true));
  }),
  t16("add_imm3", "0001 110i iinn nddd", "adds {d}, {n}, #{i}", (t, { i, n, d }) => {
    t.setReg(d, add(t, t.reg(n), t.const(i), true));
  }),
  t16("sub_imm3", "0001 111i iinn nddd", "subs {d}, {n}, #{i}", (t, { i, n, d }) => {
    t.setReg(d, subtract(t, t.reg(n), t.const(i), true));
  }),
  t16("mov_imm", "0010 0ddd iiii iiii", "movs {d}, #{i}", (t, { d, i }) => {
    const value = t.const(i);
    t.setFlags({ nz: value });
    t.setReg(d, value);
  }),
  t16("cmp_imm", "0010 1nnn iiii iiii", "cmp {n}, #{i}", (t, { n, i }) => {
    subtract(t, t.reg(n), t.const(i), true);
  }),
  t16("add_imm8", "0011 0ddd iiii iiii", "adds {d}, #{i}", (t, { d, i }) => {
    t.setReg(d, add(t, t.reg(d), t.const(i), true));
  }),
  t16("sub_imm8", "0011 1ddd iiii iiii", "subs {d}, #{i}", (t, { d, i }) => {
    t.setReg(d, subtract(t, t.reg(d), t.const(i), true));
  }),

  t16("and", "0100 0000 00mm mddd", "ands {d}, {m}", logical(({ ir }, d, m) => ir.and(d, m))),
  t16("eor", "0100 0000 01mm mddd", "eors {d}, {m}", logical(({ ir }, d, m) => ir.xor(d, m))),
  t16("lsl_reg", "0100 0000 10mm mddd", "lsls {d}, {m}", shiftRegister(SHIFT.LSL)),
  t16("lsr_reg", "0100 0000 11mm mddd", "lsrs {d}, {m}", shiftRegister(SHIFT.LSR)),
  t16("asr_reg", "0100 0001 00mm mddd", "asrs {d}, {m}", shiftRegister(SHIFT.ASR)),
  t16("adc", "0100 0001 01mm mddd", "adcs {d}, {m}", (t, { m, d }) => {
    t.setReg(d, addWithCarry(t, t.reg(d), t.reg(m), true));
  }),
  t16("sbc", "0100 0001 10mm mddd", "sbcs {d}, {m}", (t, { m, d }) => {
    t.setReg(d, subtractWithCarry(t, t.reg(d), t.reg(m), true));
  }),
  t16("ror", "0100 0001 11mm mddd", "rors {d}, {m}", shiftRegister(SHIFT.ROR)),
  t16("tst", "0100 0010 00mm mnnn", "tst {n}, {m}", (t, { m, n }) => {
    t.setFlags({ nz: t.ir.and(t.reg(n), t.reg(m)) });
  }),
  t16("neg", "0100 0010 01mm mddd", "negs {d}, {m}", (t, { m, d }) => {
    t.setReg(d, subtract(t, t.const(0), t.reg(m), true));
  }),
  t16("cmp_reg", "0100 0010 10mm mnnn", "cmp {n}, {m}", (t, { m, n }) => {
    subtract(t, t.reg(n), t.reg(m), true);
  }),
  t16("cmn", "0100 0010 11mm mnnn", "cmn {n}, {m}", (t, { m, n }) => {
    add(t, t.reg(n), t.reg(m), true);
  }),
  t16("orr", "0100 0011 00mm mddd", "orrs {d}, {m}", logical(({ ir }, d, m) => ir.or(d, m))),
  t16("mul", "0100 0011 01mm mddd", "muls {d}, {m}", logical(({ ir }, d, m) => ir.mul(d, m)), {
    unpredictable: ({ m, d }) => m === d,
  }),
  t16("bic", "0100 0011 10mm mddd", "bics {d}, {m}", logical(({ ir }, d, m) => ir.and(d, ir.not(m)))),
  t16("mvn", "0100 0011 11mm mddd", "mvns {d}, {m}", logical(({ ir }, _d, m) => ir.not(m))),

  // High registers: no flags but for CMP; two low registers are UNPREDICTABLE.
  t16("add_high", "0100 0100 dmmm mddd", "add {d}, {m}", (t, { d, m }) => {
    t.setReg(d, t.ir.add(t.reg(d), t.reg(m)));
  }, { unpredictable: lowOnly }),
  t16("cmp_high", "0100 0101 dmmm mddd", "cmp {d}, {m}", (t, { d, m }) => {
    subtract(t, t.reg(d), t.reg(m), true);
  }, { unpredictable: (f) => lowOnly(f) || f.d === 15 }),
  t16("mov_high", "0100 0110 dmmm mddd", "mov {d}, {m}", (t, { d, m }) => {
    t.setReg(d, t.reg(m));
  }, { unpredictable: lowOnly }),

  t16("adr", "1010 0ddd iiii iiii", "add {d}, pc, {i4}", (t, { d, i }) => {
    t.setReg(d, t.const((t.pcValue() & ~3) + 4 * i));
  }),
  t16("add_sp", "1010 1ddd iiii iiii", "add {d}, sp, {i4}", (t, { d, i }) => {
    t.setReg(d, t.addConst(t.reg(13), 4 * i));
  }),
  t16("add_sp_imm", "1011 0000 0iii iiii", "add sp, {i4}", (t, { i }) => {
    t.setReg(13, t.addConst(t.reg(13), 4 * i));
  }),
  t16("sub_sp_imm", "1011 0000 1iii iiii", "sub sp, {i4}", (t, { i }) => {
    t.setReg(13, t.addConst(t.reg(13), -4 * i));
  }),
];

function lowOnly({ d, m }: TwoFields): boolean {
  return d < 8 && m < 8;
}
