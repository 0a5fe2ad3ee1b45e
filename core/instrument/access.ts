import { MEM, memMmu, memSize } from "../ir/ops.ts";
import type { Region } from "../memory/address_space.ts";
import type { VCpu } from "../vcpu/vcpu.ts";
import type { AddressSpace } from "../memory/address_space.ts";
import type { MemoryAccess } from "./api.ts";
import { STORE } from "./weave.ts";

/** The access that a callback sees: one object, filled anew each time. */
export class CurrentAccess implements MemoryAccess {
  address = 0;
  /** Access descriptor, with `STORE`. */
  descriptor = 0;
  low = 0;
  high = 0;
  readonly #cpu: VCpu;
  readonly #space: AddressSpace;

  constructor(cpu: VCpu, space: AddressSpace) {
    this.#cpu = cpu;
    this.#space = space;
  }

  get size(): number {
    return memSize(this.descriptor);
  }
  get write(): boolean {
    return (this.descriptor & STORE) !== 0;
  }
  get signed(): boolean {
    return (this.descriptor & MEM.signed) !== 0;
  }
  get bigEndian(): boolean {
    return (this.descriptor & MEM.bigEndian) !== 0;
  }
  get value(): number {
    const size = memSize(this.descriptor);
    return size >= 4 ? this.low >>> 0 : this.low & (size === 1 ? 0xff : 0xffff);
  }
  get value64(): bigint {
    return memSize(this.descriptor) < 8
      ? BigInt(this.value)
      : BigInt(this.high >>> 0) << 32n | BigInt(this.low >>> 0);
  }
  get physical(): number | undefined {
    return this.#cpu.mmu.physical(this.address | 0, memMmu(this.descriptor));
  }
  get io(): boolean {
    return this.#target() !== undefined;
  }
  get device(): string | undefined {
    return this.#target()?.target?.name;
  }

  /** The region, if its device was asked. */
  #target(): Region | undefined {
    const physical = this.physical;
    if (physical === undefined) return undefined;
    const region = this.#space.find(physical);
    if (region === undefined || region.host >= 0 && (!this.write || region.writable)) return undefined;
    return region;
  }
}
