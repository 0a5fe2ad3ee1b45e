import type { Value } from "@emu/core";
import { CONDITION_NAMES } from "./conditions.ts";
import type { ArmRow } from "./rows.ts";
import { S } from "./state.ts";
import type { Arm } from "./translator.ts";
import { vfp } from "./vfp_rows.ts";

/**
 * VFP loads and stores (DDI 0100, C4 and C5.2). A double-precision register is two words in memory, the low one first.
 *
 * @module
 */

const BASES = [...Array.from({ length: 13 }, (_, n) => `r${n}`), "sp", "lr", "pc"];

/** Consecutive words in memory and single-precision registers. */
interface Words {
  readonly first: number;
  readonly count: number;
}

/** All loads come before the first write of a register, so that a fault changes nothing. */
function loadWords(t: Arm, address: Value, { first, count }: Words): void {
  const words = Array.from({ length: count }, (_, i) => t.load(t.addConst(address, 4 * i), "u32"));
  words.forEach((word, i) => t.ir.set(S[first + i], word));
}

function storeWords(t: Arm, address: Value, { first, count }: Words): void {
  for (let i = 0; i < count; i++) t.store(t.addConst(address, 4 * i), t.ir.get(S[first + i]), "u32");
}

const TRANSFERS = [
  { verb: "st", l: "0", transfer: storeWords },
  { verb: "ld", l: "1", transfer: loadWords },
] as const;

interface OffsetFields {
  readonly c: number;
  readonly U: number;
  readonly n: number;
  readonly o: number;
}

function addressText({ n, U, o }: OffsetFields): string {
  return `[${BASES[n]}${o === 0 && U ? "" : `, #${U ? "" : "-"}${4 * o}`}]`;
}

function offsetAddress(t: Arm, { n, U, o }: OffsetFields): Value {
  return t.addConst(t.reg(n), U ? 4 * o : -4 * o);
}

const singleTransfers = TRANSFERS.flatMap(({ verb, l, transfer }): ArmRow[] => [
  vfp(
    `v${verb}r_f32`,
    `cccc 1101 UD0${l} nnnn dddd 1010 oooo oooo`,
    (f) => `v${verb}r${CONDITION_NAMES[f.c]} s${f.d << 1 | f.D}, ${addressText(f)}`,
    (t, f) => transfer(t, offsetAddress(t, f), { first: f.d << 1 | f.D, count: 1 }),
  ),
  vfp(
    `v${verb}r_f64`,
    `cccc 1101 U00${l} nnnn dddd 1011 oooo oooo`,
    (f) => `v${verb}r${CONDITION_NAMES[f.c]} d${f.d}, ${addressText(f)}`,
    (t, f) => transfer(t, offsetAddress(t, f), { first: 2 * f.d, count: 2 }),
  ),
]);

/** What a row of multiple transfers says; `words` is what the base changes by. */
interface Multiple extends Words {
  readonly n: number;
  readonly writeBack: boolean;
  readonly words: number;
  readonly down: boolean;
}

/** No register, more than there are, or writeback to the PC: UNPREDICTABLE. */
function isBad({ n, writeBack, first, count }: Omit<Multiple, "words" | "down">): boolean {
  return count === 0 || first + count > 32 || n === 15 && writeBack;
}

/** Taken as undefined if it is UNPREDICTABLE, as by QEMU. */
function transferMultiple(t: Arm, transfer: typeof loadWords, form: Multiple): void {
  if (isBad(form)) return t.undefined();
  const { n, writeBack, words, down } = form;
  const base = t.reg(n);
  const start = down ? t.addConst(base, -4 * words) : base;
  transfer(t, start, form);
  if (writeBack) t.setReg(n, down ? start : t.addConst(base, 4 * words));
}

function listText(letter: "s" | "d", first: number, count: number): string {
  return count === 1 ? `{${letter}${first}}` : `{${letter}${first}-${letter}${first + count - 1}}`;
}

/** Name and base; with writeback to the stack pointer it has a name of its own. */
function multipleText(
  verb: "ld" | "st",
  { c, n, writeBack, down }: {
    readonly c: number;
    readonly n: number;
    readonly writeBack: boolean;
    readonly down: boolean;
  },
): string {
  const condition = CONDITION_NAMES[c];
  if (n === 13 && writeBack && down === (verb === "st")) {
    return `v${verb === "st" ? "push" : "pop"}${condition}`;
  }
  return `v${verb}m${down ? "db" : "ia"}${condition} ${BASES[n]}${writeBack ? "!" : ""},`;
}

/** Addressing modes: increment after, with or without writeback; decrement before, with it. */
const MODES = [
  { suffix: "ia", top: "1100 1", w: "0", writeBack: false, down: false },
  { suffix: "ia", top: "1100 1", w: "1", writeBack: true, down: false },
  { suffix: "db", top: "1101 0", w: "1", writeBack: true, down: true },
] as const;

const multipleTransfers = TRANSFERS.flatMap(({ verb, l, transfer }) =>
  MODES.flatMap(({ suffix, top, w, writeBack, down }): ArmRow[] => {
    const single = (
      f: { readonly n: number; readonly d: number; readonly D: number; readonly o: number },
    ) => ({
      first: f.d << 1 | f.D,
      count: f.o,
      words: f.o,
    });
    // Of the odd count of FLDMX and FSTMX the last word is not used.
    const double = (
      f: { readonly n: number; readonly d: number; readonly o: number; readonly x: number },
    ) => ({
      first: 2 * f.d,
      count: 2 * f.o,
      words: 2 * f.o + f.x,
    });
    return [
      vfp(
        `v${verb}m${suffix}${w}_f32`,
        `cccc ${top}D${w}${l} nnnn dddd 1010 oooo oooo`,
        (f) => `${multipleText(verb, { ...f, writeBack, down })} ${listText("s", f.d << 1 | f.D, f.o)}`,
        (t, f) => transferMultiple(t, transfer, { ...single(f), n: f.n, writeBack, down }),
        { unpredictable: (f) => isBad({ ...single(f), n: f.n, writeBack }) },
      ),
      vfp(
        `v${verb}m${suffix}${w}_f64`,
        `cccc ${top}0${w}${l} nnnn dddd 1011 oooo ooox`,
        (f) =>
          f.x
            ? `f${verb}m${suffix}x${CONDITION_NAMES[f.c]} ${BASES[f.n]}${writeBack ? "!" : ""}, ${
              listText("d", f.d, f.o)
            }`
            : `${multipleText(verb, { ...f, writeBack, down })} ${listText("d", f.d, f.o)}`,
        (t, f) => transferMultiple(t, transfer, { ...double(f), n: f.n, writeBack, down }),
        { unpredictable: (f) => isBad({ ...double(f), n: f.n, writeBack }) },
      ),
    ];
  })
);

export const VFP_LOAD_STORE: readonly ArmRow[] = [...singleTransfers, ...multipleTransfers];
