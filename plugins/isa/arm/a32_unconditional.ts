import { signExtend } from "./bits.ts";
import { a32, type ArmRow } from "./rows.ts";

/** The space with condition 1111 (DDI 0100, A3.16.3): from ARMv5 on. Coprocessor rows come in `decoders.ts`. */
export const UNCONDITIONAL: readonly ArmRow[] = [
  a32("blx_imm", "1111 101H iiii iiii iiii iiii iiii iiii", "blx {target_thumb}", (t, { i, H }) => {
    t.setReg(14, t.const(t.next));
    t.branchOtherState(t.pcValue() + 4 * signExtend(i, 24) + 2 * H | 0);
  }, { needs: "v5" }),
  a32("pld_imm", "1111 0101 U101 nnnn :::: iiii iiii iiii", "pld {address_pld}", () => {}, { needs: "v5e" }),
  a32("pld_reg", "1111 0111 U101 nnnn :::: aaaa att0 mmmm", "pld {address_pld_scaled}", () => {}, {
    needs: "v5e",
    unpredictable: ({ m }) => m === 15,
  }),
];
