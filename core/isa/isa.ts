import type { Builder } from "../ir/builder.ts";
import type { Line } from "../device/device.ts";
import type { Manifest } from "../plugin/manifest.ts";
import type { Field } from "./state.ts";

/** What a memory access is for. */
export const ACCESS = { read: 0, write: 1, execute: 2 } as const;
/** See `ACCESS`. */
export type Access = typeof ACCESS[keyof typeof ACCESS];

/** Where a virtual address leads: filled in by `Frontend.walk`. One object is reused; keep nothing of it. */
export interface Page {
  /** Physical address of the accessed byte. */
  physical: number;
  /** Bytes around the address for which the answer holds; a power of two. */
  size: number;
  /** Loads are allowed. */
  readable: boolean;
  /** Stores are allowed. */
  writable: boolean;
  /** Instruction fetches are allowed. */
  executable: boolean;
}

/** What `Frontend.unaligned` decides about an access whose address is not aligned. */
export const UNALIGNED = {
  /** Carry it out byte by byte. */
  split: 0,
  /** Carry it out at the address rounded down; loads of words are then rotated right by 8 × (address & 3). */
  rotate: 1,
  /** Carry it out at the address rounded down. */
  force: 2,
  /** An exception was raised. */
  fault: 3,
} as const;
/** See `UNALIGNED`. */
export type Unaligned = typeof UNALIGNED[keyof typeof UNALIGNED];

/** A function that translated code calls. Arguments are i32, as many as it declares (at most three). */
export interface Helper<F = Frontend> {
  /** Gets the vCPU's frontend and its arguments, signed; its result, if it has one, is taken as an i32. */
  // deno-lint-ignore no-explicit-any
  readonly run: (cpu: any, a: number, b: number, c: number) => number | void;
  /** How many arguments it takes, at most three. */
  readonly args: number;
  /** It may set `CPU.exception`; the block is then left. `CPU.pc` is right while it runs. */
  readonly raises?: boolean;
  /** State fields it reads or writes. "none": translated code may keep what it knows of registers across the call. */
  readonly state: "none" | "read" | "write";
  /** Never there: it carries the type of the frontend. */
  readonly frontend?: F;
}

/** A helper with its number, as `ir.call` takes it. */
export type HelperTable<T> = { readonly [K in keyof T]: Helper & { readonly index: number } };

/** Numbers an ISA's helpers. Called once, at load. */
export function defineHelpers<const T extends Readonly<Record<string, Helper>>>(helpers: T): HelperTable<T> {
  return Object.fromEntries(
    Object.entries(helpers).map(([name, helper], index) => [name, { ...helper, index }]),
  ) as HelperTable<T>;
}

/** What the core offers a vCPU's frontend. */
export interface CpuHost {
  /** The state block as words: `i32[CPU.pc.index]`. */
  readonly i32: Int32Array;
  /** Forgets all address translations: after a change of the page tables' base, of permissions, of the MMU's state. */
  flushTlb(): void;
  /** Forgets the translations of one page (`size` bytes around `address`). */
  flushTlbPage(address: number, size: number): void;
  /** Tells whether any interrupt input is up; the main loop then asks `Frontend.interrupt` at the next block. */
  interrupt(pending: boolean): void;
  /** Physical memory for page-table walks: the word there (guest byte order), or undefined on a bus error. */
  readPhysical32(address: number): number | undefined;
  /** Guest-virtual memory with side effects of none: for debuggers, semihosting. False if it is not mapped. */
  readVirtual(address: number, into: Uint8Array): boolean;
  /** The same for writing; translated code follows. */
  writeVirtual(address: number, from: Uint8Array): boolean;
  /** Semihosting, if the user asked for it: runs the call, returns its result. */
  readonly semihosting: Semihosting | undefined;
  /** For what the guest does wrong, and what is not built. */
  readonly log: { guestError(message: string): void; unimplemented(message: string): void };
  /** Nanoseconds of virtual time, for cycle counters. */
  now(): number;
}

/** What semihosting calls need of the host side. */
export interface Semihosting {
  /** Writes to the emulator's console. */
  console(bytes: Uint8Array): void;
  /** Ends the machine with an exit status. */
  exit(status: number): void;
  /** What SYS_GET_CMDLINE answers. */
  readonly commandLine: string;
  /** Opens a file the user offered; undefined if it is not one. */
  open(name: string, mode: number): SemihostingFile | undefined;
}

/** A file that the user offered to the guest. */
export interface SemihostingFile {
  /** Fills `into` from the position on; gives how many bytes there were. */
  read(into: Uint8Array): number;
  /** Writes at the position; gives how many bytes it took. */
  write(from: Uint8Array): number;
  /** Moves the position, in bytes from the start. */
  seek(position: number): void;
  /** Bytes. */
  readonly length: number;
  /** Ends its use. */
  close(): void;
}

/** One block while it is being translated. */
export interface Translation {
  /** Writes the block's operations. */
  readonly ir: Builder;
  /** Address of the instruction to translate now. */
  readonly pc: number;
  /** `CPU.tbflags` for which the block is made. Nothing else of the state may be looked at. */
  readonly flags: number;
  /** Instruction bytes; addresses from `pc` on, within the instruction. 0 after a fetch fault (the block then ends before it). */
  fetch8(address: number): number;
  /** The same for 16 bits, in the guest's byte order. */
  fetch16(address: number): number;
  /** The same for 32 bits. */
  fetch32(address: number): number;
  /** Ends a path: to a constant address, with the flags unchanged. Chained when it is safe. */
  jump(target: number): void;
  /** Ends a path: `CPU.pc` and `CPU.tbflags` have been set by operations before. */
  jumpIndirect(): void;
  /**
   * Ends a path and goes back to the main loop, which delivers `CPU.exception` if it is set, takes interrupts and
   * sees `CPU.halted`. `CPU.pc` must have been set.
   */
  exit(): void;
}

/** A vCPU of some ISA: translates its instructions, walks its page tables, takes its exceptions. */
export interface Frontend {
  /** Power-on or warm reset. */
  reset(): void;
  /**
   * Translates the instruction at `t.pc` and returns its length in bytes. A path through it that does not end with
   * `jump`, `jumpIndirect` or `exit` goes on with the next instruction.
   */
  translate(t: Translation): number;
  /** MMU index of instruction fetches and of debuggers. */
  mmuIndex(): number;
  /** Looks an address up without side effects: 0 and `page` filled in, or the ISA's fault number. */
  walk(address: number, access: Access, mmuIndex: number, page: Page): number;
  /** What was taken last, in words, for logs: the value that `CPU.exception` had, or 0 for an interrupt. */
  exceptionText?(exception: number): string;
  /** Records a fault that `walk` reported: fault registers, `CPU.exception`. `CPU.pc` is right. */
  fault(fault: number, address: number, access: Access, mmuIndex: number): void;
  /** The same for an access to which nothing on the bus answered. */
  busError(address: number, access: Access, mmuIndex: number): void;
  /** Decides about an access marked `MEM.aligned` whose address is not. May raise an exception. */
  unaligned(address: number, mem: number, access: Access): Unaligned;
  /** Delivers `CPU.exception`, and clears it. */
  deliver(): void;
  /** Takes an interrupt if one is pending and not masked; says whether it did. */
  interrupt(): boolean;
  /** Whether something wakes a halted vCPU up. */
  wakes(): boolean;
  /** Input lines ("irq", "fiq"). */
  readonly inputs: Readonly<Record<string, Line>>;
  /** What must be saved beside the state block. */
  snapshot(): object;
  /** Takes what `snapshot` gave. The state block has been restored before. */
  restore(state: object): void;
  /** Registers as a debugger shows them: name and value. */
  registers(): { readonly name: string; readonly value: number }[];
  /** Sets a register by that name; others are left alone. */
  setRegister(name: string, value: number): void;
}

/** One instruction as text. */
export interface Disassembly {
  /** As an assembler would take it, or nearly so. */
  readonly text: string;
  /** Bytes. */
  readonly length: number;
}

/** What `defineIsa` is given. `Model` is a row of the ISA's CPU model table. */
export interface IsaDefinition<Model> {
  /** Width of a virtual address. */
  readonly addressBits: 32 | 64;
  /** Byte order of data, at power-on. */
  readonly bigEndian: boolean;
  /** ELF machine numbers it runs. */
  readonly elfMachine: number;
  /** MMU indices in use (0 … n - 1). */
  readonly mmuIndices: number;
  /** All fields, `CPU`'s among them: `{ ...CPU, ...stateLayout(…) }`. */
  readonly state: Readonly<Record<string, Field>>;
  /** What `defineHelpers` gave. */
  readonly helpers: Readonly<Record<string, Helper & { readonly index: number }>>;
  /** CPU models by name, as boards and `--cpu` ask for them. */
  readonly models: Readonly<Record<string, Model>>;
  /** The model where nobody asks for one. */
  readonly defaultModel: string;
  /** Makes a vCPU of a model. */
  create(host: CpuHost, model: Model): Frontend;
  /** Disassembles one instruction; `flags` as `CPU.tbflags`. */
  disassemble(bytes: Uint8Array, address: number, flags: number): Disassembly;
}

/** An ISA plugin's entry. */
export interface IsaPlugin<Model = unknown> extends IsaDefinition<Model> {
  /** Tells it from other kinds of plugin. */
  readonly kind: "isa";
  /** What `manifest.json` holds. */
  readonly manifest: Manifest;
}

/** Declares an ISA plugin. */
export function defineIsa<Model>(manifest: Manifest, definition: IsaDefinition<Model>): IsaPlugin<Model> {
  return { kind: "isa", manifest, ...definition };
}
