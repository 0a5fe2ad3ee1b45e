import {
  type Access,
  CPU,
  type CpuHost,
  type Frontend,
  type Page,
  UNALIGNED,
  type Unaligned,
} from "@emu/core";
import { translate } from "./instructions.ts";
import { CAUSE, REGISTERS, STATE, SYSTEM_REGISTERS } from "./state.ts";

/** A vCPU: all that is not the meaning of an instruction. Without an MMU: addresses are physical. */
export class SmallCpu implements Frontend {
  readonly translate = translate;
  /** Input lines, which boards and devices drive: "cpu.irq". */
  readonly inputs = { irq: (level: boolean) => this.#setIrq(level) };
  #irq = false;

  constructor(readonly host: CpuHost) {}

  reset(): void {
    for (const { index } of [...REGISTERS, ...SYSTEM_REGISTERS]) this.host.i32[index] = 0;
  }

  mmuIndex(): number {
    return 0;
  }

  /** Where an address leads. An MMU would look into its tables here, and give a number of its own for a fault. */
  walk(address: number, _access: Access, _mmuIndex: number, page: Page): number {
    page.physical = address >>> 0;
    page.size = 4096;
    page.readable = page.writable = page.executable = true;
    return 0;
  }

  fault(fault: number): void {
    this.raise(fault);
  }

  /** Nothing answers there. */
  busError(): void {
    this.raise(CAUSE.bus);
  }

  unaligned(): Unaligned {
    return UNALIGNED.split;
  }

  // Exceptions: raised in the middle of a block, delivered when it has been left.

  raise(cause: number): void {
    this.host.i32[CPU.exception.index] = cause;
  }

  deliver(): void {
    const { i32 } = this.host;
    this.#enter(i32[CPU.exception.index]);
    i32[CPU.exception.index] = 0;
  }

  /** Takes an interrupt, if there is one and they are enabled. */
  interrupt(): boolean {
    if (!this.#irq || this.host.i32[STATE.enable.index] === 0) return false;
    this.#enter(CAUSE.interrupt);
    return true;
  }

  wakes(): boolean {
    return this.#irq;
  }

  #enter(cause: number): void {
    const { i32 } = this.host;
    i32[STATE.epc.index] = i32[CPU.pc.index];
    i32[STATE.cause.index] = cause;
    i32[STATE.enable.index] = 0;
    i32[CPU.pc.index] = i32[STATE.vector.index];
  }

  /** `rti`. */
  leave(): void {
    const { i32 } = this.host;
    i32[CPU.pc.index] = i32[STATE.epc.index];
    i32[STATE.enable.index] = 1;
  }

  #setIrq(level: boolean): void {
    this.#irq = level;
    this.host.interrupt(level);
  }

  // Snapshots (what is not in the state block), debuggers, boot images.

  snapshot(): object {
    return { irq: this.#irq };
  }

  restore(state: object): void {
    this.#irq = (state as { irq: boolean }).irq;
  }

  registers(): { readonly name: string; readonly value: number }[] {
    return [...REGISTERS, CPU.pc, ...SYSTEM_REGISTERS].map(({ name, index }) => ({
      name,
      value: this.host.i32[index] >>> 0,
    }));
  }

  setRegister(name: string, value: number): void {
    const field = [...REGISTERS, CPU.pc, ...SYSTEM_REGISTERS].find((field) => field.name === name);
    if (field) this.host.i32[field.index] = value;
  }
}
