import type { GuestMemory } from "./guest_memory.ts";
import type { IoTarget } from "./io_target.ts";

/** A range of guest-physical addresses and what answers there. One shape for all kinds keeps look-ups monomorphic. */
export class Region {
  constructor(
    readonly name: string,
    readonly start: number,
    /** First address behind it. */
    readonly end: number,
    /** Offset in machine memory of what is read directly, or -1. */
    public host: number,
    /** Whether stores go straight to that memory. */
    readonly writable: boolean,
    /** The device that gets the other accesses. */
    readonly target: IoTarget | undefined,
    /** Offset inside the device of `start`. */
    readonly offset: number,
  ) {}
}

/** How to place a region; a later one covers earlier ones. */
export interface Placement {
  readonly name: string;
  readonly start: number;
  readonly size: number;
  /** Offset in machine memory, for RAM, ROM and what a device lets be read directly. */
  readonly host?: number;
  readonly writable?: boolean;
  readonly target?: IoTarget;
}

/** The physical address map: which memory or device answers where. */
export class AddressSpace {
  readonly memory: GuestMemory;
  /** Called when the map has changed, or memory that holds code was written past the vCPU. */
  onChange: () => void = () => {};
  /** Called after a write to RAM by others than a vCPU. */
  onWrite: (host: number, size: number) => void = () => {};
  #placements: { placement: Placement; on: boolean; direct: boolean }[] = [];
  #regions: Region[] = [];
  #last: Region | undefined;

  constructor(memory: GuestMemory) {
    this.memory = memory;
  }

  /** Adds a region; returns switches to take it out and put it back, and to turn direct reads off and on. */
  place(placement: Placement): { enable(on: boolean): void; direct(on: boolean): void } {
    const entry = { placement, on: true, direct: true };
    this.#placements.push(entry);
    this.#flatten();
    return {
      enable: (on) => {
        if (entry.on === on) return;
        entry.on = on;
        this.#flatten();
      },
      direct: (on) => {
        if (entry.direct === on) return;
        entry.direct = on;
        this.#flatten();
      },
    };
  }

  /** Cuts the placements into ranges that do not overlap, later ones on top. */
  #flatten(): void {
    let regions: Region[] = [];
    for (const { placement, on, direct } of this.#placements) {
      if (!on) continue;
      const { name, start, size, host = -1, writable = false, target } = placement;
      const end = start + size;
      const cut = (r: Region, from: number, to: number) =>
        new Region(
          r.name,
          from,
          to,
          r.host < 0 ? -1 : r.host + (from - r.start),
          r.writable,
          r.target,
          r.offset + (from - r.start),
        );
      regions = regions.flatMap((r) =>
        r.end <= start || r.start >= end
          ? [r]
          : [...r.start < start ? [cut(r, r.start, start)] : [], ...r.end > end ? [cut(r, end, r.end)] : []]
      );
      regions.push(new Region(name, start, end, direct ? host : -1, writable, target, 0));
    }
    this.#regions = regions.sort((a, b) => a.start - b.start);
    this.#last = undefined;
    this.onChange();
  }

  /** What answers at a physical address. */
  find(address: number): Region | undefined {
    const last = this.#last;
    if (last !== undefined && address >= last.start && address < last.end) return last;
    const regions = this.#regions;
    let low = 0, high = regions.length;
    while (low < high) {
      const middle = low + high >> 1;
      if (regions[middle].end <= address) low = middle + 1;
      else high = middle;
    }
    const region = regions[low];
    if (region === undefined || address < region.start) return undefined;
    return this.#last = region;
  }

  /** The ranges there are, in address order. */
  get regions(): readonly Region[] {
    return this.#regions;
  }

  /** Reads 1, 2 or 4 bytes as a bus master does, little-endian, unsigned; undefined if nothing answers. */
  read(address: number, size: number): number | undefined {
    const region = this.find(address);
    if (region === undefined || address + size > region.end) return undefined;
    if (region.host >= 0) {
      const at = region.host + (address - region.start), { u8 } = this.memory;
      let value = 0;
      for (let i = size - 1; i >= 0; i--) value = value * 256 + u8[at + i];
      return value;
    }
    return region.target?.read(region.offset + (address - region.start), size);
  }

  /** Writes 1, 2 or 4 bytes; false if nothing answers. ROM ignores it. */
  write(address: number, size: number, value: number): boolean {
    const region = this.find(address);
    if (region === undefined || address + size > region.end) return false;
    if (region.host >= 0 && region.writable) {
      const at = region.host + (address - region.start), { u8 } = this.memory;
      for (let i = 0; i < size; i++) u8[at + i] = value >>> (8 * i);
      this.onWrite(at, size);
    } else region.target?.write(region.offset + (address - region.start), size, value);
    return true;
  }

  /** Reads a run of bytes; false if some lie where nothing answers (they read as 0). */
  readBytes(address: number, into: Uint8Array): boolean {
    let good = true;
    for (let done = 0; done < into.length;) {
      const at = address + done, region = this.find(at);
      if (region === undefined) {
        into[done++] = 0;
        good = false;
      } else if (region.host >= 0) {
        const count = Math.min(into.length - done, region.end - at), from = region.host + (at - region.start);
        into.set(this.memory.u8.subarray(from, from + count), done);
        done += count;
      } else {
        const size = (at & 3) === 0 && into.length - done >= 4 && region.end - at >= 4 ? 4 : 1;
        const value = region.target?.read(region.offset + (at - region.start), size) ?? 0;
        for (let i = 0; i < size; i++) into[done++] = value >>> (8 * i);
      }
    }
    return good;
  }

  /** Writes a run of bytes; false if some lie where nothing answers. */
  writeBytes(address: number, from: Uint8Array): boolean {
    let good = true;
    for (let done = 0; done < from.length;) {
      const at = address + done, region = this.find(at);
      if (region === undefined) {
        done++;
        good = false;
      } else if (region.host >= 0 && region.writable) {
        const count = Math.min(from.length - done, region.end - at), to = region.host + (at - region.start);
        this.memory.u8.set(from.subarray(done, done + count), to);
        this.onWrite(to, count);
        done += count;
      } else {
        const size = (at & 3) === 0 && from.length - done >= 4 && region.end - at >= 4 ? 4 : 1;
        let value = 0;
        for (let i = size - 1; i >= 0; i--) value = value * 256 + from[done + i];
        region.target?.write(region.offset + (at - region.start), size, value);
        done += size;
      }
    }
    return good;
  }
}
