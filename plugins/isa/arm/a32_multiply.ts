import type { Value } from "@emu/core";
import { setFlags64 } from "./alu.ts";
import { a32, type ArmRow } from "./rows.ts";
import type { Arm } from "./translator.ts";

interface LongFields {
  readonly h: number;
  readonly l: number;
  readonly S: number;
  readonly m: number;
  readonly s: number;
}

/** Multiplications may not name r15: UNPREDICTABLE, taken as undefined. */
export function namesPc(t: Arm, registers: readonly number[]): boolean {
  const named = registers.includes(15);
  if (named) t.undefined();
  return named;
}

/** RdHi:RdLo = Rm × Rs, plus RdHi:RdLo if `accumulate`. */
function long(
  t: Arm,
  { h, l, S, m, s }: LongFields,
  extend: "extendS" | "extendU",
  accumulate: boolean,
): void {
  if (namesPc(t, [h, l, m, s])) return;
  const { ir } = t;
  const product = ir.mul64(ir[extend](t.reg(m)), ir[extend](t.reg(s)));
  setPair(t, { h, l }, accumulate ? ir.add64(product, pair(t, { h, l })) : product, S === 1);
}

/** The 64-bit value RdHi:RdLo. */
export function pair(t: Arm, { h, l }: { readonly h: number; readonly l: number }): Value<"l"> {
  const { ir } = t;
  return ir.or64(ir.shl64(ir.extendU(t.reg(h)), ir.const64(32n)), ir.extendU(t.reg(l)));
}

export function setPair(
  t: Arm,
  { h, l }: { readonly h: number; readonly l: number },
  value: Value<"l">,
  setFlags: boolean,
): void {
  const { ir } = t;
  const low = ir.wrap(value), high = ir.wrap(ir.shrU64(value, ir.const64(32n)));
  t.setReg(l, low);
  t.setReg(h, high);
  if (setFlags) setFlags64(t, low, high);
}

function longUnpredictable({ h, l, m, s }: LongFields): boolean {
  return [h, l, m, s].includes(15) || h === l || h === m || l === m;
}

/** Multiplications (DDI 0100, A3.5). C and V stay: ARMv5 says so, ARMv4 leaves C open. */
export const MULTIPLY: readonly ArmRow[] = [
  a32("mul", "cccc 0000 000S dddd .... ssss 1001 mmmm", "mul{S}{c} {d}, {m}, {s}", (t, { d, s, m, S }) => {
    if (namesPc(t, [d, s, m])) return;
    const product = t.ir.mul(t.reg(m), t.reg(s));
    if (S) t.setFlags({ nz: product });
    t.setReg(d, product);
  }, { unpredictable: ({ d, s, m }) => [d, s, m].includes(15) || d === m }),
  a32("mla", "cccc 0000 001S dddd nnnn ssss 1001 mmmm", "mla{S}{c} {d}, {m}, {s}, {n}", (t, f) => {
    if (namesPc(t, [f.d, f.n, f.s, f.m])) return;
    const sum = t.ir.add(t.ir.mul(t.reg(f.m), t.reg(f.s)), t.reg(f.n));
    if (f.S) t.setFlags({ nz: sum });
    t.setReg(f.d, sum);
  }, { unpredictable: ({ d, n, s, m }) => [d, n, s, m].includes(15) || d === m }),
  a32(
    "umull",
    "cccc 0000 100S hhhh llll ssss 1001 mmmm",
    "umull{S}{c} {l}, {h}, {m}, {s}",
    (t, f) => long(t, f, "extendU", false),
    { unpredictable: longUnpredictable },
  ),
  a32(
    "umlal",
    "cccc 0000 101S hhhh llll ssss 1001 mmmm",
    "umlal{S}{c} {l}, {h}, {m}, {s}",
    (t, f) => long(t, f, "extendU", true),
    { unpredictable: longUnpredictable },
  ),
  a32(
    "smull",
    "cccc 0000 110S hhhh llll ssss 1001 mmmm",
    "smull{S}{c} {l}, {h}, {m}, {s}",
    (t, f) => long(t, f, "extendS", false),
    { unpredictable: longUnpredictable },
  ),
  a32(
    "smlal",
    "cccc 0000 111S hhhh llll ssss 1001 mmmm",
    "smlal{S}{c} {l}, {h}, {m}, {s}",
    (t, f) => long(t, f, "extendS", true),
    { unpredictable: longUnpredictable },
  ),
];
