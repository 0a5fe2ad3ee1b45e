import { signExtend } from "./bits.ts";
import { a32, type ArmRow } from "./rows.ts";
import { EXCEPTION } from "./state.ts";

/** Branches (DDI 0100, A3.3), and exceptions by instruction. */
export const BRANCH: readonly ArmRow[] = [
  a32("b", "cccc 1010 iiii iiii iiii iiii iiii iiii", "b{c} {target}", (t, { i }) => {
    t.jump(t.pcValue() + 4 * signExtend(i, 24));
  }),
  a32("bl", "cccc 1011 iiii iiii iiii iiii iiii iiii", "bl{c} {target}", (t, { i }) => {
    t.setReg(14, t.const(t.next));
    t.jump(t.pcValue() + 4 * signExtend(i, 24));
  }),
  a32("bx", "cccc 0001 0010 :::: :::: :::: 0001 mmmm", "bx{c} {m}", (t, { m }) => {
    t.branchExchange(t.reg(m));
  }, { needs: "thumb" }),
  a32("blx_reg", "cccc 0001 0010 :::: :::: :::: 0011 mmmm", "blx{c} {m}", (t, { m }) => {
    const target = t.reg(m);
    t.setReg(14, t.const(t.next));
    t.branchExchange(target);
  }, { needs: "v5", unpredictable: ({ m }) => m === 15 }),
  // Without a Jazelle state to enter (JMCR.JE clear, or trivial implementations) BXJ is BX.
  a32("bxj", "cccc 0001 0010 :::: :::: :::: 0010 mmmm", "bxj{c} {m}", (t, { m }) => {
    t.branchExchange(t.reg(m));
  }, { needs: "jazelle", unpredictable: ({ m }) => m === 15 }),
  a32("svc", "cccc 1111 iiii iiii iiii iiii iiii iiii", "svc{c} {svc}", (t, { i }) => {
    t.raise(i === 0x12_3456 ? EXCEPTION.SEMIHOSTING : EXCEPTION.SUPERVISOR_CALL);
  }),
  a32("bkpt", "1110 0001 0010 iiii iiii iiii 0111 iiii", "bkpt {bkpt}", (t) => {
    t.raise(EXCEPTION.BREAKPOINT);
  }, { needs: "v5" }),
];
