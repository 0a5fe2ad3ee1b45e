/**
 * What an instrumentation plugin works with. Addresses, sizes and values are unsigned numbers; times are nanoseconds
 * of virtual time.
 *
 * @module
 */
import type { Builder, Value } from "../ir/builder.ts";
import type { AccessKind, CounterTest } from "./attachment.ts";
import type { Counter, Table } from "./counters.ts";
import type { DiscontinuityKind } from "./hook.ts";

/**
 * What a callback may do with the guest's registers. "none" is the cheapest: compiled code keeps registers where they
 * are. With "read" they can be read, with "write" also be written.
 */
export type RegisterAccess = "none" | "read" | "write";

/** The vCPU that runs into a callback. */
export interface Cpu {
  /** Number of the vCPU, from 0 on. */
  readonly index: number;
  /** Address of the current instruction. Registers: "read". */
  readonly pc: number;
  /** A register by its name in the ISA ("r0", "pc", "cpsr"); undefined if there is none. Registers: "read". */
  readRegister(name: string): number | undefined;
  /** All of them. Registers: "read". */
  registers(): readonly { readonly name: string; readonly value: number }[];
  /** Writes one of `registers()`. Registers: "write". */
  writeRegister(name: string, value: number): void;
  /** Goes on at another address, when the callback is over. Registers: "write". */
  setPc(address: number): void;
  /** Bytes at a virtual address, without side effects; undefined where nothing is mapped. */
  readMemory(address: number, length: number): Uint8Array | undefined;
  /** False where nothing is mapped. */
  writeMemory(address: number, bytes: Uint8Array): boolean;
  /** Physical address behind a virtual one; undefined if it is not mapped. */
  translate(address: number): number | undefined;
}

/** One access to memory. The object is reused: keep nothing of it. */
export interface MemoryAccess {
  /** Virtual. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** A store. */
  readonly write: boolean;
  /** Loads: sign-extended. */
  readonly signed: boolean;
  /** The most significant byte has the lowest address. */
  readonly bigEndian: boolean;
  /** What was read or written, unsigned; of 64 bits the lower half. */
  readonly value: number;
  /** What was read or written, unsigned, all of it. */
  readonly value64: bigint;
  /** Looked up when asked for; undefined if it is no longer mapped. */
  readonly physical: number | undefined;
  /** Whether a device, not memory, was accessed. Looked up when asked for. */
  readonly io: boolean;
  /** That device's name on the board. */
  readonly device: string | undefined;
}

/** Runs when its place in the code is reached. */
export type ExecuteCallback<D = undefined> = (cpu: Cpu, data: D) => void;
/** Runs after an access to memory. */
export type AccessCallback<D = undefined> = (cpu: Cpu, access: MemoryAccess, data: D) => void;

/** How a callback is attached. */
export interface CallbackOptions<D> {
  /** Default "none". */
  readonly registers?: RegisterAccess;
  /** Passed to the callback: one function serves many places. */
  readonly data?: D;
}

/** How a callback is attached that runs when its place is reached. */
export interface ExecuteOptions<D> extends CallbackOptions<D> {
  /**
   * In order, but not at once: when thousands have come together, when an interrupt, exception or any other event is
   * told, or when the slice ends. That costs a fraction. Memory, counters and time are what they have become by then;
   * registers cannot be seen, and callbacks without it are not waited for.
   */
  readonly later?: boolean;
}

/** Pure operations, with which inline code is written. */
export type InlineIr = Omit<
  Builder,
  | "block"
  | "get"
  | "get64"
  | "set"
  | "set64"
  | "load"
  | "load64"
  | "store"
  | "store64"
  | "call"
  | "callI"
  | "label"
  | "place"
  | "br"
  | "brIf"
>;

/** A place in translated code, for writing operations that become part of it. */
export interface Inline {
  /** Writes the operations. */
  readonly ir: InlineIr;
  /** Address and value of the access that was made (of 64 bits the lower half), where code follows one. */
  readonly address: Value;
  /** What was read or written. */
  readonly value: Value;
  /** counter += amount; amounts are unsigned. */
  count(counter: Counter, amount: Value): void;
  /** table[index mod its length] += amount. */
  countIn(table: Table, index: Value, amount?: Value): void;
  /** The counter's value for the current vCPU. */
  read(counter: Counter): Value<"l">;
  /** counter = value, for the current vCPU. */
  write(counter: Counter, value: Value<"l">): void;
  /** A field of the vCPU's state, by its name in the ISA. */
  register(name: string): Value;
}

/** Writes the operations of a place. Runs while translating, not when the place is reached. */
export type InlineWriter = (inline: Inline) => void;

/** What can be attached to a place in the code. What is attached first happens first. */
export interface Place {
  /** counter += amount, a whole number from 0 to 2^31 - 1. By far the cheapest. */
  add(counter: Counter, amount?: number): void;
  /** counter = value. */
  set(counter: Counter, value: number | bigint): void;
  /** Operations of the plugin's own. */
  inline(write: InlineWriter): void;
  /** Calls out of the translated code: for what operations cannot say; much dearer than `add`. */
  onExecute<D = undefined>(callback: ExecuteCallback<D>, options?: ExecuteOptions<D>): void;
  /** Calls only if the comparison of a counter with a constant (both unsigned) holds. */
  onExecuteIf<D = undefined>(
    condition: readonly [counter: Counter, is: CounterTest, value: number | bigint],
    callback: ExecuteCallback<D>,
    options?: ExecuteOptions<D>,
  ): void;
}

/** An instruction of a block being translated. What is attached to it happens before it. */
export interface TranslatedInstruction extends Place {
  /** Position in its block, from 0 on. */
  readonly index: number;
  /** Virtual. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** Its code, as fetched. */
  readonly bytes: Uint8Array;
  /** Disassembled. */
  readonly text: string;
  /** The function it belongs to, if symbols are known. */
  readonly symbol: string | undefined;
  /** Physical address; undefined if it is not mapped any more. */
  readonly physical: number | undefined;
  /** Offset in machine memory of its code. */
  readonly host: number;
  /** Attached to all its accesses of a kind; each happens after the access, if that raised no exception. */
  addPerAccess(kind: AccessKind, counter: Counter, amount?: number): void;
  /** Attached in the same way: counter = value. */
  setPerAccess(kind: AccessKind, counter: Counter, value: number | bigint): void;
  /** Operations of the plugin's own, attached in the same way. */
  inlinePerAccess(kind: AccessKind, write: InlineWriter): void;
  /** Calls after each access of the kind. */
  onAccess<D = undefined>(kind: AccessKind, callback: AccessCallback<D>, options?: CallbackOptions<D>): void;
}

/** A block being translated. What is attached to it happens when it is entered. */
export interface TranslatedBlock extends Place {
  /** Virtual address of its first instruction. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** In the order of their addresses. */
  readonly instructions: readonly TranslatedInstruction[];
  /** State bits that the translation is for. */
  readonly flags: number;
  /** Number of the vCPU it was translated for. */
  readonly cpu: number;
  /** The function it begins in, if symbols are known. */
  readonly symbol: string | undefined;
  /** Physical address of its first instruction; undefined if it is not mapped any more. */
  readonly physical: number | undefined;
}

/** An interrupt, exception or call of the host: execution went on elsewhere. */
export interface Discontinuity {
  /** What it was. */
  readonly kind: DiscontinuityKind;
  /** Interrupts: the instruction that would have come next; otherwise the one that raised it. */
  readonly from: number;
  /** Virtual address where execution goes on. */
  readonly to: number;
}

/** An access of a device's register, by anyone. */
export interface DeviceAccess {
  /** Its name on the board. */
  readonly device: string;
  /** The register's name, if the device tells it. */
  readonly register: string | undefined;
  /** In the device's window, in bytes. */
  readonly offset: number;
  /** Bytes: 1, 2 or 4. */
  readonly size: number;
  /** A write. */
  readonly write: boolean;
  /** What was read or written, unsigned. */
  readonly value: number;
  /** Virtual address of the instruction that did it; undefined if none did, but a debugger or a test. */
  readonly pc: number | undefined;
}

/** A transfer by a device. */
export interface DmaTransfer {
  /** Its name on the board. */
  readonly device: string;
  /** Physical. */
  readonly address: number;
  /** Bytes. */
  readonly length: number;
  /** To memory. */
  readonly write: boolean;
}

/** A change of a device's output line. */
export interface LineChange {
  /** "timer0.irq". */
  readonly line: string;
  /** High. */
  readonly level: boolean;
}

/** A call of the operating system by a user-mode program. */
export interface Syscall {
  /** In the operating system's table. */
  readonly number: number;
  /** As the calling convention hands them over, unsigned. */
  readonly arguments: readonly number[];
}

/** The machine that is watched. */
export interface Target {
  /** Name of the ISA plugin. */
  readonly isa: string;
  /** Name of the board, or the place of its file. */
  readonly board: string;
  /** CPU model. */
  readonly model: string;
  /** How many vCPUs there are. */
  readonly cpus: number;
  /** Width of a virtual address. */
  readonly addressBits: 32 | 64;
  /** Byte order of the guest's data. */
  readonly bigEndian: boolean;
  /** A whole machine, or one program above an emulated operating system. */
  readonly mode: "system" | "user";
  /** Memory by its name on the board, and where it lies (physical). */
  readonly ram: readonly { readonly name: string; readonly address: number; readonly size: number }[];
}

/** A name in the guest's code or data. */
export interface SymbolPlace {
  /** As the symbol table spells it. */
  readonly name: string;
  /** Bytes from the symbol's address. */
  readonly offset: number;
}

/** What a plugin offers to others: `const HOT = exportKey<HotBlocks>("hotblocks")`. */
export interface ExportKey<T> {
  /** Unique among all plugins. */
  readonly name: string;
  /** Never there: it carries the type of what is offered. */
  readonly offers?: T;
}

/** A key for `provide` and `use`. */
export function exportKey<T>(name: string): ExportKey<T> {
  return { name };
}

/** Control of virtual time: whoever has it says what time it is. */
export interface TimeControl {
  /** Sets virtual time, in nanoseconds; it never goes back. */
  update(time: number): void;
}

/** What is to be written at the end, in either form. */
export interface Report {
  /** What `format=text` writes; lines are separated by "\n". */
  text(): string;
  /** What `format=json` writes: anything that `JSON.stringify` takes. */
  json(): unknown;
}

/** What a plugin gets. Everything it registers ends with it. */
export interface Emu {
  /** The plugin's name. */
  readonly name: string;
  /** What is watched. */
  readonly target: Target;

  /** A counter in machine memory, a number for each vCPU. */
  counter(): Counter;
  /** A table of them; the length is a power of two. */
  table(length: number): Table;

  /** A block is being translated: the time to attach something to it. */
  onTranslate(callback: (block: TranslatedBlock) => void): void;
  /** All translated code was dropped; it will be translated again when it is run. */
  onFlush(callback: () => void): void;
  /** A vCPU is there; called once for each, before the guest runs. */
  onCpuInit(callback: (cpu: Cpu) => void): void;
  /** The machine has ended; called once for each vCPU. */
  onCpuExit(callback: (cpu: Cpu) => void): void;
  /** The vCPU begins to wait for an interrupt, or goes on. */
  onCpuIdle(callback: (cpu: Cpu) => void): void;
  /** The vCPU goes on after waiting. */
  onCpuResume(callback: (cpu: Cpu) => void): void;
  /**
   * An interrupt, exception or call of the host, of one of these kinds, has changed where execution goes on.
   */
  onDiscontinuity(
    kinds: readonly DiscontinuityKind[],
    callback: (cpu: Cpu, event: Discontinuity) => void,
  ): void;
  /** A block is entered, coming from another (their addresses); `direct` if no exception or interrupt came between. */
  onEdge(callback: (cpu: Cpu, from: number, to: number, direct: boolean) => void): void;
  /** A user-mode program calls its operating system, or such a call returns. There are none in a system machine. */
  onSyscall(callback: (cpu: Cpu, call: Syscall) => void): void;
  /** Such a call returns to the program. */
  onSyscallReturn(callback: (cpu: Cpu, call: Syscall, result: number) => void): void;
  /** May answer a call in the operating system's place: a number is its result. */
  filterSyscall(callback: (cpu: Cpu, call: Syscall) => number | undefined): void;
  /** A user-mode program has become two. There are none in a system machine. */
  onFork(callback: (cpu: Cpu) => void): void;
  /** A device's register is read or written. Counters may run ahead by the rest of a block here. */
  onDevice(callback: (access: DeviceAccess) => void, only?: { readonly device?: string }): void;
  /** A device's output line has changed its level. */
  onLine(callback: (change: LineChange) => void): void;
  /** A device has read or written memory by itself. */
  onDma(callback: (transfer: DmaTransfer) => void): void;
  /** The machine was reset. */
  onReset(callback: () => void): void;
  /** The machine has ended. */
  onExit(callback: () => void | Promise<void>): void;

  /** Offers something to other plugins. */
  provide<T>(key: ExportKey<T>, value: T): void;
  /** What a plugin that was loaded before offers. */
  use<T>(key: ExportKey<T>): T | undefined;

  /** Control of virtual time; undefined if another plugin has it. */
  takeTime(): TimeControl | undefined;
  /** Virtual time. In a callback from code: as at the end of the current block. */
  now(): number;
  /** Keeps the guest from running until `until` settles. */
  hold(until: Promise<unknown>): void;
  /** Ends the machine, with exit status 0, and says why. */
  stop(reason: string): void;
  /** Ends the machine with an exit status. */
  exit(status: number): void;
  /** Asks for a snapshot of that name, made between blocks. Throws if this machine cannot make one. */
  requestSnapshot(name: string): void;

  /** Physical memory, without side effects on devices; undefined where there is none. */
  readPhysical(address: number, length: number): Uint8Array | undefined;
  /** Writes physical memory, ROM too; translated code follows. False where there is none. */
  writePhysical(address: number, bytes: Uint8Array): boolean;
  /** The symbol that holds an address. */
  symbol(address: number): SymbolPlace | undefined;
  /** Address of a symbol, from `--symbols`; undefined if there is none of that name. */
  findSymbol(name: string): number | undefined;

  /** Writes a line to the plugin's `out=FILE`, or to standard error; with `format=json` the record in its place. */
  print(line: string, record?: unknown): void;
  /** What is written at the end, as `format` says. */
  report(report: Report): void;
  /** Writes a file beside the output. Its errors are the plugin's. */
  writeFile(path: string, content: Uint8Array | string): Promise<void>;

  /** Removes all callbacks and attached code, then calls back; the plugin may register anew. */
  clear(then?: () => void): void;
  /** Removes the plugin; calls back when none of its code is left, or nothing more will be run. */
  uninstall(then?: () => void): void;
}
