import { CPU } from "@emu/core";
import { AddressSpace } from "../../core/memory/address_space.ts";
import { GuestMemory } from "../../core/memory/guest_memory.ts";
import { IoTarget } from "../../core/memory/io_target.ts";
import { SLOT_AREA } from "../../core/tier/wasm/compiler.ts";
import { VCpu } from "../../core/vcpu/vcpu.ts";
import arm from "../../plugins/isa/arm/arm.ts";
import { ARM } from "../../plugins/isa/arm/state.ts";
import { inTier, type TierName } from "./tiers.ts";

/** What is where. */
export const PLACE = {
  ram: { at: 0, size: 0x4_0000 },
  device: { at: 0x1000_0000, size: 0x1000 },
} as const;

/** Registers of the device. */
const DEVICE = {
  /** Reads: instructions run so far, those slept through included. */
  CLOCK: 0x00,
  /** The interrupt line goes high in so many instructions. */
  TIMER: 0x04,
  /** The interrupt line goes low. */
  ACKNOWLEDGE: 0x08,
  /** Where the next word goes. */
  DMA_ADDRESS: 0x0c,
  /** The device writes the word to memory by itself. */
  DMA_DATA: 0x10,
} as const;

const NEVER = Infinity;

/** Registers that the guest cannot see: what faults stage, and intermediate results. */
const INVISIBLE = ["pendingFsr", "pendingFar", "vfpScratchLow", "vfpScratchHigh"];

/** Flags are kept in whatever form is cheap; these are the flags themselves. */
const FLAGS: Readonly<Record<string, ((value: number) => number) | undefined>> = {
  nf: (value) => value >>> 31,
  zf: (value) => Number(value === 0),
  vf: (value) => value >>> 31,
};

/** What is compared. */
const VISIBLE = [CPU.pc, CPU.tbflags, CPU.exception, CPU.interrupt, CPU.halted, ...Object.values(ARM)]
  .filter(({ name }) => !INVISIBLE.includes(name))
  .map(({ name, index }) => ({ name, index, canonical: FLAGS[name] }));

/** Everything that the guest could tell from another run. */
export type State = Readonly<Record<string, number>>;

/** An ARM926 with RAM and a device, run in one tier, in slices of its own lengths. */
export class TierMachine {
  readonly tier: TierName;
  readonly cpu: VCpu;
  /** Instructions run. */
  executed = 0;
  readonly #memory = new GuestMemory(SLOT_AREA + (4 << 20));
  readonly #space = new AddressSpace(this.#memory);
  /** Offset of RAM in machine memory. */
  readonly #ram: number;
  readonly #sliceLength: () => number;
  #budget = 0;
  #running = false;
  /** Instructions slept through. */
  #slept = 0;
  #deadline = NEVER;
  #dmaAddress = 0;

  /** `sliceLength` gives the most instructions for the next slice. What the guest sees must not depend on it. */
  constructor(tier: TierName, sliceLength: () => number) {
    this.tier = tier;
    this.#sliceLength = sliceLength;
    this.#ram = this.#memory.allocate(PLACE.ram.size);
    const target = new IoTarget("device", {
      read: (offset) => offset === DEVICE.CLOCK ? this.#now() >>> 0 : 0,
      write: (offset, _size, value) => this.#write(offset, value),
    }, (_, error) => {
      throw error;
    });
    const { ram, device } = PLACE;
    this.#space.place({ name: "ram", start: ram.at, size: ram.size, host: this.#ram, writable: true });
    this.#space.place({ name: "device", start: device.at, size: device.size, target });
    this.cpu = inTier(tier, (accel) =>
      new VCpu(arm, arm.models[arm.defaultModel], this.#space, {
        accel,
        log: { guestError() {}, unimplemented() {} },
        now: () => this.#now(),
      }));
  }

  /** Puts words into memory, before the machine runs. */
  load(at: number, words: ArrayLike<number>): this {
    for (let i = 0; i < words.length; i++) this.#memory.i32[(this.#ram + at >> 2) + i] = words[i];
    return this;
  }

  /** Runs exactly so many instructions; fewer only if the guest sleeps for ever. */
  run(count: number): void {
    inTier(this.tier, () => this.#run(this.executed + count));
  }

  #run(end: number): void {
    const { cpu } = this, { i32, frontend } = cpu;
    while (this.executed < end) {
      if (this.#deadline <= this.#now()) {
        this.#deadline = NEVER;
        frontend.inputs.irq(true);
      }
      if (i32[CPU.halted.index] !== 0) {
        if (!frontend.wakes()) {
          if (this.#deadline === NEVER) return;
          this.#slept += this.#deadline - this.#now();
          continue;
        }
        i32[CPU.halted.index] = 0;
      }
      const limit = Math.min(end - this.executed, this.#deadline - this.#now());
      this.#budget = Math.max(1, Math.min(limit, this.#sliceLength()));
      this.#running = true;
      const left = cpu.run(this.#budget);
      this.#running = false;
      this.executed += this.#budget - left;
    }
  }

  #now(): number {
    return this.executed + this.#slept + (this.#running ? this.#budget - this.cpu.remaining : 0);
  }

  #write(offset: number, value: number): void {
    switch (offset) {
      case DEVICE.TIMER:
        this.#deadline = this.#now() + value;
        // The slice may reach beyond it.
        this.cpu.stop();
        break;
      case DEVICE.ACKNOWLEDGE:
        this.cpu.frontend.inputs.irq(false);
        break;
      case DEVICE.DMA_ADDRESS:
        this.#dmaAddress = value;
        break;
      case DEVICE.DMA_DATA:
        this.#space.write(this.#dmaAddress, 4, value);
    }
  }

  /** What is where, for who looks on. */
  get space(): AddressSpace {
    return this.#space;
  }

  /** Words of RAM. */
  get ram(): Int32Array {
    return this.#memory.i32.subarray(this.#ram >> 2, this.#ram + PLACE.ram.size >> 2);
  }

  /** Registers by name, RAM as a hash, and how many instructions it took to come here. */
  state(): State {
    const { i32 } = this.cpu, { ram } = this;
    const state: Record<string, number> = { executed: this.executed, slept: this.#slept };
    for (const { name, index, canonical } of VISIBLE) {
      state[name] = canonical === undefined ? i32[index] : canonical(i32[index]);
    }
    // FNV-1a, by words (Fowler, Noll, Vo).
    let hash = 0x811c_9dc5;
    for (let i = 0; i < ram.length; i++) hash = Math.imul(hash ^ ram[i], 0x0100_0193);
    state.ram = hash;
    return state;
  }
}
