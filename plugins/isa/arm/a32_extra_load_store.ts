import {
  type Address,
  type AddressFields,
  indexed,
  loadRegister,
  storeRegister,
  writeBase,
} from "./a32_load_store.ts";
import { a32, type ArmRow } from "./rows.ts";
import type { AccessKind, Arm } from "./translator.ts";

const HALFWORDS = [
  { name: "strh", load: "0", type: "01", kind: "u16", transfer: storeRegister },
  { name: "ldrh", load: "1", type: "01", kind: "u16", transfer: loadRegister },
  { name: "ldrsb", load: "1", type: "10", kind: "s8", transfer: loadRegister },
  { name: "ldrsh", load: "1", type: "11", kind: "s16", transfer: loadRegister },
] as const;

const DOUBLES = [
  { name: "ldrd", type: "10", transfer: loadPair },
  { name: "strd", type: "11", transfer: storePair },
] as const;

/**
 * Rd and Rd+1 from two words. Faults on addresses that are not a multiple of 4; that a multiple of 8 is asked for
 * is left UNPREDICTABLE (DDI 0100, A4.1.26), and taken as two words.
 */
function loadPair(t: Arm, { n, d }: AddressFields, { address, writeBack }: Address): void {
  const first = t.load(address, "pair"), second = t.load(t.addConst(address, 4), "pair");
  if (writeBack !== undefined) writeBase(t, n, writeBack);
  t.setReg(d, first);
  t.setLoaded(d + 1, second);
}

function storePair(t: Arm, { n, d }: AddressFields, { address, writeBack }: Address): void {
  t.store(address, t.reg(d), "pair");
  t.store(t.addConst(address, 4), t.reg(d + 1), "pair");
  if (writeBack !== undefined) writeBase(t, n, writeBack);
}

/** Odd pairs are undefined (DDI 0100, A4.1.26). */
function evenPair(t: Arm, f: AddressFields, at: () => Address, transfer: typeof loadPair): void {
  if (f.d & 1) t.undefined();
  else transfer(t, f, at());
}

function ordinary(t: Arm, kind: AccessKind) {
  return { kind, mmu: t.mmu() };
}

/** Post-indexed addressing has no W here, and PC and overlaps with the base are out (DDI 0100, A5.3). */
function bad({ P, W, n, d }: AddressFields): boolean {
  return (!P && W === 1) || d === 15 || ((!P || W === 1) && (n === 15 || n === d));
}

function badPair(f: AddressFields): boolean {
  return bad(f) || (f.d & 1) === 1 || f.d === 14 || ((!f.P || f.W === 1) && f.n === f.d + 1);
}

function badOffset({ P, W, n, m }: AddressFields & { readonly m: number }): boolean {
  return m === 15 || ((!P || W === 1) && n === m);
}

/** Loads and stores of halfwords, signed bytes and doublewords (DDI 0100, A3.11.2). */
export const EXTRA_LOAD_STORE: readonly ArmRow[] = [
  ...HALFWORDS.flatMap(({ name, load, type, kind, transfer }) => [
    a32(
      `${name}_imm`,
      `cccc 000P U1W${load} nnnn dddd iiii 1${type}1 iiii`,
      `${name}{c} {d}, {address}`,
      (t, f) => transfer(t, f, indexed(t, f, f.i), ordinary(t, kind)),
      { unpredictable: bad },
    ),
    a32(
      `${name}_reg`,
      `cccc 000P U0W${load} nnnn dddd .... 1${type}1 mmmm`,
      `${name}{c} {d}, {address_register}`,
      (t, f) => transfer(t, f, indexed(t, f, t.reg(f.m), true), ordinary(t, kind)),
      { unpredictable: (f) => bad(f) || badOffset(f) },
    ),
  ]),
  ...DOUBLES.flatMap(({ name, type, transfer }) => [
    a32(
      `${name}_imm`,
      `cccc 000P U1W0 nnnn dddd iiii 1${type}1 iiii`,
      `${name}{c} {d}, {address}`,
      (t, f) => evenPair(t, f, () => indexed(t, f, f.i), transfer),
      { needs: "v5e", unpredictable: badPair },
    ),
    a32(
      `${name}_reg`,
      `cccc 000P U0W0 nnnn dddd .... 1${type}1 mmmm`,
      `${name}{c} {d}, {address_register}`,
      (t, f) => evenPair(t, f, () => indexed(t, f, t.reg(f.m), true), transfer),
      // A loaded pair may not hold the index either.
      {
        needs: "v5e",
        unpredictable: (f) =>
          badPair(f) || badOffset(f) || (name === "ldrd" && (f.m === f.d || f.m === f.d + 1)),
      },
    ),
  ]),
];
