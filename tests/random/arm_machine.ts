import { CPU } from "@emu/core";
import { AddressSpace } from "../../core/memory/address_space.ts";
import { GuestMemory } from "../../core/memory/guest_memory.ts";
import { SLOT_AREA } from "../../core/tier/wasm/compiler.ts";
import { VCpu } from "../../core/vcpu/vcpu.ts";
import arm from "../../plugins/isa/arm/arm.ts";
import type { ArmCpu } from "../../plugins/isa/arm/cpu.ts";
import { ARM, PSR } from "../../plugins/isa/arm/state.ts";
import { inTier, type TierName } from "../tiers/tiers.ts";

/** What is where: exception vectors in ROM, and RAM with code and data. There is RAM on an Integrator/CP, too. */
export const PLACE = {
  vectors: { at: 0, size: 0x1000 },
  ram: { at: 0x8001_0000, size: 0x1000 },
  code: { at: 0x8001_0000, size: 0x200 },
  data: { at: 0x8001_0800, size: 0x400 },
} as const;

/** Branches to themselves, which vectors and code are filled with. As A32, that of Thumb is undefined. */
const STOP = { arm: 0xeaff_fffe | 0, thumb: 0xe7fe_e7fe | 0 } as const;
/** CP15 control: alignment is checked, as what an unaligned access does is the model's own affair. */
const CHECK_ALIGNMENT = 1 << 1;
const FPEXC_EN = 1 << 30;

/** An instruction in memory. */
export interface PlacedWord {
  readonly word: number;
  readonly bytes: 2 | 4;
}

/** A program with all that it starts from. */
export interface Start {
  /** r0–r14, pc, CPSR. */
  readonly registers: Int32Array;
  /** Saved status of the mode it begins in. */
  readonly spsr: number;
  readonly code: ReadonlyMap<number, PlacedWord>;
  readonly data: Uint8Array;
}

/** What a program has made of it: registers by name, and all memory. */
export interface End {
  readonly registers: Readonly<Record<string, number>>;
  readonly memory: Uint8Array;
}

/** Registers that programs cannot see: what faults stage, and intermediate results. */
const INVISIBLE = [
  "nf",
  "zf",
  "cf",
  "vf",
  "qf",
  "mode",
  "pendingFsr",
  "pendingFar",
  "vfpScratchLow",
  "vfpScratchHigh",
];

/** An ARM926 with a little memory, run in one tier. */
export class ArmMachine {
  readonly cpu: VCpu;
  readonly frontend: ArmCpu;
  readonly #tier: TierName;
  readonly #memory = new GuestMemory(SLOT_AREA + (2 << 20));
  readonly #space = new AddressSpace(this.#memory);
  /** Bytes of RAM. */
  readonly ram: Uint8Array;

  /** Without vectors exceptions lead nowhere: for programs that must not have any. */
  constructor(tier: TierName, { vectors = true } = {}) {
    this.#tier = tier;
    const place = ({ at, size }: { at: number; size: number }, writable: boolean) => {
      const host = this.#memory.allocate(size);
      this.#space.place({ name: "memory", start: at, size, host, writable });
      return this.#memory.u8.subarray(host, host + size);
    };
    this.ram = place(PLACE.ram, true);
    if (vectors) {
      const rom = place(PLACE.vectors, false);
      new Int32Array(rom.buffer, rom.byteOffset, rom.length / 4).fill(STOP.arm);
    }
    this.cpu = inTier(tier, (accel) =>
      new VCpu(arm, arm.models.arm926, this.#space, {
        accel,
        log: { guestError() {}, unimplemented() {} },
        now: () => 0,
      }));
    this.frontend = this.cpu.frontend as ArmCpu;
  }

  /** Puts everything back to a start. What did not change stays translated. */
  begin({ registers, spsr, code, data }: Start): void {
    const { frontend, cpu } = this;
    cpu.reset();
    cpu.i32[ARM.c1_control.index] |= CHECK_ALIGNMENT;
    frontend.setRegister("fpexc", FPEXC_EN);
    frontend.setRegister("cpsr", registers[16]);
    for (let n = 0; n < 15; n++) cpu.i32[ARM[`r${n}` as "r0"].index] = registers[n];
    cpu.i32[CPU.pc.index] = registers[15];
    cpu.i32[ARM.spsr.index] = spsr;
    this.restoreMemory(imageOf(code, data));
  }

  /** Runs so many instructions. */
  run(count: number): void {
    inTier(this.#tier, () => this.cpu.run(count));
  }

  /** Writes one instruction as a debugger does. */
  poke(address: number, { word, bytes }: PlacedWord): void {
    this.#space.write(address >>> 0, bytes, word >>> 0);
  }

  /** Makes RAM equal to an image, writing only what differs. */
  restoreMemory(image: Uint8Array): void {
    const now = new Int32Array(this.ram.buffer, this.ram.byteOffset, this.ram.length / 4);
    const then = new Int32Array(image.buffer, image.byteOffset, now.length);
    for (let i = 0; i < now.length; i++) {
      if (now[i] !== then[i]) this.#space.write(PLACE.ram.at + 4 * i, 4, then[i] >>> 0);
    }
  }

  get pc(): number {
    return this.cpu.i32[CPU.pc.index];
  }

  get cpsr(): number {
    return this.frontend.readCpsr();
  }

  get thumb(): boolean {
    return (this.cpsr & PSR.T) !== 0;
  }

  end(): End {
    const { i32 } = this.cpu;
    const registers: Record<string, number> = { pc: this.pc, cpsr: this.cpsr };
    for (const { name, index } of Object.values(ARM)) {
      if (!INVISIBLE.includes(name)) registers[name] = i32[index];
    }
    return { registers, memory: this.ram.slice() };
  }
}

/** RAM as a program finds it. */
export function imageOf(code: ReadonlyMap<number, PlacedWord>, data: Uint8Array): Uint8Array {
  const image = new Uint8Array(PLACE.ram.size), view = new DataView(image.buffer);
  for (let at = 0; at < PLACE.code.size; at += 4) view.setInt32(at, STOP.thumb, true);
  for (const [address, { word, bytes }] of code) {
    const at = (address >>> 0) - PLACE.ram.at;
    if (bytes === 2) view.setUint16(at, word, true);
    else view.setInt32(at, word, true);
  }
  image.set(data, PLACE.data.at - PLACE.ram.at);
  return image;
}
