import { CPU } from "@emu/core";
import { AddressSpace } from "../../core/memory/address_space.ts";
import { GuestMemory } from "../../core/memory/guest_memory.ts";
import { IoTarget } from "../../core/memory/io_target.ts";
import { SLOT_AREA } from "../../core/tier/wasm/compiler.ts";
import { POLICY } from "../../core/tier/policy.ts";
import { VCpu, type VCpuOptions } from "../../core/vcpu/vcpu.ts";
import { assemble } from "./assemble.ts";
import { REGISTERS, SYSTEM_FIELDS, TOY } from "./state.ts";
import toy from "./toy.ts";

/** What is where. */
export const PLACE = {
  ram: { at: 0, size: 0x10_0000 },
  rom: { at: 0x20_0000, size: 0x1000 },
  device: { at: 0x30_0000, size: 0x1000 },
} as const;

/** Registers of the device, and what a store to them does. Others read as their offset. */
export const DEVICE = {
  /** The interrupt line goes high for a value other than 0. */
  irq: 0x10,
  /** Address for the next `dma`. */
  address: 0x14,
  /** The device writes the word to memory by itself. */
  dma: 0x18,
  /** Reads: instructions run so far in this `run`, that of the load included. */
  executed: 0x1c,
} as const;

export type Accel = "interp" | "jit";
/** Both ways to run, for tests that ask the same of each. */
export const TIERS: readonly Accel[] = ["interp", "jit"];

export interface ToyOptions {
  readonly accel?: Accel;
  readonly tbLimit?: number;
  readonly passes?: NonNullable<VCpuOptions["passes"]>;
  /** Runs in tier 0 before a block is compiled; default 1, so that whatever is run twice is compiled. */
  readonly hot?: number;
}

/** A toy vCPU with RAM, ROM and a device. */
export class ToyMachine {
  readonly memory: GuestMemory = new GuestMemory(SLOT_AREA + (4 << 20));
  readonly space: AddressSpace = new AddressSpace(this.memory);
  readonly cpu: VCpu;
  /** Offset of RAM and ROM in machine memory. */
  readonly ram: number;
  readonly rom: number;
  /** What the device saw: "read 4 @010", "write 1 @011 = 7f". */
  readonly accesses: string[] = [];
  #marked = new Uint8Array();
  #address = 0;
  #budget = 0;

  constructor({ accel = "interp", tbLimit, passes, hot = 1 }: ToyOptions = {}) {
    Object.assign(POLICY, { hot, batch: 1, urgent: hot });
    const { memory, space } = this;
    this.ram = memory.allocate(PLACE.ram.size);
    this.rom = memory.allocate(PLACE.rom.size);
    const target = new IoTarget("device", {
      read: (offset, size) => this.#read(offset, size),
      write: (offset, size, value) => this.#write(offset, size, value),
    }, (_, error) => {
      throw error;
    });
    space.place({ name: "ram", start: PLACE.ram.at, size: PLACE.ram.size, host: this.ram, writable: true });
    space.place({ name: "rom", start: PLACE.rom.at, size: PLACE.rom.size, host: this.rom });
    space.place({ name: "device", start: PLACE.device.at, size: PLACE.device.size, target });
    this.cpu = new VCpu(toy, {}, space, {
      accel,
      tbLimit,
      ...passes && { passes },
      log: { guestError: () => {}, unimplemented: () => {} },
      now: () => 0,
    });
  }

  /** Puts a program into memory (see `assemble`), behind the vCPU's back. */
  load(text: string, at = 0): this {
    const words = assemble(text), region = this.space.find(at)!;
    this.memory.u8.set(new Uint8Array(words.buffer), region.host + (at - region.start));
    return this;
  }

  /** Remembers what the first 64 KiB of memory hold, for `rewind`. */
  mark(): this {
    this.#marked = this.#low.slice();
    return this;
  }

  /** Back to the power-on state with memory as it was marked. Code that did not change stays translated. */
  rewind(): this {
    const marked = new DataView(this.#marked.buffer), now = new DataView(this.#low.slice().buffer);
    for (let at = 0; at < this.#marked.length; at += 4) {
      const word = marked.getUint32(at, true);
      if (word !== now.getUint32(at, true)) this.space.write(at, 4, word);
    }
    this.cpu.frontend.inputs.irq(false);
    this.cpu.reset();
    this.accesses.length = 0;
    this.#address = 0;
    return this;
  }

  get #low(): Uint8Array<ArrayBuffer> {
    return this.memory.u8.subarray(this.ram, this.ram + 0x1_0000) as Uint8Array<ArrayBuffer>;
  }

  /** Runs instructions; gives how many were run. */
  run(budget: number): number {
    this.#budget = budget;
    return budget - this.cpu.run(budget);
  }

  reg(number: number): number {
    return this.cpu.i32[REGISTERS[number].index];
  }

  setReg(number: number, value: number): this {
    this.cpu.i32[REGISTERS[number].index] = value;
    return this;
  }

  get pc(): number {
    return this.cpu.i32[CPU.pc.index];
  }

  word(address: number): number {
    return this.memory.i32[this.ram + address >> 2];
  }

  setWord(address: number, value: number): this {
    this.memory.i32[this.ram + address >> 2] = value;
    return this;
  }

  /** All that the guest could tell from another run: registers, mode, position, the first 64 KiB of memory. */
  state(): object {
    const { i32 } = this.cpu;
    const fields = [CPU.pc, CPU.tbflags, CPU.exception, CPU.halted, ...REGISTERS, ...SYSTEM_FIELDS, TOY.wide];
    return {
      ...Object.fromEntries(fields.map(({ name, index }) => [name, i32[index]])),
      memory: checksum(this.#low),
      accesses: this.accesses.join(),
    };
  }

  #read(offset: number, size: number): number {
    this.accesses.push(`read ${size} @${hex(offset)}`);
    return offset === DEVICE.executed ? this.#budget - this.cpu.remaining : offset;
  }

  #write(offset: number, size: number, value: number): void {
    this.accesses.push(`write ${size} @${hex(offset)} = ${value.toString(16)}`);
    if (offset === DEVICE.irq) this.cpu.frontend.inputs.irq(value !== 0);
    if (offset === DEVICE.address) this.#address = value;
    if (offset === DEVICE.dma) this.space.write(this.#address, 4, value);
  }
}

function hex(offset: number): string {
  return offset.toString(16).padStart(3, "0");
}

/** Fowler, Noll and Vo's hash 1a. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}
