import type { AddressSpace, Region } from "../memory/address_space.ts";
import type { GuestMemory } from "../memory/guest_memory.ts";
import { ACCESS, type Access, type Frontend, type Page, UNALIGNED } from "../isa/isa.ts";
import { CPU } from "../isa/state.ts";
import { MEM, memMmu, memSize } from "../ir/ops.ts";
import type { CodePages } from "../translator/code_pages.ts";
import { PAGE_MASK, PAGE_SIZE, TAG, TLB } from "./tlb.ts";

/** `CPU.exception` of the core's own: a store hit translated code; run the instruction again, on its own. */
export const RETRY = -1;

/** Words of a TLB entry. */
const READ = TLB.tagRead >> 2,
  WRITE = TLB.tagWrite >> 2,
  EXECUTE = TLB.tagExecute >> 2,
  ADDEND = TLB.addend >> 2;

/** Pages that a miss in a large page fills at once; a power of two. */
const NEIGHBOURS = 8;

/** What the slow path needs of its vCPU. */
export interface MmuClient {
  /** Offset of the vCPU's block in machine memory. */
  readonly env: number;
  readonly frontend: Frontend;
  /** Instructions of the current block that have been charged but not begun. */
  left: number;
  /** Whether just one instruction is being run, so that it may overwrite itself. */
  readonly single: boolean;
  /** The TLB has come to hold a page that instructions are fetched from. */
  noteCode(address: number): void;
  /** A device was accessed. */
  noteSlow(): void;
}

/** Entries that are forgotten one by one; if there are more, the whole TLB is wiped. */
const FEW = 512;

/**
 * The slow path of guest memory: everything that a look-up in the TLB cannot settle: misses, devices, ROM, stores
 * to pages that hold translated code, small pages, unaligned addresses.
 */
export class SoftMmu {
  readonly #cpu: MmuClient;
  readonly #memory: GuestMemory;
  readonly #space: AddressSpace;
  readonly #code: CodePages;
  readonly #mmuIndices: number;
  /** First word of the TLBs. */
  readonly #tlb: number;
  /** First words of the entries that may hold something: so many, or more than there is room for. */
  readonly #entered = new Int32Array(FEW);
  /** At first all entries hold zeros, which would be translations. */
  #count = FEW + 1;
  /** Physical address of each TLB entry's page. */
  readonly #physical: Float64Array;
  readonly #page: Page = { physical: 0, size: 0, readable: false, writable: false, executable: false };
  readonly stats = { misses: 0, io: 0, flushes: 0, pageFlushes: 0 };

  constructor(
    cpu: MmuClient,
    { space, code, mmuIndices }: { space: AddressSpace; code: CodePages; mmuIndices: number },
  ) {
    this.#cpu = cpu;
    this.#memory = space.memory;
    this.#space = space;
    this.#code = code;
    this.#mmuIndices = mmuIndices;
    this.#tlb = cpu.env + TLB.offset >> 2;
    this.#physical = new Float64Array(mmuIndices * TLB.entries);
    this.flush();
  }

  /** Forgets all translations. */
  flush(): void {
    this.stats.flushes++;
    const { i32 } = this.#memory;
    if (this.#count > FEW) i32.fill(TAG.INVALID, this.#tlb, this.#tlb + 4 * this.#physical.length);
    else {
      for (let i = 0; i < this.#count; i++) {
        const word = this.#entered[i];
        i32[word + READ] = i32[word + WRITE] = i32[word + EXECUTE] = TAG.INVALID;
      }
    }
    this.#count = 0;
  }

  /** Forgets the translations of `size` bytes around an address. */
  flushPage(address: number, size: number): void {
    if (size > TLB.entries * PAGE_SIZE) return this.flush();
    this.stats.pageFlushes++;
    const { i32 } = this.#memory;
    const first = (address & -size) >>> 0;
    for (let at = first; at < first + Math.max(size, PAGE_SIZE); at += PAGE_SIZE) {
      for (let mmu = 0; mmu < this.#mmuIndices; mmu++) {
        const word = this.#tlb + 4 * this.#entry(at, mmu);
        i32[word + READ] = i32[word + WRITE] = i32[word + EXECUTE] = TAG.INVALID;
      }
    }
  }

  /** Sends stores to a page of machine memory through the slow path from now on: it has come to hold code. */
  protect(host: number): void {
    const { i32 } = this.#memory, page = host & PAGE_MASK, entered = this.#entered, first = this.#tlb;
    const few = this.#count <= FEW, count = few ? this.#count : this.#physical.length;
    for (let n = 0; n < count; n++) {
      const word = few ? entered[n] : first + 4 * n, tag = i32[word + WRITE];
      if (tag !== TAG.INVALID && ((tag & PAGE_MASK) + i32[word + ADDEND] | 0) === page) {
        i32[word + WRITE] = tag | TAG.SLOW;
      }
    }
  }

  /**
   * Loads 1, 2 or 4 bytes; on a fault `CPU.exception` is set. `pc` is the instruction's address, `left` counts the
   * instructions after it in its block.
   */
  load(address: number, mem: number, pc: number, left: number): number {
    const cpu = this.#cpu, size = memSize(mem);
    this.#enter(pc, left);
    let rotate = 0;
    if ((address & (size - 1)) !== 0) {
      const how = (mem & MEM.aligned) === 0
        ? UNALIGNED.split
        : cpu.frontend.unaligned(address, mem, ACCESS.read);
      if (how === UNALIGNED.fault) return this.#leave(left);
      if (how === UNALIGNED.split) {
        const value = this.#loadSplit(address, mem);
        return this.#leave(left) || value;
      }
      if (how === UNALIGNED.rotate) rotate = 8 * (address & 3);
      address &= -size;
    }
    const value = extend(this.#loadAligned(address, size, memMmu(mem)), mem);
    return this.#leave(left) || (value >>> rotate | value << (32 - rotate));
  }

  /** Stores 1, 2 or 4 bytes; see `load`. */
  store(address: number, value: number, mem: number, pc: number, left: number): void {
    const cpu = this.#cpu, size = memSize(mem);
    this.#enter(pc, left);
    if ((address & (size - 1)) !== 0) {
      const how = (mem & MEM.aligned) === 0
        ? UNALIGNED.split
        : cpu.frontend.unaligned(address, mem, ACCESS.write);
      if (how === UNALIGNED.fault) return void this.#leave(left);
      if (how === UNALIGNED.split) {
        this.#storeSplit(address, value, mem);
        return void this.#leave(left);
      }
      address &= -size;
    }
    if ((mem & MEM.bigEndian) !== 0) value = swap(value, size);
    this.#storeAligned(address, value, size, memMmu(mem));
    this.#leave(left);
  }

  /** The two halves of a 64-bit load. */
  load64(address: number, mem: number, pc: number, left: number): bigint {
    const half = mem & ~3 & ~MEM.signed | MEM.u32, big = (mem & MEM.bigEndian) !== 0;
    const first = this.load(address, half, pc, left) >>> 0;
    if (this.#memory.i32[this.#cpu.env + CPU.exception.offset >> 2] !== 0) return 0n;
    const second = this.load(address + 4 | 0, half, pc, left) >>> 0;
    return BigInt.asIntN(
      64,
      big ? BigInt(first) << 32n | BigInt(second) : BigInt(second) << 32n | BigInt(first),
    );
  }

  /** The two halves of a 64-bit store: the second first, once the first is known not to fault. */
  store64(address: number, value: bigint, mem: number, pc: number, left: number): void {
    const half = mem & ~3 & ~MEM.signed | MEM.u32, big = (mem & MEM.bigEndian) !== 0;
    this.#enter(pc, left);
    if (!this.#mayBegin(address, 8, memMmu(mem))) return void this.#leave(left);
    const low = Number(BigInt.asIntN(32, value)), high = Number(BigInt.asIntN(32, value >> 32n));
    this.store(address + 4 | 0, big ? low : high, half, pc, left);
    if (this.#memory.i32[this.#cpu.env + CPU.exception.offset >> 2] !== 0) return;
    this.store(address, big ? high : low, half, pc, left);
  }

  /** Offset in machine memory of the instruction at an address, or -1 after raising the exception. */
  execute(address: number, mmu: number): number {
    const { i32 } = this.#memory;
    const word = this.#tlb + 4 * this.#entry(address, mmu);
    if (i32[word + EXECUTE] === (address & PAGE_MASK)) return address + i32[word + ADDEND] >>> 0;
    const region = this.#fill(address, ACCESS.execute, mmu);
    if (region === undefined) return -1;
    if (region.host < 0) {
      // Running from a device's registers is a bus error here; from flash in read mode it is not.
      this.#cpu.frontend.busError(address, ACCESS.execute, mmu);
      return -1;
    }
    return region.host + (this.#page.physical - region.start);
  }

  /** Reads a byte without side effects, for debuggers: undefined where nothing is mapped. */
  peek(address: number, mmu: number): number | undefined {
    const physical = this.physical(address, mmu);
    if (physical === undefined) return undefined;
    const region = this.#space.find(physical);
    if (region === undefined || region.host < 0) return undefined;
    return this.#memory.u8[region.host + (physical - region.start)];
  }

  /** Physical address behind a virtual one, without side effects. */
  physical(address: number, mmu: number): number | undefined {
    const page = this.#page;
    return this.#cpu.frontend.walk(address, ACCESS.read, mmu, page) === 0 ? page.physical : undefined;
  }

  #enter(pc: number, left: number): void {
    this.#memory.i32[this.#cpu.env + CPU.pc.offset >> 2] = pc;
    this.#cpu.left = left;
  }

  /** After a fault the instructions behind it are not charged. Always returns 0. */
  #leave(left: number): number {
    this.#cpu.left = 0;
    const { i32 } = this.#memory, env = this.#cpu.env >> 2;
    if (i32[env + CPU.exception.index] !== 0) i32[env + CPU.budget.index] += left;
    return 0;
  }

  #entry(address: number, mmu: number): number {
    return mmu * TLB.entries + (address >>> 12 & (TLB.entries - 1));
  }

  #loadAligned(address: number, size: number, mmu: number): number {
    const { i32 } = this.#memory;
    const entry = this.#entry(address, mmu), word = this.#tlb + 4 * entry;
    let physical: number, region: Region | undefined;
    if ((i32[word + READ] & ~TAG.SLOW) === (address & PAGE_MASK)) {
      physical = this.#physical[entry] + (address & (PAGE_SIZE - 1));
      region = this.#space.find(physical);
    } else {
      region = this.#fill(address, ACCESS.read, mmu);
      physical = this.#page.physical;
    }
    if (region === undefined) return 0;
    if (region.host >= 0) return read(this.#memory, region.host + (physical - region.start), size);
    this.stats.io++;
    this.#cpu.noteSlow();
    return region.target === undefined
      ? 0
      : region.target.read(region.offset + (physical - region.start), size) | 0;
  }

  #storeAligned(address: number, value: number, size: number, mmu: number): void {
    const { i32 } = this.#memory;
    const entry = this.#entry(address, mmu), word = this.#tlb + 4 * entry;
    let physical: number, region: Region | undefined;
    if ((i32[word + WRITE] & ~TAG.SLOW) === (address & PAGE_MASK)) {
      physical = this.#physical[entry] + (address & (PAGE_SIZE - 1));
      region = this.#space.find(physical);
    } else {
      region = this.#fill(address, ACCESS.write, mmu);
      physical = this.#page.physical;
    }
    if (region === undefined) return;
    if (region.host >= 0 && region.writable) {
      const host = region.host + (physical - region.start);
      if (this.#code.hit(host, size)) {
        if (!this.#cpu.single) {
          this.#code.invalidate(host, size);
          i32[this.#cpu.env + CPU.exception.offset >> 2] = RETRY;
          return;
        }
        write(this.#memory, host, size, value);
        this.#code.invalidate(host, size);
      } else write(this.#memory, host, size, value);
      // A page that RAM fills only in part stays slow: its entry leads nowhere.
      const tag = address & PAGE_MASK, whole = (tag + i32[word + ADDEND] | 0) === (host & PAGE_MASK);
      if (whole && !this.#code.has(host) && i32[word + WRITE] === (tag | TAG.SLOW)) i32[word + WRITE] = tag;
    } else if (region.target !== undefined) {
      this.stats.io++;
      this.#cpu.noteSlow();
      const shown = size === 4 ? value >>> 0 : value & ((1 << 8 * size) - 1);
      region.target.write(region.offset + (physical - region.start), size, shown);
    }
  }

  /** Walks the page tables and, where a whole 4 KiB page behaves alike, fills the TLB entry. */
  #fill(address: number, access: Access, mmu: number): Region | undefined {
    const cpu = this.#cpu, page = this.#page, { i32 } = this.#memory;
    this.stats.misses++;
    const fault = cpu.frontend.walk(address, access, mmu, page);
    if (fault !== 0) {
      cpu.frontend.fault(fault, address, access, mmu);
      return undefined;
    }
    const { physical } = page;
    const region = this.#space.find(physical);
    if (region === undefined) {
      cpu.frontend.busError(address, access, mmu);
      return undefined;
    }
    const start = physical - (address & (PAGE_SIZE - 1));
    if (page.size < PAGE_SIZE) return region;
    this.#enterPage(address & PAGE_MASK, start, region, access, mmu);
    if (page.size >= NEIGHBOURS * PAGE_SIZE) {
      // What lies around it in a large page is likely to be wanted next, and known now.
      const first = address & -(NEIGHBOURS * PAGE_SIZE);
      for (let at = first; at !== first + NEIGHBOURS * PAGE_SIZE; at += PAGE_SIZE) {
        const word = this.#tlb + 4 * this.#entry(at, mmu);
        if ((i32[word + READ] & i32[word + WRITE] & i32[word + EXECUTE]) !== TAG.INVALID) continue;
        this.#enterPage(at, start + (at - (address & PAGE_MASK)), region, access, mmu);
      }
    }
    return region;
  }

  /** Fills the TLB entry of a page with what `#page` says. */
  #enterPage(tag: number, start: number, region: Region, access: Access, mmu: number): void {
    const page = this.#page, { i32 } = this.#memory;
    const inside = start >= region.start && start + PAGE_SIZE <= region.end;
    if (!inside && start !== this.#page.physical - (page.physical & (PAGE_SIZE - 1))) return;
    const entry = this.#entry(tag, mmu), word = this.#tlb + 4 * entry;
    if ((i32[word + READ] & i32[word + WRITE] & i32[word + EXECUTE]) === TAG.INVALID) {
      if (this.#count < FEW) this.#entered[this.#count] = word;
      if (this.#count <= FEW) this.#count++;
    }
    const direct = region.host >= 0 && inside;
    const host = direct ? region.host + (start - region.start) : 0;
    i32[word + READ] = page.readable ? direct ? tag : tag | TAG.SLOW : TAG.INVALID;
    i32[word + WRITE] = page.writable
      ? direct && region.writable && !this.#code.has(host) ? tag : tag | TAG.SLOW
      : TAG.INVALID;
    // Only a fetch makes a page one of code: the vCPU keeps account of those.
    if (access === ACCESS.execute) {
      i32[word + EXECUTE] = direct ? tag : TAG.INVALID;
      this.#cpu.noteCode(tag);
    } else if (i32[word + EXECUTE] !== tag) i32[word + EXECUTE] = TAG.INVALID;
    i32[word + ADDEND] = host - tag;
    this.#physical[entry] = start;
  }

  #loadSplit(address: number, mem: number): number {
    const size = memSize(mem), mmu = memMmu(mem), i32 = this.#memory.i32;
    const exception = this.#cpu.env + CPU.exception.offset >> 2;
    let value = 0;
    for (let i = 0; i < size; i++) {
      const byte = this.#loadAligned(address + i | 0, 1, mmu) & 0xff;
      if (i32[exception] !== 0) return 0;
      value |= byte << (8 * i);
    }
    return extend(value, mem);
  }

  /** Whether the first page of a store that crosses into another can be written; raises its fault if not. */
  #mayBegin(address: number, size: number, mmu: number): boolean {
    if (((address ^ address + size - 1) & PAGE_MASK) === 0) return true;
    const tag = this.#memory.i32[this.#tlb + 4 * this.#entry(address, mmu) + WRITE];
    return (tag & ~TAG.SLOW) === (address & PAGE_MASK) ||
      this.#fill(address, ACCESS.write, mmu) !== undefined;
  }

  #storeSplit(address: number, value: number, mem: number): void {
    const size = memSize(mem), mmu = memMmu(mem), i32 = this.#memory.i32;
    const exception = this.#cpu.env + CPU.exception.offset >> 2;
    if ((mem & MEM.bigEndian) !== 0) value = swap(value, size);
    if (!this.#mayBegin(address, size, mmu)) return;
    // Last byte first: if the access crosses into a page that faults, nothing has been stored yet.
    for (let i = size - 1; i >= 0; i--) {
      this.#storeAligned(address + i | 0, value >>> (8 * i) & 0xff, 1, mmu);
      if (i32[exception] !== 0) return;
    }
  }
}

function read({ u8, u16, i32 }: GuestMemory, host: number, size: number): number {
  return size === 4 ? i32[host >> 2] : size === 1 ? u8[host] : u16[host >> 1];
}

function write({ u8, u16, i32 }: GuestMemory, host: number, size: number, value: number): void {
  if (size === 4) i32[host >> 2] = value;
  else if (size === 1) u8[host] = value;
  else u16[host >> 1] = value;
}

/** Byte order, then sign, of a value just read. */
function extend(value: number, mem: number): number {
  const size = memSize(mem);
  if ((mem & MEM.bigEndian) !== 0) value = swap(value, size);
  if ((mem & MEM.signed) === 0) return value;
  return size === 1 ? value << 24 >> 24 : size === 2 ? value << 16 >> 16 : value;
}

function swap(value: number, size: number): number {
  if (size === 1) return value;
  if (size === 2) return (value & 0xff) << 8 | value >>> 8 & 0xff;
  return value << 24 | (value & 0xff00) << 8 | value >>> 8 & 0xff00 | value >>> 24;
}
