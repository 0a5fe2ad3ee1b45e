import { CPU } from "../isa/state.ts";
import type { Field } from "../isa/state.ts";
import type { Cpu } from "./api.ts";
import type { VCpu } from "../vcpu/vcpu.ts";
import { RETRY } from "../softmmu/softmmu.ts";
import { REDIRECT } from "./hook.ts";

/**
 * What a handle may do: as a callback's registers say ("access" is "write" in the middle of an instruction), or
 * everything because the vCPU is between two blocks.
 */
export type Reach = "none" | "read" | "write" | "access" | "between";

/** A vCPU as a plugin's callback sees it. */
export class CpuHandle implements Cpu {
  readonly index: number;
  readonly #cpu: VCpu;
  readonly #reach: Reach;
  readonly #fields: Readonly<Record<string, Field>>;

  constructor(cpu: VCpu, options: { index: number; reach: Reach; fields: Readonly<Record<string, Field>> }) {
    this.index = options.index;
    this.#cpu = cpu;
    this.#reach = options.reach;
    this.#fields = options.fields;
  }

  get pc(): number {
    this.#need("read");
    return this.#cpu.i32[CPU.pc.index] >>> 0;
  }

  readRegister(name: string): number | undefined {
    this.#need("read");
    if (name === "pc") return this.pc;
    const field = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    if (field?.type === "i32") return this.#cpu.i32[field.index] >>> 0;
    const value = this.#cpu.frontend.registers().find((register) => register.name === name)?.value;
    return value === undefined ? undefined : value >>> 0;
  }

  registers(): readonly { readonly name: string; readonly value: number }[] {
    this.#need("read");
    return this.#cpu.frontend.registers();
  }

  writeRegister(name: string, value: number): void {
    this.#need("write");
    if (name === "pc") return this.setPc(value);
    if (!this.#cpu.frontend.registers().some((register) => register.name === name)) {
      throw new Error(`Cannot write register "${name}": there is none of that name`);
    }
    const { i32, frontend } = this.#cpu, flags = i32[CPU.tbflags.index];
    frontend.setRegister(name, value | 0);
    if (i32[CPU.tbflags.index] === flags || this.#reach === "between") return;
    // The code that follows was translated for another state: the instruction begins again, on its own.
    if (this.#reach === "write") i32[CPU.exception.index] = RETRY;
    else {
      i32[CPU.tbflags.index] = flags;
      throw new Error(
        `Cannot write ${name} after an access: it changes the meaning of the code that follows`,
      );
    }
  }

  setPc(address: number): void {
    this.#need("write");
    this.#cpu.i32[CPU.pc.index] = address;
    if (this.#reach !== "between") this.#cpu.i32[CPU.exception.index] = REDIRECT;
  }

  readMemory(address: number, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    return this.#cpu.readVirtual(address | 0, bytes) ? bytes : undefined;
  }

  writeMemory(address: number, bytes: Uint8Array): boolean {
    return this.#cpu.writeVirtual(address | 0, bytes);
  }

  translate(address: number): number | undefined {
    return this.#cpu.mmu.physical(address | 0, this.#cpu.frontend.mmuIndex());
  }

  #need(what: "read" | "write"): void {
    const reach = this.#reach;
    if (reach === what || reach !== "none" && reach !== "read") return;
    throw new Error(`Cannot ${what} registers: the callback was attached with registers "${reach}"`);
  }
}
