import type { Disassembly } from "@emu/core";
import { registerList, ror, signExtend } from "./bits.ts";
import { CONDITION, CONDITION_NAMES } from "./conditions.ts";
import { type AnyFields, compileSyntax, type Format } from "./decode.ts";
import { decodersForAll } from "./decoders.ts";
import type { ArmRow } from "./rows.ts";
import { TB } from "./state.ts";

/**
 * Instructions as text, in the unified syntax. The rows of the decoder tables name these formats.
 *
 * @module
 */

const REGISTERS = [...Array.from({ length: 13 }, (_, n) => `r${n}`), "sp", "lr", "pc"];
const SHIFTS = ["lsl", "lsr", "asr", "ror"];
const HALVES = ["b", "t"];

const register = (letter: string): Format => (f) => REGISTERS[f[letter]];
const number = (size: number): Format => (f) => `#${size * f.i}`;

function hex(value: number, digits = 1): string {
  return `0x${(value >>> 0).toString(16).padStart(digits, "0")}`;
}

/** A rotated immediate; with its rotation where the assembler would have chosen another. */
function rotatedImmediate({ r, i }: AnyFields): string {
  const value = ror(i, 2 * r);
  const rotations = Array.from({ length: 16 }, (_, n) => n);
  const shortest = rotations.find((n) => ror(value, 32 - 2 * n & 31) >>> 0 <= 0xff);
  return shortest === r ? `#${value}` : `#${i}, ${2 * r}`;
}

/** Shift by a constant, with the comma before it; nothing for LSL by 0. */
function constantShift({ t, a }: AnyFields): string {
  if (a === 0 && t === 0) return "";
  if (a === 0 && t === 3) return ", rrx";
  return `, ${SHIFTS[t]} #${a || 32}`;
}

/** The name that MOV of a shifted register has. */
function shiftName({ t, a }: AnyFields): string {
  if (a === 0 && t === 0) return "mov";
  return a === 0 && t === 3 ? "rrx" : SHIFTS[t];
}

function shiftAmount({ t, a }: AnyFields): string {
  return a === 0 && (t === 0 || t === 3) ? "" : `, #${a || 32}`;
}

function address({ P, W, n }: AnyFields, offset: string): string {
  if (!P) return `[${REGISTERS[n]}], ${offset}`;
  return `[${REGISTERS[n]}${offset && `, ${offset}`}]${W ? "!" : ""}`;
}

/** The offset of 0 goes without saying, but for subtraction and writeback. */
function immediateAddress(f: AnyFields): string {
  const silent = f.i === 0 && f.U && f.P && !f.W;
  return address(f, silent ? "" : `#${f.U ? "" : "-"}${f.i}`);
}

function registerAddress(f: AnyFields, shift = ""): string {
  return address(f, `${f.U ? "" : "-"}${REGISTERS[f.m]}${shift}`);
}

function list(bits: number): string {
  return `{${registerList(bits).map((n) => REGISTERS[n]).join(", ")}}`;
}

/** Name and base of a block transfer. On the stack it has a name of its own. */
function blockTransfer(name: "ldm" | "stm", special = false): Format {
  return ({ c, P, U, W, n, l }) => {
    const load = name === "ldm", condition = CONDITION_NAMES[c];
    const stack = n === 13 && W && !special && (load ? U && !P : !U && P);
    if (stack && l & l - 1) return `${load ? "pop" : "push"}${condition}`;
    const mode = stack ? "fd" : `${U ? "i" : "d"}${P ? "b" : "a"}`;
    // objdump leaves "increment after" out, but not in all rows of its table.
    const silent = mode === "ia" && (load || !(W || special));
    return `${name}${silent ? "" : mode}${condition} ${REGISTERS[n]}${W ? "!" : ""},`;
  };
}

/** Fields of a status register, as MSR names them. */
function statusFields({ R, f }: AnyFields): string {
  const fields = [..."fsxc"].filter((_, i) => f >> (3 - i) & 1).join("");
  return `${R ? "SPSR" : "CPSR"}_${fields}`;
}

const target = (width: number, ahead: number, size: number): Format => ({ i, H }, at) =>
  hex(at + ahead + size * signExtend(i, width) + 2 * (H ?? 0));

/** What the names in the syntax of a row stand for. */
const FORMATS: Readonly<Record<string, Format>> = {
  c: ({ c }) => CONDITION_NAMES[c],
  S: ({ S }) => S ? "s" : "",
  T: ({ P, W }) => !P && W ? "t" : "",
  x: ({ x }) => HALVES[x],
  y: ({ y }) => HALVES[y],
  ...Object.fromEntries([..."dnmshl"].map((letter) => [letter, register(letter)])),

  imm: rotatedImmediate,
  shifted: (f) => `${REGISTERS[f.m]}${constantShift(f)}`,
  shift: shiftName,
  by: shiftAmount,
  type: ({ t }) => SHIFTS[t],

  address: immediateAddress,
  address_register: (f) => registerAddress(f),
  address_scaled: (f) => registerAddress(f, constantShift(f)),
  address_pld: (f) => immediateAddress({ ...f, P: 1, W: 0 }),
  address_pld_scaled: (f) => registerAddress({ ...f, P: 1, W: 0 }, constantShift(f)),
  ldm: blockTransfer("ldm"),
  stm: blockTransfer("stm"),
  ldm_special: blockTransfer("ldm", true),
  stm_user: blockTransfer("stm", true),
  list: ({ l }) => list(l),

  psr: ({ R }) => R ? "SPSR" : "CPSR",
  psr_fields: statusFields,
  svc: ({ i }) => hex(i, 8),
  bkpt: ({ i }) => hex(i, 4),
  target: target(24, 8, 4),
  target_thumb: target(24, 8, 4),

  i: ({ i }) => String(i),
  i2: number(2),
  i4: number(4),
  i32: ({ i }) => `#${i || 32}`,
  movs_lsl: ({ i, m, d }) =>
    i === 0 ? `movs ${REGISTERS[d]}, ${REGISTERS[m]}` : `lsls ${REGISTERS[d]}, ${REGISTERS[m]}, #${i}`,
  list_push: ({ R, l }) => list(l | R << 14),
  list_pop: ({ R, l }) => list(l | R << 15),
  ldmia: ({ n, l }) => `ldmia ${REGISTERS[n]}${l >> n & 1 ? "" : "!"},`,
  target8: target(8, 4, 2),
  target11: target(11, 4, 2),
};

const printers = new Map<ArmRow, Format>();

/** The text of an instruction word that a row matches. */
export function rowText(row: ArmRow, word: number, at: number): string {
  let print = printers.get(row);
  if (!print) {
    print = compileSyntax(row, FORMATS);
    printers.set(row, print);
  }
  return print(row.extract(word), at);
}

/** Disassembles one instruction of any model; `flags` as `CPU.tbflags`. */
export function disassembleArm(bytes: Uint8Array, at: number, flags: number): Disassembly {
  const { a32, unconditional, t16 } = decodersForAll();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const thumb = (flags & TB.T) !== 0;
  if (bytes.length < (thumb ? 2 : 4)) return { text: "<no bytes>", length: bytes.length };
  if (!thumb) {
    const word = view.getUint32(0, true);
    const row = (word >>> 28 === CONDITION.NV ? unconditional : a32).find(word);
    return { text: row ? rowText(row, word, at) : `.word ${hex(word, 8)}`, length: 4 };
  }
  const word = view.getUint16(0, true);
  const pair = word >> 11 === 0b11110 && bytes.length >= 4
    ? longBranch(word, view.getUint16(2, true), at)
    : "";
  if (pair) return { text: pair, length: 4 };
  const row = t16.find(word);
  return { text: row ? rowText(row, word, at) : `.short ${hex(word, 4)}`, length: 2 };
}

/** Both halves of a Thumb BL or BLX; empty if they are not that. */
function longBranch(first: number, second: number, at: number): string {
  const to = at + 4 + (signExtend(first, 11) << 12) + ((second & 0x7ff) << 1);
  if (second >> 11 === 0b11111) return `bl ${hex(to)}`;
  return (second & 0xf801) === 0xe800 ? `blx ${hex(to & ~3)}` : "";
}
