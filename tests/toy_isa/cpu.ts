import {
  ACCESS,
  type Access,
  CPU,
  type CpuHost,
  type Frontend,
  type Page,
  UNALIGNED,
  type Unaligned,
} from "@emu/core";
import { translate } from "./rows.ts";
import { CAUSE, PTE, REGISTERS, SYSTEM, SYSTEM_FIELDS, TOY, USER } from "./state.ts";

/** Pages that a page table describes, from address 0 on. */
const TABLE_ENTRIES = 1024;
const WANTED = [PTE.read, PTE.write, PTE.execute] as const;

/** A vCPU of the toy instruction set. */
export class ToyCpu implements Frontend {
  readonly translate = translate;
  readonly inputs = { irq: (level: boolean) => this.#setIrq(level) };
  #irq = false;

  constructor(readonly host: CpuHost) {}

  reset(): void {
    for (const { index } of [...REGISTERS, ...SYSTEM_FIELDS]) this.host.i32[index] = 0;
    this.host.i32[TOY.wide.index] = this.host.i32[TOY.wide.index + 1] = 0;
  }

  mmuIndex(): number {
    return this.host.i32[CPU.tbflags.index] & USER;
  }

  /** A page table has a word for each page: physical address and `PTE` bits. */
  walk(address: number, access: Access, mmuIndex: number, page: Page): number {
    const table = this.host.i32[TOY.table.index], at = address >>> 12;
    if (table === 0) return this.#found(page, address >>> 0, PTE.read | PTE.write | PTE.execute | PTE.user);
    const entry = at < TABLE_ENTRIES ? this.host.readPhysical32(table + 4 * at) ?? 0 : 0;
    const denied = (entry & WANTED[access]) === 0 || mmuIndex === USER && (entry & PTE.user) === 0;
    return denied ? CAUSE.read + access : this.#found(page, (entry & -4096 | address & 0xfff) >>> 0, entry);
  }

  #found(page: Page, physical: number, bits: number): 0 {
    page.physical = physical;
    page.size = (bits & PTE.small) === 0 ? 4096 : 1024;
    page.readable = (bits & PTE.read) !== 0;
    page.writable = (bits & PTE.write) !== 0;
    page.executable = (bits & PTE.execute) !== 0;
    return 0;
  }

  fault(fault: number, address: number): void {
    this.host.i32[TOY.bad.index] = address;
    this.raise(fault);
  }

  busError(address: number): void {
    this.fault(CAUSE.bus, address);
  }

  unaligned(address: number, _mem: number, access: Access): Unaligned {
    const what = this.host.i32[TOY.unaligned.index] as Unaligned;
    if (what === UNALIGNED.fault) this.fault(CAUSE.unaligned, address);
    // Rotating has a meaning for loads alone.
    return what === UNALIGNED.rotate && access === ACCESS.write ? UNALIGNED.force : what;
  }

  raise(cause: number): void {
    this.host.i32[CPU.exception.index] = cause;
  }

  deliver(): void {
    const { i32 } = this.host;
    this.#enter(i32[CPU.exception.index]);
    i32[CPU.exception.index] = 0;
  }

  interrupt(): boolean {
    if (!this.#irq || this.host.i32[TOY.enabled.index] === 0) return false;
    this.host.i32[CPU.halted.index] = 0;
    this.#enter(CAUSE.interrupt);
    return true;
  }

  #enter(cause: number): void {
    const { i32 } = this.host;
    i32[TOY.epc.index] = i32[CPU.pc.index];
    i32[TOY.eflags.index] = i32[CPU.tbflags.index];
    i32[TOY.cause.index] = cause;
    i32[TOY.enabled.index] = 0;
    i32[CPU.tbflags.index] = 0;
    i32[CPU.pc.index] = i32[TOY.vector.index];
  }

  wakes(): boolean {
    return this.#irq;
  }

  #setIrq(level: boolean): void {
    this.#irq = level;
    this.host.interrupt(level);
  }

  put(n: number, value: number): void {
    this.host.i32[SYSTEM_FIELDS[n & 7].index] = value;
    if ((n & 7) === SYSTEM.table) this.host.flushTlb();
  }

  snapshot(): object {
    return { irq: this.#irq };
  }

  restore(state: object): void {
    this.#irq = (state as { irq: boolean }).irq;
  }

  registers(): { readonly name: string; readonly value: number }[] {
    return [...REGISTERS, CPU.pc].map(({ name, index }) => ({ name, value: this.host.i32[index] >>> 0 }));
  }

  setRegister(name: string, value: number): void {
    const field = [...REGISTERS, CPU.pc].find((field) => field.name === name);
    if (field) this.host.i32[field.index] = value;
  }
}
