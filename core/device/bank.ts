import type { FieldInfo } from "./device.ts";
import type { Register, RegisterTable } from "./registers.ts";

/**
 * Registers as a datasheet's table says them: names, fields, what an access does to each. The state stays one plain
 * object of numbers, a word a register; fields are typed views of it.
 *
 * @module
 */

/**
 * What an access does to bits: `rw` keep what is written; `r` are the device's to change; `w` read as 0 and are seen by
 * the hook `written` alone; `w1c` and `w1s` are cleared and set by writing 1; `rc` are cleared by a read.
 */
export type BitAccess = "rw" | "r" | "w" | "w1c" | "w1s" | "rc";

/** A field of a register: bits `msb` down to `lsb`. */
export interface BitField {
  /** Number of the highest bit. */
  readonly msb: number;
  /** Number of the lowest one. */
  readonly lsb: number;
  /** What an access does to it. */
  readonly access: BitAccess;
}

function field(access: BitAccess): (msb: number, lsb?: number) => BitField {
  return (msb, lsb = msb) => ({ msb, lsb, access });
}

/** Fields, as manuals write them: `bits.rw(7, 4)` is bits 7:4, `bits.w1c(0)` is bit 0. See `BitAccess`. */
export const bits = {
  rw: field("rw"),
  r: field("r"),
  w: field("w"),
  w1c: field("w1c"),
  w1s: field("w1s"),
  rc: field("rc"),
} as const;

/** A register of a bank. */
export interface BankRegister {
  /** Offset in the window. */
  readonly at: number;
  /** Value after reset. Default 0. */
  readonly reset?: number;
  /** What it is made of; the other bits are reserved. Without: one number of 32 bits. */
  readonly fields?: Readonly<Record<string, BitField>>;
  /** What an access does to a register without fields. Default "rw". */
  readonly access?: BitAccess;
}

/** Registers by name. */
export type BankTable = Readonly<Record<string, BankRegister>>;

/** What else happens at an access of a register. */
export interface BankHooks {
  /** Before a read: brings the state up to date, or gives what is read in its place. */
  read?(): number | void;
  /** After a write has gone to the fields. `value` is what was written, `before` what the register held. */
  written?(value: number, before: number): void;
}

/** A word of state for each register. */
export type BankState<B extends BankTable> = { -readonly [R in keyof B]: number };

/** The fields of each register, to read and to set. */
export type BankFields<B extends BankTable> = {
  readonly [R in keyof B]: B[R] extends { readonly fields: infer F } ? { -readonly [K in keyof F]: number }
    : Record<never, never>;
};

/** See `registerBank`. */
export interface RegisterBank<B extends BankTable> {
  /** The registers after reset, to be spread into the device's state. */
  readonly reset: Readonly<BankState<B>>;
  /** Views of the state's words: `CTRL.ENABLE` is a number, to read and to set. */
  fields(state: BankState<B>): BankFields<B>;
  /** Rows for `registerDevice`. */
  rows(state: BankState<B>, hooks?: { readonly [R in keyof B]?: BankHooks }): RegisterTable;
}

/**
 * Declares registers with their fields. Once for all instances: the state is the device's own.
 *
 * @throws {Error} "Cannot define register …" when fields share bits, or registers an offset.
 */
export function registerBank<const B extends BankTable>(table: B): RegisterBank<B> {
  const registers = Object.entries(table);
  check(registers);
  return {
    reset: Object.fromEntries(
      registers.map(([name, { reset = 0 }]) => [name, reset >>> 0]),
    ) as BankState<B>,
    fields: (state) =>
      Object.fromEntries(
        registers.map(([name, { fields = {} }]) => [name, view(state, name, fields)]),
      ) as BankFields<B>,
    rows: (state, hooks = {}) =>
      Object.fromEntries(
        registers.map((
          [name, register],
        ) => [register.at, row(state, { name, register, hooks: hooks[name] })]),
      ),
  };
}

function check(registers: readonly (readonly [string, BankRegister])[]): void {
  const offsets = new Map<number, string>();
  for (const [name, { at, fields = {} }] of registers) {
    const fail = (why: string) => {
      throw new Error(`Cannot define register ${name}: ${why}`);
    };
    const other = offsets.get(at);
    if (other !== undefined) fail(`register ${other} is at 0x${at.toString(16)} too`);
    offsets.set(at, name);
    let taken = 0;
    for (const [field, { msb, lsb }] of Object.entries(fields)) {
      if (!(lsb >= 0 && msb >= lsb && msb < 32)) fail(`field ${field} has bits ${msb}:${lsb}`);
      const mask = maskOf({ msb, lsb });
      if (taken & mask) fail(`field ${field} shares bits with another`);
      taken |= mask;
    }
  }
}

function maskOf({ msb, lsb }: Pick<BitField, "msb" | "lsb">): number {
  return (2 ** (msb - lsb + 1) - 1) * 2 ** lsb | 0;
}

function view(
  state: Record<string, number>,
  name: string,
  fields: Readonly<Record<string, BitField>>,
): Record<string, number> {
  const object: Record<string, number> = {};
  for (const [field, place] of Object.entries(fields)) {
    const { lsb } = place, mask = maskOf(place);
    Object.defineProperty(object, field, {
      enumerable: true,
      get: () => (state[name] & mask) >>> lsb,
      set: (value: number) => void (state[name] = (state[name] & ~mask | value << lsb & mask) >>> 0),
    });
  }
  return object;
}

interface RowParts {
  readonly name: string;
  readonly register: BankRegister;
  readonly hooks: BankHooks | undefined;
}

function row(state: Record<string, number>, { name, register, hooks }: RowParts): Register {
  const { fields, access = "rw" } = register;
  const list = fields ? Object.values(fields) : [{ msb: 31, lsb: 0, access }];
  const mask = (...kinds: BitAccess[]) =>
    list.reduce((sum, one) => kinds.includes(one.access) ? sum | maskOf(one) : sum, 0);
  const kept = mask("rw", "w"), clearing = mask("w1c"), setting = mask("w1s");
  const pulse = mask("w"), readable = ~pulse, readClears = mask("rc");
  const infos = fields && Object.entries(fields).map(([field, { msb, lsb, access }]): FieldInfo => ({
    name: field,
    msb,
    lsb,
    access,
  }));

  return {
    name,
    still: readClears === 0 && hooks?.read === undefined,
    ...infos && { fields: infos, bits: mask("rw", "r", "w", "w1c", "w1s", "rc") },
    ...(readable & mask("rw", "r", "w1c", "w1s", "rc") || hooks?.read) && {
      read() {
        const given = hooks?.read?.();
        const value = given ?? state[name] & readable;
        state[name] = (state[name] & ~readClears) >>> 0;
        return value;
      },
    },
    ...(kept | clearing | setting || hooks?.written) && {
      write(value: number, lanes: number) {
        const before = state[name], ones = value & lanes;
        let next = before & ~(kept & lanes) | ones & kept;
        next = (next & ~(ones & clearing)) | ones & setting;
        state[name] = next >>> 0;
        hooks?.written?.(value, before);
        state[name] = (state[name] & ~pulse) >>> 0;
      },
    },
  };
}
