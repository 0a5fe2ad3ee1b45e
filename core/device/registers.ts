import type { Device, DeviceContext, FieldInfo, RegisterInfo, ResetKind } from "./device.ts";

/** One register. Without `read` or `write` it is known but not modelled: the access is logged by name. */
export interface Register {
  /** As the datasheet calls it; for logs and lists. */
  readonly name: string;
  /** What a read gives. Absent: write-only, or not modelled. */
  read?(): number;
  /** `value` is unsigned and as wide as the register file; `lanes` has ones where a narrow write wrote. */
  write?(value: number, lanes: number): void;
  /** Reading it changes nothing, so `outputs` need not be called after it. Default: false. */
  readonly still?: boolean;
  /** Bits that there are: ones written elsewhere are logged. Default: all. */
  readonly bits?: number;
  /** What it is made of, for lists. */
  readonly fields?: readonly FieldInfo[];
}

/** The rows of a register file, by offset. */
export type RegisterTable = Readonly<Record<number, Register>>;

/** What `registerDevice` makes a device of. */
export interface RegisterFile<S extends object> {
  /** The *whole* state; reset, snapshot and restore are derived from it. Never keep a reference to a member. */
  readonly state: S;
  /** By offset in the window. */
  readonly registers: RegisterTable;
  /** Drives every line and timer from the state. Called after each access (but see `still`), reset and restore. */
  outputs?(): void;
  /** Members of the state that a reset leaves as they are. Default: none. */
  readonly keeps?: Kept<S>;
  /** Runs after `reset` has put the state back: for cancelling work in flight. */
  onReset?(kind: ResetKind): void;
  /** Runs after `restore`. */
  onRestore?(): void;
  /** Bytes a register holds; accesses are widened or split to it. Default 4. */
  readonly width?: 1 | 2 | 4;
  /** Sizes of access that are answered, in bytes; others are the guest's errors, read 0 and write nothing. Default: all. */
  readonly sizes?: readonly (1 | 2 | 4)[];
  /** Which byte of a register is at its lowest address: the least ("little", the default) or most significant one. */
  readonly endian?: "little" | "big";
}

/** What of a state outlives a reset. */
export interface Kept<S> {
  /** What is not volatile. */
  readonly cold?: readonly (keyof S & string)[];
  /** What the board's reset line does not reach besides; "all": the chip has no such pin, and goes on. */
  readonly warm?: readonly (keyof S & string)[] | "all";
}

/** A device whose window is a file of registers of one width. */
export function registerDevice<S extends object>(
  context: Pick<DeviceContext, "log">,
  file: RegisterFile<S>,
): Device {
  const { state, registers, outputs, keeps = {}, onReset, onRestore } = file;
  const { width = 4, sizes, endian = "little" } = file;
  const { log } = context;
  const whole = width === 4 ? 0xffff_ffff : (1 << 8 * width) - 1;
  const swapped = endian === "big" && width > 1;
  const initial = structuredClone(state);
  const places = Object.keys(registers).map(Number), shift = width >> 1;
  const rows: (Register | undefined)[] = [];
  for (const at of places) if (at % width === 0) rows[at >> shift] = registers[at]; // no access reaches others

  function readRegister(offset: number): number {
    const row = rows[offset >> shift];
    if (row?.read) return row.read() >>> 0;
    if (!row) log.guestError(`read of unknown register 0x${hex(offset)}`);
    else if (row.write) log.guestError(`read of write-only register ${row.name}`);
    else log.unimplemented(`read of register ${row.name}`);
    return 0;
  }

  function writeRegister(offset: number, value: number, lanes: number): void {
    const row = rows[offset >> shift];
    if (row?.write) {
      const stray = row.bits === undefined ? 0 : value & ~row.bits;
      if (stray !== 0) log.guestError(`write of 0x${hex(stray >>> 0)} to reserved bits of ${row.name}`);
      row.write(value >>> 0, lanes);
    } else if (!row) log.guestError(`write of unknown register 0x${hex(offset)}`);
    else if (row.read) log.guestError(`write of read-only register ${row.name}`);
    else log.unimplemented(`write of register ${row.name}`);
  }

  // Reads are what guests poll with: the common kind is kept small enough for the compiler to inline.
  const plain = sizes === undefined && !swapped;

  function readAny(offset: number, size: number): number {
    if (refused("read", offset, size)) return 0;
    let value = 0;
    if (size <= width) {
      const lane = offset & (width - 1), word = readRegister(offset - lane);
      value = (swapped ? swap(word, width) : word) >>> (8 * lane);
      if (size < 4) value &= (1 << (8 * size)) - 1;
    } else {
      for (let i = 0; i < size; i += width) {
        const word = readRegister(offset + i) & whole;
        value |= (swapped ? swap(word, width) : word) << (8 * i);
      }
    }
    return value;
  }

  function refused(what: string, offset: number, size: number): boolean {
    if (sizes === undefined || sizes.includes(size as 1 | 2 | 4)) return false;
    log.guestError(`${what} of ${size} bytes at 0x${hex(offset)}, which takes ${sizes.join(" or ")}`);
    return true;
  }

  return {
    registers: places.sort((a, b) => a - b).map((offset): RegisterInfo => {
      const { name, read, write, fields } = registers[offset];
      return {
        offset,
        size: width,
        name,
        access: read ? write ? "rw" : "r" : write ? "w" : "-",
        ...fields && { fields },
      };
    }),
    read(offset, size) {
      if (!plain || size > width) {
        const value = readAny(offset, size);
        outputs?.();
        return value >>> 0;
      }
      const lane = offset & (width - 1), row = rows[offset >> shift];
      const word = readRegister(offset - lane) >>> (8 * lane);
      if (row?.still !== true) outputs?.();
      return size === 4 ? word >>> 0 : word & (1 << (8 * size)) - 1;
    },
    write(offset, size, value) {
      if (refused("write", offset, size)) return;
      if (size <= width) {
        const lane = offset & (width - 1);
        const lanes = size === width ? whole : ((1 << 8 * size) - 1) << 8 * lane, word = value << (8 * lane);
        if (swapped) writeRegister(offset - lane, swap(word, width), swap(lanes, width));
        else writeRegister(offset - lane, word, lanes);
      } else {
        for (let i = 0; i < size; i += width) {
          const word = value >>> (8 * i) & whole;
          writeRegister(offset + i, swapped ? swap(word, width) : word, whole);
        }
      }
      outputs?.();
    },
    registerName: (offset) => rows[offset >> shift]?.name,
    reset(kind = "cold") {
      if (kind === "warm" && keeps.warm === "all") return outputs?.();
      const kept: Partial<S> = {}, { cold = [], warm = [] } = keeps;
      for (const key of cold) kept[key] = state[key];
      if (kind === "warm") { for (const key of warm as readonly (keyof S)[]) kept[key] = state[key]; }
      Object.assign(state, structuredClone(initial), kept);
      onReset?.(kind);
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

/** The members of a state that are numbers. */
export type NumberKeys<S> = { [K in keyof S]: S[K] extends number ? K : never }[keyof S];

/** A register that is one number of the state: written through `mask`, read back as it is. */
export function stored<S, K extends NumberKeys<S> & string>(state: S, key: K, mask = 0xffff_ffff): Register {
  const numbers = state as Record<K, number>;
  return {
    name: key.toUpperCase(),
    read: () => numbers[key],
    still: true,
    write: (value) => void (numbers[key] = (value & mask) >>> 0),
  };
}

/** A register that always reads the same; writes are guest errors. */
export function constant(name: string, value: number): Register {
  return { name, read: () => value, still: true };
}

/** The eight identification registers of a PrimeCell (PeriphID0–3, PCellID0–3), a byte each, 4 bytes apart. */
export function identity(at: number, bytes: readonly number[]): RegisterTable {
  return Object.fromEntries(
    bytes.map((byte, i) => [at + 4 * i, constant(i < 4 ? `PeriphID${i}` : `PCellID${i - 4}`, byte)]),
  );
}

/** The bytes of a word in the other order. */
function swap(value: number, width: number): number {
  if (width === 2) return value << 8 & 0xff00 | value >>> 8 & 0xff;
  return (value << 24 | value << 8 & 0xff_0000 | value >>> 8 & 0xff00 | value >>> 24) >>> 0;
}

function hex(offset: number): string {
  return offset.toString(16).padStart(3, "0");
}
