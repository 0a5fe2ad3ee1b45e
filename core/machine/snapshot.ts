import type { State } from "../device/device.ts";
import { checkSaved, type Made, type SavedDevice, saveDevice } from "../device/saved_state.ts";
import { CPU } from "../isa/state.ts";
import { messageOf } from "../plugin/error.ts";
import type { Machine } from "./machine.ts";
import type { Wiring } from "./lines.ts";

/**
 * A machine at one moment, as plain data: whatever its guest could tell from another moment, but for what lies outside
 * the machine (disk images, networks, files and terminals).
 */
export interface MachineSnapshot {
  readonly cpu: {
    readonly isa: string;
    readonly model: string;
    /** State fields by name: numbers, and bigints for those of 64 bits. */
    readonly fields: Readonly<Record<string, number | bigint>>;
    /** What the ISA keeps beside them. */
    readonly state: object;
  };
  readonly time: {
    /** Nanoseconds of virtual time. */
    readonly now: number;
    /** Wall-clock time at virtual time 0, in nanoseconds since 1970. */
    readonly epoch: number;
  };
  /** RAM and ROM, by name. */
  readonly memory: Readonly<Record<string, MemorySnapshot>>;
  /** By path on the board. */
  readonly devices: Readonly<Record<string, SavedDevice>>;
  /** Levels of the devices' output lines, those that are high. */
  readonly lines: readonly string[];
}

/** Memory without its empty pages. */
export interface MemorySnapshot {
  readonly size: number;
  /** Numbers of the pages that hold something else than zeros, ascending. */
  readonly pages: Uint32Array;
  /** Their contents, one after the other, 4 KiB each. */
  readonly bytes: Uint8Array;
}

/** Bytes. */
const PAGE = 4096;

/** Fields that the core keeps for every vCPU, and that the guest depends on. */
const CORE_FIELDS = [CPU.pc, CPU.pcHigh, CPU.tbflags, CPU.exception, CPU.interrupt, CPU.halted];
/** The others are about translated code, which no snapshot holds. */
const CORE_NAMES = new Set<string>(Object.values(CPU).map(({ name }) => name));

/** What of a machine its snapshots need, and nobody else. */
export interface Insides {
  readonly wiring: Wiring;
  /** Where RAM and ROM lie in machine memory. */
  readonly places: ReadonlyMap<string, { readonly host: number; readonly size: number }>;
}

/** The state of a machine that stands between two slices. */
export function takeSnapshot(machine: Machine, { wiring, places }: Insides): MachineSnapshot {
  const { board, cpu, devices, loop, memory } = machine;
  return {
    cpu: {
      isa: board.cpu.isa,
      model: board.cpu.model,
      fields: Object.fromEntries(fieldsOf(machine).map(({ name, get }) => [name, get()])),
      state: cpu.frontend.snapshot(),
    },
    time: { now: loop.now(), epoch: loop.clock.epoch },
    memory: Object.fromEntries(
      [...places].map(([name, { host, size }]) => [name, saveMemory(memory.u8, host, size)]),
    ),
    devices: Object.fromEntries(
      [...devices].map(([path, one]) => [path, saveDevice(one)]),
    ),
    lines: wiring.high(),
  };
}

/**
 * Puts a machine into a saved state. Until the snapshot is known to be of such a machine nothing is changed.
 *
 * @throws {Error} "Cannot restore …" if it is of another machine, or if a device does not take its state.
 */
export function restoreSnapshot(machine: Machine, snapshot: MachineSnapshot, insides: Insides): void {
  const fault = differenceOf(machine, snapshot, insides);
  if (fault !== undefined) throw new Error(`Cannot restore the snapshot: ${fault}`);
  const { cpu, devices, loop, memory } = machine, { wiring, places } = insides;
  const states = checkSaved(snapshot.devices, devices);
  // First time and lines: devices set their alarms by the one, and find their outputs at the levels they will drive.
  loop.restore(snapshot.time, () => {
    wiring.restore(new Set(snapshot.lines));
    for (const [name, { host, size }] of places) restoreMemory(memory.u8, host, size, snapshot.memory[name]);
    for (const [path, entry] of devices) restoreDevice(path, entry, states.get(path)!);
  });
  for (const { name, set } of fieldsOf(machine)) set(snapshot.cpu.fields[name]);
  try {
    cpu.frontend.restore(snapshot.cpu.state);
  } catch (error) {
    throw new Error(`Cannot restore the snapshot: ISA "${snapshot.cpu.isa}": ${messageOf(error)}`, {
      cause: error,
    });
  }
  cpu.purge();
  cpu.flushTlb();
}

interface StateField {
  readonly name: string;
  /** A bigint. */
  readonly wide: boolean;
  get(): number | bigint;
  set(value: number | bigint): void;
}

function fieldsOf({ cpu, isa, memory }: Machine): StateField[] {
  const own = Object.values(isa.state).filter(({ name }) => !CORE_NAMES.has(name));
  return [...CORE_FIELDS, ...own].map(({ name, type, offset }): StateField => {
    if (type === "i32") {
      const at = cpu.env + offset >> 2;
      return {
        name,
        wide: false,
        get: () => memory.i32[at],
        set: (value) => void (memory.i32[at] = Number(value)),
      };
    }
    const at = (cpu.env + offset) / 8;
    return {
      name,
      wide: true,
      get: () => memory.i64[at],
      set: (value) => void (memory.i64[at] = BigInt(value)),
    };
  });
}

function saveMemory(u8: Uint8Array, host: number, size: number): MemorySnapshot {
  const words = new Int32Array(u8.buffer, host, size >> 2), step = PAGE >> 2;
  const pages: number[] = [];
  for (let at = 0; at < words.length; at += step) {
    if (!isEmpty(words, at, Math.min(at + step, words.length))) pages.push(at / step);
  }
  const bytes = new Uint8Array(pages.length * PAGE);
  for (const [n, page] of pages.entries()) {
    bytes.set(u8.subarray(host + page * PAGE, host + Math.min((page + 1) * PAGE, size)), n * PAGE);
  }
  return { size, pages: Uint32Array.from(pages), bytes };
}

/** Pages that are empty already are only looked at: the host need not give memory for them. */
function restoreMemory(u8: Uint8Array, host: number, size: number, { pages, bytes }: MemorySnapshot): void {
  const words = new Int32Array(u8.buffer, host, size >> 2), step = PAGE >> 2;
  for (let page = 0, next = 0; page * PAGE < size; page++) {
    const end = Math.min((page + 1) * PAGE, size);
    if (pages[next] === page) {
      u8.set(bytes.subarray(next * PAGE, next * PAGE + end - page * PAGE), host + page * PAGE);
      next++;
    } else if (!isEmpty(words, page * step, end >> 2)) u8.fill(0, host + page * PAGE, host + end);
  }
}

function isEmpty(words: Int32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (words[i] !== 0) return false;
  return true;
}

function restoreDevice(path: string, { device, plugin }: Made, state: State): void {
  try {
    device.restore(state);
  } catch (error) {
    const who = `"${path}" (${plugin.manifest.name})`;
    throw new Error(`Cannot restore ${who}: it does not take its state: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What shows that a snapshot is of another machine. */
function differenceOf(
  machine: Machine,
  { cpu, memory }: MachineSnapshot,
  { places }: Insides,
): string | undefined {
  const { board } = machine;
  if (cpu.isa !== board.cpu.isa || cpu.model !== board.cpu.model) {
    return `it is of a CPU ${cpu.model} (${cpu.isa}), this machine has ${board.cpu.model} (${board.cpu.isa})`;
  }
  const unknown = fieldsOf(machine).find(({ name, wide }) => {
    const value = cpu.fields[name];
    return wide ? typeof value !== "bigint" : typeof value !== "number";
  });
  if (unknown !== undefined) {
    return `ISA "${cpu.isa}" has changed since: it has a register "${unknown.name}" of another kind`;
  }
  for (const name of new Set([...places.keys(), ...Object.keys(memory)])) {
    const here = places.get(name)?.size ?? 0, there = memory[name]?.size ?? 0;
    if (here !== there) return `it has ${there} bytes of memory "${name}", this machine has ${here}`;
  }
  return undefined;
}
