import type { Device, DeviceContext, RegisterInfo } from "./device.ts";

/** One register. Without `read` or `write` it is known but not modelled: the access is logged by name. */
export interface Register {
  readonly name: string;
  read?(): number;
  /** `value` is unsigned and as wide as the register file. */
  write?(value: number): void;
}

/** The rows of a register file, by offset. */
export type RegisterTable = Readonly<Record<number, Register>>;

/** What `registerDevice` makes a device of. */
export interface RegisterFile<S extends object> {
  /** The *whole* state; reset, snapshot and restore are derived from it. Never keep a reference to a member. */
  readonly state: S;
  readonly registers: RegisterTable;
  /** Drives every line and timer from the state. Called after each access, reset and restore. */
  outputs?(): void;
  /** Runs after `reset` has put the state back: for cancelling work in flight. */
  onReset?(): void;
  /** Runs after `restore`. */
  onRestore?(): void;
  /** Bytes a register holds; accesses are widened or split to it. Default 4. */
  readonly width?: 1 | 2 | 4;
}

/** A device whose window is a file of registers of one width. */
export function registerDevice<S extends object>(
  context: Pick<DeviceContext, "log">,
  { state, registers, outputs, onReset, onRestore, width = 4 }: RegisterFile<S>,
): Device {
  const { log } = context;
  const initial = structuredClone(state);
  // A map keeps the look-up monomorphic whatever the gaps between offsets.
  const rows = new Map<number, Register>(Object.entries(registers).map(([at, row]) => [Number(at), row]));

  function readRegister(offset: number): number {
    const row = rows.get(offset);
    if (row?.read) return row.read() >>> 0;
    if (!row) log.guestError(`read of unknown register 0x${hex(offset)}`);
    else if (row.write) log.guestError(`read of write-only register ${row.name}`);
    else log.unimplemented(`read of register ${row.name}`);
    return 0;
  }

  function writeRegister(offset: number, value: number): void {
    const row = rows.get(offset);
    if (row?.write) row.write(value >>> 0);
    else if (!row) log.guestError(`write of unknown register 0x${hex(offset)}`);
    else if (row.read) log.guestError(`write of read-only register ${row.name}`);
    else log.unimplemented(`write of register ${row.name}`);
  }

  return {
    registers: [...rows].sort(([a], [b]) => a - b).map(([offset, row]): RegisterInfo => ({
      offset,
      size: width,
      name: row.name,
      access: row.read ? row.write ? "rw" : "r" : row.write ? "w" : "-",
    })),
    read(offset, size) {
      let value = 0;
      if (size <= width) {
        const lane = offset & (width - 1);
        value = readRegister(offset - lane) >>> (8 * lane);
        if (size < 4) value &= (1 << (8 * size)) - 1;
      } else {
        for (let i = 0; i < size; i += width) value |= readRegister(offset + i) << (8 * i);
      }
      outputs?.();
      return value >>> 0;
    },
    write(offset, size, value) {
      if (size <= width) {
        const lane = offset & (width - 1);
        writeRegister(offset - lane, value << (8 * lane));
      } else {
        const mask = (1 << (8 * width)) - 1;
        for (let i = 0; i < size; i += width) writeRegister(offset + i, value >>> (8 * i) & mask);
      }
      outputs?.();
    },
    registerName: (offset) => rows.get(offset & -width)?.name,
    reset() {
      Object.assign(state, structuredClone(initial));
      onReset?.();
      outputs?.();
    },
    snapshot: () => structuredClone(state),
    restore(saved) {
      Object.assign(state, structuredClone(saved));
      onRestore?.();
      outputs?.();
    },
  };
}

type NumberKeys<S> = { [K in keyof S]: S[K] extends number ? K : never }[keyof S];

/** A register that is one number of the state: written through `mask`, read back as it is. */
export function stored<S, K extends NumberKeys<S> & string>(state: S, key: K, mask = 0xffff_ffff): Register {
  const numbers = state as Record<K, number>;
  return {
    name: key.toUpperCase(),
    read: () => numbers[key],
    write: (value) => void (numbers[key] = (value & mask) >>> 0),
  };
}

/** A register that always reads the same; writes are guest errors. */
export function constant(name: string, value: number): Register {
  return { name, read: () => value };
}

/** The eight identification registers of a PrimeCell (PeriphID0–3, PCellID0–3), a byte each, 4 bytes apart. */
export function identity(at: number, bytes: readonly number[]): RegisterTable {
  return Object.fromEntries(
    bytes.map((byte, i) => [at + 4 * i, constant(i < 4 ? `PeriphID${i}` : `PCellID${i - 4}`, byte)]),
  );
}

function hex(offset: number): string {
  return offset.toString(16).padStart(3, "0");
}
