import type { Value } from "@emu/core";
import { a32, type ArmRow } from "./rows.ts";
import { shiftByConstant } from "./shifter.ts";
import type { AccessKind, Arm } from "./translator.ts";

/** Fields that all forms of addressing share: pre-indexed, up, writeback, base, transferred register. */
export interface AddressFields {
  readonly P: number;
  readonly U: number;
  readonly W: number;
  readonly n: number;
  readonly d: number;
}

/** Where an access goes, and what is left in the base register. */
export interface Address {
  readonly address: Value;
  readonly writeBack: Value | undefined;
}

/** Applies the offset before or after the access (DDI 0100, A5.2 and A5.3). */
export function indexed(
  t: Arm,
  { P, U, W, n }: AddressFields,
  offset: number | Value,
  register = false,
): Address {
  const base = t.reg(n);
  let moved: Value;
  if (register) moved = U ? t.ir.add(base, offset as Value) : t.ir.sub(base, offset as Value);
  else if (n === 15) moved = t.const(t.pcValue() + (U ? offset : -offset));
  else moved = t.addConst(base, U ? offset : -offset);
  return { address: P ? moved : base, writeBack: !P || W ? moved : undefined };
}

/** Loads Rd. The base is written first, so that a loaded base keeps what was loaded. */
export function loadRegister(t: Arm, { n, d }: AddressFields, at: Address, { kind, mmu }: Access): void {
  const value = t.load(at.address, kind, mmu);
  if (at.writeBack !== undefined) writeBase(t, n, at.writeBack);
  t.setLoaded(d, value);
}

export function storeRegister(t: Arm, { n, d }: AddressFields, at: Address, { kind, mmu }: Access): void {
  t.store(at.address, t.reg(d), kind, mmu);
  if (at.writeBack !== undefined) writeBase(t, n, at.writeBack);
}

/** Writes the base back; r15 as base with writeback is UNPREDICTABLE and keeps its value. */
export function writeBase(t: Arm, n: number, value: Value): void {
  if (n !== 15) t.setReg(n, value);
}

/** How an access goes to memory. */
export interface Access {
  readonly kind: AccessKind;
  readonly mmu: number;
}

/** Post-indexed with W are the T variants: accesses as if from user mode (DDI 0100, A4.1.22). */
function mmuOf(t: Arm, { P, W }: AddressFields): number {
  return !P && W ? t.userMmu() : t.mmu();
}

/** Writeback to the PC or to a loaded register, bytes in the PC. */
function badBase({ P, W, n, d }: AddressFields): boolean {
  return (!P || W === 1) && (n === 15 || n === d);
}

function badTransfer(f: AddressFields, byte: boolean): boolean {
  return badBase(f) || (f.d === 15 && (byte || (!f.P && f.W === 1)));
}

interface RegisterOffsetFields extends AddressFields {
  readonly a: number;
  readonly t: number;
  readonly m: number;
}

function scaledOffset(t: Arm, { a, t: type, m }: RegisterOffsetFields): Value {
  return shiftByConstant(t, t.reg(m), { type, amount: a, wantCarry: false }).value;
}

/** Register offsets may not be the PC, nor the base that is written back. */
function badOffset({ P, W, n, m }: RegisterOffsetFields): boolean {
  return m === 15 || ((!P || W === 1) && n === m);
}

const LOADS_AND_STORES = [
  { name: "str", bits: "0", load: "0", kind: "u32", transfer: storeRegister },
  { name: "ldr", bits: "0", load: "1", kind: "rotated", transfer: loadRegister },
  { name: "strb", bits: "1", load: "0", kind: "u8", transfer: storeRegister },
  { name: "ldrb", bits: "1", load: "1", kind: "u8", transfer: loadRegister },
] as const;

/** Loads and stores of words and unsigned bytes (DDI 0100, A3.11.1). */
export const LOAD_STORE: readonly ArmRow[] = [
  ...LOADS_AND_STORES.flatMap(({ name, bits, load, kind, transfer }) => [
    a32(
      `${name}_imm`,
      `cccc 010P U${bits}W${load} nnnn dddd iiii iiii iiii`,
      `${name}{T}{c} {d}, {address}`,
      (t, f) => transfer(t, f, indexed(t, f, f.i), { kind, mmu: mmuOf(t, f) }),
      { unpredictable: (f) => badTransfer(f, kind === "u8") },
    ),
    a32(
      `${name}_reg`,
      `cccc 011P U${bits}W${load} nnnn dddd aaaa att0 mmmm`,
      `${name}{T}{c} {d}, {address_scaled}`,
      (t, f) => transfer(t, f, indexed(t, f, scaledOffset(t, f), true), { kind, mmu: mmuOf(t, f) }),
      { unpredictable: (f) => badTransfer(f, kind === "u8") || badOffset(f) },
    ),
  ]),
  // SWP is a load and a store; what it stores goes to the address as it is, low bits ignored.
  a32("swp", "cccc 0001 0000 nnnn dddd .... 1001 mmmm", "swp{c} {d}, {m}, [{n}]", (t, f) => {
    swap(t, f, "rotated", "u32");
  }, { unpredictable: badSwap }),
  a32("swpb", "cccc 0001 0100 nnnn dddd .... 1001 mmmm", "swpb{c} {d}, {m}, [{n}]", (t, f) => {
    swap(t, f, "u8", "u8");
  }, { unpredictable: badSwap }),
];

interface SwapFields {
  readonly d: number;
  readonly m: number;
  readonly n: number;
}

function swap(t: Arm, { d, m, n }: SwapFields, load: AccessKind, store: AccessKind): void {
  const value = t.load(t.reg(n), load);
  t.store(t.reg(n), t.reg(m), store);
  t.setLoaded(d, value);
}

function badSwap({ d, m, n }: SwapFields): boolean {
  return [d, m, n].includes(15) || n === m || n === d;
}
