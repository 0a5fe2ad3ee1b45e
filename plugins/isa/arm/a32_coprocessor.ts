import { CPU, type Value } from "@emu/core";
import { CONDITION_NAMES } from "./conditions.ts";
import { cp15Key, type Cp15Register } from "./cp15.ts";
import type { ModelFeatures } from "./cpus.ts";
import { HELPERS } from "./helpers.ts";
import { a32 } from "./rows.ts";
import { ARM, PSR } from "./state.ts";
import type { Arm } from "./translator.ts";

/**
 * Access to coprocessors 14 and 15 (DDI 0100, A3.16 and B2). What has no row is undefined: no other coprocessor is
 * there, and VFP has its own files.
 *
 * @module
 */

/** The operands of MRC and MCR that name a register. */
interface Access {
  readonly o: number;
  readonly n: number;
  readonly p: number;
  readonly m: number;
}

const encoding = ({ o, n, p, m }: Access) => o << 21 | n << 16 | p << 5 | m;

function registerOf(t: Arm, instruction: number): Cp15Register | undefined {
  // The features that a vCPU hands to the translator are its model's.
  return (t.features as ModelFeatures).cp15[cp15Key(instruction)];
}

/** MRC: of constants and of mere state, no call is made. */
function read(t: Arm, access: Access, use: (value: Value) => void): void {
  const instruction = encoding(access);
  const source = registerOf(t, instruction)?.read;
  if (typeof source === "number") return use(t.const(source));
  if (typeof source === "object") return use(t.ir.get(source));
  const value = t.ir.callI(HELPERS.cp15Read, t.const(instruction));
  return source ? use(value) : undefinedByHelper(t);
}

/** The helper has logged the register and staged the exception. */
function undefinedByHelper(t: Arm): void {
  t.ir.set(CPU.pc, t.const(t.pc));
  t.t.exit();
}

function write(t: Arm, access: Access, value: Value): void {
  const { ir } = t, instruction = encoding(access);
  const target = registerOf(t, instruction)?.write;
  if (target === "nothing") return;
  if (typeof target === "object") return ir.set(target, value);
  if (target === "wait") {
    ir.set(CPU.halted, t.const(1));
    ir.set(CPU.pc, t.const(t.next));
    return t.t.exit();
  }
  ir.call(HELPERS.cp15Write, t.const(instruction), value);
  if (!target) return undefinedByHelper(t);
  // What follows may be mapped, or translated, otherwise now.
  ir.set(CPU.pc, t.const(t.next));
  t.t.jumpIndirect();
}

/** MRC to the PC: the flags are bits 31–28. */
export function setFlagsFromTop(t: Arm, value: Value): void {
  const { ir } = t;
  ir.set(ARM.nf, value);
  ir.set(ARM.zf, ir.and(ir.not(value), t.const(PSR.Z)));
  ir.set(ARM.cf, ir.and(ir.shrU(value, t.const(29)), t.const(1)));
  ir.set(ARM.vf, ir.shl(value, t.const(3)));
}

const text = (name: string) => ({ c, o, d, n, m, p }: Access & { c: number; d: number }) =>
  `${name}${CONDITION_NAMES[c]} p15, ${o}, ${d === 15 ? "APSR_nzcv" : `r${d}`}, c${n}, c${m}, ${p}`;

export const A32_COPROCESSOR = [
  // MRC<c> p15, opc1, Rt, CRn, CRm, opc2
  a32("mrc_p15", "cccc 1110 ooo1 nnnn dddd 1111 ppp1 mmmm", text("mrc"), (t, { d, ...access }) => {
    if (t.user) return t.undefined();
    read(t, access, (value) => d === 15 ? setFlagsFromTop(t, value) : t.setReg(d, value));
  }),
  // MCR<c> p15, opc1, Rt, CRn, CRm, opc2
  a32("mcr_p15", "cccc 1110 ooo0 nnnn dddd 1111 ppp1 mmmm", text("mcr"), (t, { d, ...access }) => {
    if (t.user) return t.undefined();
    write(t, access, t.reg(d));
  }),
  // MRC<c> p14, 0, Rt, c0, c0, 0: the debug ID register, of no debug unit
  a32(
    "mrc_p14",
    "cccc 1110 0001 0000 dddd 1110 0001 0000",
    "mrc{c} p14, 0, {d}, c0, c0, 0",
    (t, { d }) => d === 15 ? setFlagsFromTop(t, t.const(0)) : t.setReg(d, t.const(0)),
  ),
];
