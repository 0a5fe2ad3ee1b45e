import type { Value } from "@emu/core";
import { registerList } from "./bits.ts";
import { HELPERS } from "./helpers.ts";
import { a32, type ArmRow } from "./rows.ts";
import type { Arm } from "./translator.ts";

/** Fields of block transfers: before or after, up or down, writeback, base, register list. */
export interface BlockFields {
  readonly P: number;
  readonly U: number;
  readonly W: number;
  readonly n: number;
  readonly l: number;
}

/** Bytes from the base to the lowest word of the block, whatever the direction (DDI 0100, A5.4). */
function firstOffset({ P, U }: BlockFields, count: number): number {
  if (U) return P ? 4 : 0;
  return P ? -4 * count : 4 - 4 * count;
}

/** What the base is after the transfer. */
function movedBase(t: Arm, { U, n }: BlockFields, count: number): Value {
  return t.addConst(t.reg(n), U ? 4 * count : -4 * count);
}

/** An empty list and r15 as base are UNPREDICTABLE, taken as undefined. */
function impossible({ n, l }: BlockFields): boolean {
  return l === 0 || n === 15;
}

/** The words of the block, lowest register first. */
function loadWords(t: Arm, f: BlockFields, registers: readonly number[]): Value[] {
  const first = firstOffset(f, registers.length);
  return registers.map((_, i) => t.load(t.addConst(t.reg(f.n), first + 4 * i), "u32"));
}

/** LDM: all words are loaded before a register is written; a loaded base wins over the writeback. */
export function loadMultiple(t: Arm, f: BlockFields): void {
  if (impossible(f)) return t.undefined();
  const registers = registerList(f.l);
  const words = loadWords(t, f, registers);
  if (f.W) t.setReg(f.n, movedBase(t, f, registers.length));
  for (const [i, n] of registers.entries()) t.setLoaded(n, words[i]);
}

/** STM: stores the base as it was. */
export function storeMultiple(t: Arm, f: BlockFields): void {
  if (impossible(f)) return t.undefined();
  storeWords(t, f, (n) => t.reg(n));
  if (f.W) t.setReg(f.n, movedBase(t, f, registerList(f.l).length));
}

function storeWords(t: Arm, f: BlockFields, value: (n: number) => Value): void {
  const registers = registerList(f.l);
  const first = firstOffset(f, registers.length);
  // All values before the first store: stores that follow each other go through one look-up in the TLB.
  const values = registers.map(value);
  for (const [i, word] of values.entries()) {
    t.store(t.addConst(t.reg(f.n), first + 4 * i), word, "u32");
  }
}

/** LDM with `^`: with the PC in the list an exception return, else the registers of user mode. */
function loadMultipleSpecial(t: Arm, f: BlockFields): void {
  const returns = (f.l & 1 << 15) !== 0;
  if (impossible(f) || t.user || (f.W && !returns)) return t.undefined();
  const registers = registerList(f.l);
  const words = loadWords(t, f, registers);
  if (f.W) t.setReg(f.n, movedBase(t, f, registers.length));
  for (const [i, n] of registers.entries()) {
    if (n === 15) t.exceptionReturn(words[i]);
    else if (returns || !banked(n)) t.setReg(n, words[i]);
    else t.ir.call(HELPERS.writeUser, t.const(n), words[i]);
  }
}

/** STM with `^`: the registers of user mode. */
function storeMultipleUser(t: Arm, f: BlockFields): void {
  if (impossible(f) || t.user || f.W) return t.undefined();
  storeWords(t, f, (n) => banked(n) ? t.ir.callI(HELPERS.readUser, t.const(n)) : t.reg(n));
}

/** Registers of which some mode has its own. */
function banked(n: number): boolean {
  return n >= 8 && n < 15;
}

function lowestOf(list: number): number {
  return 31 - Math.clz32(list & -list);
}

/** Loads and stores of several registers (DDI 0100, A3.12). */
export const BLOCK: readonly ArmRow[] = [
  a32(
    "ldm",
    "cccc 100P U0W1 nnnn llll llll llll llll",
    "{ldm} {list}",
    loadMultiple,
    { unpredictable: (f) => impossible(f) || (f.W === 1 && (f.l >> f.n & 1) === 1) },
  ),
  a32(
    "stm",
    "cccc 100P U0W0 nnnn llll llll llll llll",
    "{stm} {list}",
    storeMultiple,
    {
      unpredictable: (f) => impossible(f) || (f.W === 1 && (f.l >> f.n & 1) === 1 && lowestOf(f.l) !== f.n),
    },
  ),
  a32(
    "ldm_special",
    "cccc 100P U1W1 nnnn llll llll llll llll",
    "{ldm_special} {list}^",
    loadMultipleSpecial,
    { unpredictable: (f) => impossible(f) || (f.W === 1 && (f.l < 0x8000 || (f.l >> f.n & 1) === 1)) },
  ),
  a32(
    "stm_user",
    "cccc 100P U1W0 nnnn llll llll llll llll",
    "{stm_user} {list}^",
    storeMultipleUser,
    { unpredictable: (f) => impossible(f) || f.W === 1 },
  ),
];
