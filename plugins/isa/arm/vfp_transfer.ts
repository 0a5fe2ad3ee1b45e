import { CPU, type Value } from "@emu/core";
import { setFlagsFromTop } from "./a32_coprocessor.ts";
import { CONDITION_NAMES } from "./conditions.ts";
import type { ModelFeatures } from "./cpus.ts";
import { HELPERS } from "./helpers.ts";
import { a32, type ArmRow } from "./rows.ts";
import { ARM, S, TB } from "./state.ts";
import type { Arm } from "./translator.ts";
import { vfp } from "./vfp_rows.ts";

/**
 * Transfers between core and VFP registers (DDI 0100, C3.2).
 *
 * @module
 */

const NAMES = [...Array.from({ length: 13 }, (_, n) => `r${n}`), "sp", "lr", "pc"];

/** To the PC: to the flags, as QEMU does what the manual leaves open. */
function toCore(t: Arm, d: number, value: Value): void {
  if (d === 15) setFlagsFromTop(t, value);
  else t.setReg(d, value);
}

const isPc = ({ d }: { readonly d: number }) => d === 15;

const single: ArmRow[] = [
  vfp(
    "vmov_s_r",
    "cccc 1110 0000 nnnn dddd 1010 N001 0000",
    ({ c, d, n, N }) => `vmov${CONDITION_NAMES[c]} s${n << 1 | N}, ${NAMES[d]}`,
    (t, { d, n, N }) => t.ir.set(S[n << 1 | N], t.reg(d)),
    { unpredictable: isPc },
  ),
  vfp(
    "vmov_r_s",
    "cccc 1110 0001 nnnn dddd 1010 N001 0000",
    ({ c, d, n, N }) => `vmov${CONDITION_NAMES[c]} ${NAMES[d]}, s${n << 1 | N}`,
    (t, { d, n, N }) => toCore(t, d, t.ir.get(S[n << 1 | N])),
    { unpredictable: isPc },
  ),
  // Bit 21: the high word of a double-precision register.
  vfp(
    "vmov_d_r",
    "cccc 1110 00h0 nnnn dddd 1011 0001 0000",
    ({ c, d, n, h }) => `vmov${CONDITION_NAMES[c]}.32 d${n}[${h}], ${NAMES[d]}`,
    (t, { d, n, h }) => t.ir.set(S[n << 1 | h], t.reg(d)),
    { unpredictable: isPc },
  ),
  vfp(
    "vmov_r_d",
    "cccc 1110 00h1 nnnn dddd 1011 0001 0000",
    ({ c, d, n, h }) => `vmov${CONDITION_NAMES[c]}.32 ${NAMES[d]}, d${n}[${h}]`,
    (t, { d, n, h }) => toCore(t, d, t.ir.get(S[n << 1 | h])),
    { unpredictable: isPc },
  ),
];

interface Pair {
  readonly d: number;
  readonly n: number;
}

/** From two core registers to single-precision register `first` and the next. */
function toPair(t: Arm, first: number, { d, n }: Pair): void {
  t.ir.set(S[first], t.reg(d));
  t.ir.set(S[first + 1], t.reg(n));
}

function fromPair(t: Arm, first: number, { d, n }: Pair): void {
  const low = t.ir.get(S[first]), high = t.ir.get(S[first + 1]);
  toCore(t, d, low);
  toCore(t, n, high);
}

const badPair = ({ d, n }: Pair) => d === 15 || n === 15;

/** Single-precision register 31 has no next one: UNPREDICTABLE, taken as undefined. */
const LAST = 31;

const pairs: ArmRow[] = [
  vfp(
    "vmov_ss_rr",
    "cccc 1100 0100 nnnn dddd 1010 00M1 mmmm",
    ({ c, d, n, m, M }) =>
      `vmov${CONDITION_NAMES[c]} s${m << 1 | M}, s${(m << 1 | M) + 1}, ${NAMES[d]}, ${NAMES[n]}`,
    (t, { d, n, m, M }) => (m << 1 | M) === LAST ? t.undefined() : toPair(t, m << 1 | M, { d, n }),
    { unpredictable: (f) => badPair(f) || (f.m << 1 | f.M) === LAST },
  ),
  vfp(
    "vmov_rr_ss",
    "cccc 1100 0101 nnnn dddd 1010 00M1 mmmm",
    ({ c, d, n, m, M }) =>
      `vmov${CONDITION_NAMES[c]} ${NAMES[d]}, ${NAMES[n]}, s${m << 1 | M}, s${(m << 1 | M) + 1}`,
    (t, { d, n, m, M }) => (m << 1 | M) === LAST ? t.undefined() : fromPair(t, m << 1 | M, { d, n }),
    { unpredictable: (f) => badPair(f) || f.d === f.n || (f.m << 1 | f.M) === LAST },
  ),
  vfp(
    "vmov_d_rr",
    "cccc 1100 0100 nnnn dddd 1011 0001 mmmm",
    ({ c, d, n, m }) => `vmov${CONDITION_NAMES[c]} d${m}, ${NAMES[d]}, ${NAMES[n]}`,
    (t, { d, n, m }) => toPair(t, m << 1, { d, n }),
    { unpredictable: badPair },
  ),
  vfp(
    "vmov_rr_d",
    "cccc 1100 0101 nnnn dddd 1011 0001 mmmm",
    ({ c, d, n, m }) => `vmov${CONDITION_NAMES[c]} ${NAMES[d]}, ${NAMES[n]}, d${m}`,
    (t, { d, n, m }) => fromPair(t, m << 1, { d, n }),
    { unpredictable: (f) => badPair(f) || f.d === f.n },
  ),
];

/** How a system register is reached (DDI 0100, C2.7). */
interface SystemRegister {
  readonly name: string;
  readonly bits: string;
  /** Not from user mode. */
  readonly privileged: boolean;
  /** From a privileged mode while VFP is off too. */
  readonly always: boolean;
  read(t: Arm): Value;
  write(t: Arm, value: Value): void;
}

/** What follows is translated for other flags. */
function endBlock(t: Arm): void {
  t.ir.set(CPU.pc, t.const(t.next));
  t.t.jumpIndirect();
}

const SYSTEM = [
  {
    name: "fpsid",
    bits: "0000",
    privileged: false,
    always: true,
    read: (t: Arm) => t.const((t.features as ModelFeatures).fpsid),
    write: (_t: Arm, _value: Value) => {},
  },
  {
    name: "fpscr",
    bits: "0001",
    privileged: false,
    always: false,
    read: (t: Arm) => t.ir.callI(HELPERS.readFpscr),
    write: (t: Arm, value: Value) => {
      t.ir.call(HELPERS.writeFpscr, value);
      endBlock(t);
    },
  },
  {
    name: "fpexc",
    bits: "1000",
    privileged: true,
    always: true,
    read: (t: Arm) => t.ir.get(ARM.fpexc),
    write: (t: Arm, value: Value) => {
      t.ir.call(HELPERS.writeFpexc, value);
      endBlock(t);
    },
  },
  {
    name: "fpinst",
    bits: "1001",
    privileged: true,
    always: false,
    read: (t: Arm) => t.ir.get(ARM.fpinst),
    write: (t: Arm, value: Value) => t.ir.set(ARM.fpinst, value),
  },
  {
    name: "fpinst2",
    bits: "1010",
    privileged: true,
    always: false,
    read: (t: Arm) => t.ir.get(ARM.fpinst2),
    write: (t: Arm, value: Value) => t.ir.set(ARM.fpinst2, value),
  },
] as const satisfies readonly SystemRegister[];

function isReached(t: Arm, { privileged, always }: SystemRegister): boolean {
  if (t.user && privileged) return false;
  return (t.t.flags & TB.VFP) !== 0 || always && !t.user;
}

const NEEDS_VFP = { needs: "vfp" } as const;

const system = SYSTEM.flatMap((register): ArmRow[] => [
  a32(
    `vmsr_${register.name}`,
    `cccc 1110 1110 ${register.bits} dddd 1010 0001 0000`,
    ({ c, d }) => `vmsr${CONDITION_NAMES[c]} ${register.name}, ${NAMES[d]}`,
    (t, { d }) => isReached(t, register) ? register.write(t, t.reg(d)) : t.undefined(),
    { ...NEEDS_VFP, unpredictable: isPc },
  ),
  a32(
    `vmrs_${register.name}`,
    `cccc 1110 1111 ${register.bits} dddd 1010 0001 0000`,
    ({ c, d }) => `vmrs${CONDITION_NAMES[c]} ${d === 15 ? "APSR_nzcv" : NAMES[d]}, ${register.name}`,
    (t, { d }) => isReached(t, register) ? toCore(t, d, register.read(t)) : t.undefined(),
    { ...NEEDS_VFP, unpredictable: (f) => isPc(f) && register.name !== "fpscr" },
  ),
]);

// FMSTAT: the flags of a comparison. They stand in the state; the helper is not needed.
const flags: ArmRow[] = [
  vfp(
    "vmrs_flags",
    "cccc 1110 1111 0001 1111 1010 0001 0000",
    "vmrs{c} APSR_nzcv, fpscr",
    (t) => setFlagsFromTop(t, t.ir.get(ARM.fpscr)),
  ),
];

export const VFP_TRANSFER: readonly ArmRow[] = [...single, ...pairs, ...system, ...flags];
