import { CPU, type Value } from "@emu/core";
import { ror } from "./bits.ts";
import { HELPERS } from "./helpers.ts";
import { a32, type ArmRow } from "./rows.ts";
import { PSR } from "./state.ts";
import type { Arm } from "./translator.ts";

/** Bits of a status register that the field mask of MSR names (DDI 0100, A4.1.39). */
function fieldBits(f: number): number {
  return (f & 1 ? 0xff : 0) | (f & 2 ? 0xff00 : 0) | (f & 4 ? 0xff_0000 : 0) | (f & 8 ? 0xff00_0000 : 0);
}

/** MSR. A write that can reach more than flags may unmask interrupts or change the mode: it ends the block. */
function writeStatus(t: Arm, { R, f }: { readonly R: number; readonly f: number }, value: Value): void {
  const bits = fieldBits(f);
  if (R) return t.user ? t.undefined() : t.ir.call(HELPERS.writeSpsr, value, t.const(bits));
  const flagsOnly = t.user || (f & 7) === 0;
  if (flagsOnly) return t.ir.call(HELPERS.writeCpsr, value, t.const(bits & ~(PSR.T | PSR.MODE)));
  t.ir.set(CPU.pc, t.const(t.next));
  t.ir.call(HELPERS.writeCpsr, value, t.const(bits));
  t.endAfterUnmasking();
}

/** Access to the status registers (DDI 0100, A3.10). */
export const STATUS: readonly ArmRow[] = [
  a32("mrs", "cccc 0001 0R00 :::: dddd .... 0000 ....", "mrs{c} {d}, {psr}", (t, { R, d }) => {
    if (R && t.user) return t.undefined();
    t.setReg(d, t.ir.callI(R ? HELPERS.readSpsr : HELPERS.readCpsr));
  }, { unpredictable: ({ d }) => d === 15 }),
  a32("msr_imm", "cccc 0011 0R10 ffff :::: rrrr iiii iiii", "msr{c} {psr_fields}, {imm}", (t, f) => {
    writeStatus(t, f, t.const(ror(f.i, 2 * f.r)));
  }, { unpredictable: ({ f }) => f === 0 }),
  a32("msr_reg", "cccc 0001 0R10 ffff :::: .... 0000 mmmm", "msr{c} {psr_fields}, {m}", (t, f) => {
    writeStatus(t, f, t.reg(f.m));
  }, { unpredictable: ({ f, m }) => f === 0 || m === 15 }),
];
