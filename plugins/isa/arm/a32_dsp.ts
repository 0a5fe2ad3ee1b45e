import type { Value } from "@emu/core";
import { addOverflow, subtractOverflow } from "./alu.ts";
import { namesPc, pair, setPair } from "./a32_multiply.ts";
import { a32, type ArmRow } from "./rows.ts";
import type { Arm } from "./translator.ts";

/** The lower or upper half of a register, sign-extended. */
function half(t: Arm, n: number, upper: number): Value {
  return upper ? t.ir.shrS(t.reg(n), t.const(16)) : t.ir.ext16S(t.reg(n));
}

/** a + b, modulo 2^32; Q is set if it overflowed as a signed sum. */
function accumulate(t: Arm, a: Value, b: Value): Value {
  const sum = t.ir.add(a, b);
  t.saturated(addOverflow(t, [a, b, sum]));
  return sum;
}

/** Bits 47–16 of Rm × half of Rs. */
function wide(t: Arm, m: number, halfOfS: Value): Value {
  const { ir } = t;
  const product = ir.mul64(ir.extendS(t.reg(m)), ir.extendS(halfOfS));
  return ir.wrap(ir.shrS64(product, ir.const64(16n)));
}

/** a ± b, saturated; Q is set if it was. Whether it overflows upwards is the opposite of the sign of a. */
function saturating(t: Arm, operation: "add" | "sub", a: Value, b: Value): Value {
  const { ir } = t;
  const result = ir[operation](a, b);
  const overflow = (operation === "add" ? addOverflow : subtractOverflow)(t, [a, b, result]);
  t.saturated(overflow);
  const limit = ir.xor(ir.shrS(a, ir.const(31)), ir.const(0x7fff_ffff));
  return ir.select(limit, result, ir.ltS(overflow, ir.const(0)));
}

interface ThreeFields {
  readonly d: number;
  readonly n: number;
  readonly m: number;
}

/** Rd = Rm ± Rn or Rm ± 2 Rn, each step saturated. */
function saturatingRow(t: Arm, { d, n, m }: ThreeFields, operation: "add" | "sub", doubled: boolean): void {
  if (namesPc(t, [d, n, m])) return;
  const b = doubled ? saturating(t, "add", t.reg(n), t.reg(n)) : t.reg(n);
  t.setReg(d, saturating(t, operation, t.reg(m), b));
}

const noPc = { needs: "v5e", unpredictable: ({ d, n, m }: ThreeFields) => [d, n, m].includes(15) } as const;

/** The DSP instructions of ARMv5TE (DDI 0100, A3.4.4, A3.5.3). */
export const DSP: readonly ArmRow[] = [
  a32("qadd", "cccc 0001 0000 nnnn dddd .... 0101 mmmm", "qadd{c} {d}, {m}, {n}", (t, f) => {
    saturatingRow(t, f, "add", false);
  }, noPc),
  a32("qsub", "cccc 0001 0010 nnnn dddd .... 0101 mmmm", "qsub{c} {d}, {m}, {n}", (t, f) => {
    saturatingRow(t, f, "sub", false);
  }, noPc),
  a32("qdadd", "cccc 0001 0100 nnnn dddd .... 0101 mmmm", "qdadd{c} {d}, {m}, {n}", (t, f) => {
    saturatingRow(t, f, "add", true);
  }, noPc),
  a32("qdsub", "cccc 0001 0110 nnnn dddd .... 0101 mmmm", "qdsub{c} {d}, {m}, {n}", (t, f) => {
    saturatingRow(t, f, "sub", true);
  }, noPc),

  a32(
    "smlaxy",
    "cccc 0001 0000 dddd nnnn ssss 1yx0 mmmm",
    "smla{x}{y}{c} {d}, {m}, {s}, {n}",
    (t, { d, n, s, m, x, y }) => {
      if (namesPc(t, [d, n, s, m])) return;
      t.setReg(d, accumulate(t, t.ir.mul(half(t, m, x), half(t, s, y)), t.reg(n)));
    },
    { needs: "v5e", unpredictable: ({ d, n, s, m }) => [d, n, s, m].includes(15) },
  ),
  a32(
    "smlawy",
    "cccc 0001 0010 dddd nnnn ssss 1y00 mmmm",
    "smlaw{y}{c} {d}, {m}, {s}, {n}",
    (t, { d, n, s, m, y }) => {
      if (namesPc(t, [d, n, s, m])) return;
      t.setReg(d, accumulate(t, wide(t, m, half(t, s, y)), t.reg(n)));
    },
    { needs: "v5e", unpredictable: ({ d, n, s, m }) => [d, n, s, m].includes(15) },
  ),
  a32(
    "smulwy",
    "cccc 0001 0010 dddd .... ssss 1y10 mmmm",
    "smulw{y}{c} {d}, {m}, {s}",
    (t, { d, s, m, y }) => {
      if (namesPc(t, [d, s, m])) return;
      t.setReg(d, wide(t, m, half(t, s, y)));
    },
    { needs: "v5e", unpredictable: ({ d, s, m }) => [d, s, m].includes(15) },
  ),
  a32(
    "smlalxy",
    "cccc 0001 0100 hhhh llll ssss 1yx0 mmmm",
    "smlal{x}{y}{c} {l}, {h}, {m}, {s}",
    (t, { h, l, s, m, x, y }) => {
      if (namesPc(t, [h, l, s, m])) return;
      const product = t.ir.extendS(t.ir.mul(half(t, m, x), half(t, s, y)));
      setPair(t, { h, l }, t.ir.add64(pair(t, { h, l }), product), false);
    },
    { needs: "v5e", unpredictable: ({ h, l, s, m }) => [h, l, s, m].includes(15) || h === l },
  ),
  a32(
    "smulxy",
    "cccc 0001 0110 dddd .... ssss 1yx0 mmmm",
    "smul{x}{y}{c} {d}, {m}, {s}",
    (t, { d, s, m, x, y }) => {
      if (namesPc(t, [d, s, m])) return;
      t.setReg(d, t.ir.mul(half(t, m, x), half(t, s, y)));
    },
    { needs: "v5e", unpredictable: ({ d, s, m }) => [d, s, m].includes(15) },
  ),
];
