import { signExtend } from "./bits.ts";
import { type ArmRow, t16 } from "./rows.ts";
import { EXCEPTION } from "./state.ts";
import type { Arm } from "./translator.ts";

/** Immediate of an SVC that is a semihosting call (Arm semihosting specification). */
const SEMIHOSTING = 0xab;

/** The smallest piece of an address space that the MMU tells apart (tiny pages; DDI 0100, B4.7). */
const TINY_PAGE = 0x400;

/**
 * First half of BL and BLX: LR = PC + offset << 12. If the second half follows in the same page, both are translated
 * as one instruction of 4 bytes: nothing can come in between, and LR is written once.
 */
function linkPrefix(t: Arm, i: number): void {
  const high = t.pcValue() + (signExtend(i, 11) << 12) | 0;
  if ((t.pc & TINY_PAGE - 1) !== TINY_PAGE - 2) {
    const second = t.t.fetch16(t.pc + 2);
    const target = high + ((second & 0x7ff) << 1) | 0;
    if (second >> 11 === 0b11111) {
      t.length = 4;
      t.setReg(14, t.const(t.next | 1));
      return t.jump(target);
    }
    if (t.features.v5 && (second & 0xf801) === 0xe800) {
      t.length = 4;
      t.setReg(14, t.const(t.next | 1));
      return t.branchOtherState(target & ~3);
    }
  }
  t.setReg(14, t.const(high));
}

/** Branches and exceptions by instruction (DDI 0100, A6.3 and A6.7). */
export const T16_BRANCH: readonly ArmRow[] = [
  t16("bx", "0100 0111 0mmm m...", "bx {m}", (t, { m }) => t.branchExchange(t.reg(m))),
  t16("blx_reg", "0100 0111 1mmm m...", "blx {m}", (t, { m }) => {
    const target = t.reg(m);
    t.setReg(14, t.const(t.next | 1));
    t.branchExchange(target);
  }, { needs: "v5", unpredictable: ({ m }) => m === 15 }),
  t16("bkpt", "1011 1110 iiii iiii", "bkpt {bkpt}", (t) => t.raise(EXCEPTION.BREAKPOINT), { needs: "v5" }),
  t16("b_cond", "1101 cccc iiii iiii", "b{c}.n {target8}", (t, { c, i }) => {
    t.when(c, () => t.jump(t.pcValue() + 2 * signExtend(i, 8)));
  }),
  t16("udf", "1101 1110 iiii iiii", "udf #{i}", (t) => t.undefined()),
  t16("svc", "1101 1111 iiii iiii", "svc {i}", (t, { i }) => {
    t.raise(i === SEMIHOSTING ? EXCEPTION.SEMIHOSTING : EXCEPTION.SUPERVISOR_CALL);
  }),
  t16("b", "1110 0iii iiii iiii", "b.n {target11}", (t, { i }) => {
    t.jump(t.pcValue() + 2 * signExtend(i, 11));
  }),
  t16("bl_prefix", "1111 0iii iiii iiii", ({ i }) => `bl prefix ${i}`, (t, { i }) => linkPrefix(t, i)),
  t16("bl_suffix", "1111 1iii iiii iiii", ({ i }) => `bl suffix ${i}`, (t, { i }) => {
    const target = t.addConst(t.reg(14), 2 * i);
    t.setReg(14, t.const(t.next | 1));
    t.branch(target);
  }),
  t16("blx_suffix", "1110 1iii iiii iii0", ({ i }) => `blx suffix ${i}`, (t, { i }) => {
    const target = t.ir.and(t.addConst(t.reg(14), 4 * i), t.const(~3));
    t.setReg(14, t.const(t.next | 1));
    t.branchExchange(target);
  }, { needs: "v5" }),
];
