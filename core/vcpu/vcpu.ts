import type { CpuHost, Frontend, IsaPlugin, Semihosting } from "../isa/isa.ts";
import { CPU } from "../isa/state.ts";
import type { AddressSpace } from "../memory/address_space.ts";
import type { GuestMemory } from "../memory/guest_memory.ts";
import { ALL_PASSES, type Passes } from "../opt/mod.ts";
import { type MmuClient, RETRY, SoftMmu } from "../softmmu/softmmu.ts";
import {
  JUMP_CACHE,
  jumpCacheHash,
  jumpCacheOffset,
  PAGE_BITS,
  PAGE_SIZE,
  TLB,
  TLB_SIZE,
  vcpuBlockSize,
} from "../softmmu/tlb.ts";
import { type CpuInstrument, REDIRECT } from "../instrument/hook.ts";
import { Probes } from "../instrument/probes.ts";
import { EXIT } from "../tier/exits.ts";
import { type Interpreter, interpreter } from "../tier/interpreter.ts";
import { POLICY } from "../tier/policy.ts";
import { WasmCompiler } from "../tier/wasm/compiler.ts";
import { STUB } from "../tier/wasm/stubs.ts";
import { CodePages } from "../translator/code_pages.ts";
import { HotSpots, type HotSpotsClient } from "../tier/region/hot_spots.ts";
import { Tb } from "../translator/tb.ts";
import { TbCache } from "../translator/tb_cache.ts";
import { Translator } from "../translator/translator.ts";

const CODE_PAGES = 4096;
/** So many blocks of tier 0, look-ups or accesses to devices go by between looks at the host's clock; a power of two. */
const LOOK = 256;

function pageSlot(address: number): number {
  return address >>> PAGE_BITS & (CODE_PAGES - 1);
}

/** How a vCPU runs. */
export interface VCpuOptions {
  readonly accel: "interp" | "jit";
  readonly passes?: Passes;
  readonly tbLimit?: number | undefined;
  readonly semihosting?: Semihosting | undefined;
  readonly log: { guestError(message: string): void; unimplemented(message: string): void };
  /** Nanoseconds of virtual time. */
  now(): number;
  /** An interrupt line went up: a halted vCPU may have to wake. */
  onInterrupt?: (() => void) | undefined;
  /** Sees each exception that was taken (`-d int`). */
  onException?: ((event: TakenException) => void) | undefined;
  /** Sees each block as it is translated (`-d in_asm`, `-d op`). */
  onTranslate?: ((tb: Tb) => void) | undefined;
}

/** An exception or interrupt, once execution goes on at its handler. */
export interface TakenException {
  /** Addresses of the instruction that it came at, and of the handler. */
  readonly from: number;
  readonly to: number;
  /** "data abort", with what the ISA knows of the cause. */
  readonly what: string;
}

/** One virtual CPU: its state, its MMU, its translated code, and the loop that runs it. */
export class VCpu implements MmuClient, CpuHost, HotSpotsClient {
  /** Offset of the vCPU's block in machine memory. */
  readonly env: number;
  readonly i32: Int32Array;
  readonly frontend: Frontend;
  readonly mmu: SoftMmu;
  readonly tbs: TbCache;
  readonly compiler: WasmCompiler;
  readonly hotSpots: HotSpots = new HotSpots(this);
  readonly semihosting: Semihosting | undefined;
  readonly log: VCpuOptions["log"];
  /** What translated code calls for instrumentation. */
  readonly probes: Probes;
  /** Instructions of the current block charged but not begun, while a slow path runs. */
  left = 0;
  /** Whether one instruction is being run on its own. */
  single = false;
  readonly #memory: GuestMemory;
  readonly #space: AddressSpace;
  readonly #options: VCpuOptions;
  readonly #translator: Translator;
  readonly #interpret: Interpreter;
  /** First word of the jump cache. */
  readonly #jumps: number;
  /** Counts flushes of the whole TLB; and for each page the one since which it has held code. Pages share slots. */
  #tlbEpoch = 0;
  readonly #codePages = new Float64Array(CODE_PAGES).fill(-1);
  /** Budget taken away by `kick`, to be given back. */
  #rest = 0;
  #running = false;
  #stopping = false;
  #until = Infinity;
  #slow = 0;
  #hot: Tb[] = [];
  #instrument: CpuInstrument | undefined;
  /** The last slice ended in a region. */
  #inRegion = false;
  /** Counts, and milliseconds where so named. */
  readonly stats = {
    interpreted: 0,
    stepped: 0,
    entries: 0,
    lookups: 0,
    chains: 0,
    jumpMisses: 0,
    jumpFlushes: 0,
    deliveries: 0,
    interrupts: 0,
    runningMs: 0,
    translatingMs: 0,
  };

  constructor(isa: IsaPlugin<unknown>, model: unknown, space: AddressSpace, options: VCpuOptions) {
    const { memory } = space, { mmuIndices } = isa;
    this.#memory = memory;
    this.probes = new Probes(memory);
    this.#space = space;
    this.#options = options;
    this.semihosting = options.semihosting;
    this.log = options.log;
    this.env = memory.allocate(vcpuBlockSize(mmuIndices));
    this.i32 = memory.i32.subarray(this.env >> 2, (this.env >> 2) + 1024);
    const jumpCache = this.env + jumpCacheOffset(mmuIndices);
    this.#jumps = jumpCache >> 2;
    const code = new CodePages(memory.size);
    // The frontend and the MMU know each other through this object; neither is used before both are there.
    this.mmu = new SoftMmu(this, { space, code, mmuIndices });
    this.frontend = isa.create(this, model);
    this.tbs = new TbCache(code, this, options.tbLimit);
    this.#translator = new Translator(this.frontend, memory, options.passes ?? ALL_PASSES);
    const helpers = Object.values(isa.helpers);
    const { env, mmu, frontend: cpu, probes } = this;
    const parts = { memory, env, helpers, mmu, cpu, probes };
    this.#interpret = interpreter(parts);
    this.compiler = new WasmCompiler({ ...parts, jumpCache });
    space.onChange = () => this.flushTlb();
    space.onWrite = (host, size) => {
      const end = host + size;
      for (let at = host; at < end; at = (at | 0xfff) + 1) {
        if (code.has(at)) return code.invalidate(host, size);
      }
    };
    this.reset();
  }

  reset(): void {
    // Not the generation of the jump cache, which outlives the reset, nor the level of the interrupt lines.
    const { i32 } = this;
    for (const field of [CPU.pc, CPU.pcHigh, CPU.tbflags, CPU.exception, CPU.halted]) i32[field.index] = 0;
    this.frontend.reset();
    this.flushTlb();
    this.#instrument?.reset();
  }

  // CpuHost.

  flushTlb(): void {
    this.#tlbEpoch++;
    this.mmu.flush();
    this.#flushJumps();
  }

  flushTlbPage(address: number, size: number): void {
    this.mmu.flushPage(address, size);
    // Most pages that are flushed hold data, and the jump cache is dear.
    if (size > PAGE_SIZE || this.#codePages[pageSlot(address)] === this.#tlbEpoch) this.#flushJumps();
  }

  noteCode(address: number): void {
    this.#codePages[pageSlot(address)] = this.#tlbEpoch;
  }

  interrupt(pending: boolean): void {
    this.i32[CPU.interrupt.index] = pending ? 1 : 0;
    if (!pending) return;
    this.kick();
    this.#options.onInterrupt?.();
  }

  readPhysical32(address: number): number | undefined {
    const region = this.#space.find(address >>> 0);
    if (region === undefined) return undefined;
    if (region.host >= 0) return this.#memory.i32[region.host + ((address >>> 0) - region.start) >> 2];
    return this.#space.read(address >>> 0, 4);
  }

  readVirtual(address: number, into: Uint8Array): boolean {
    for (let i = 0; i < into.length; i++) {
      const byte = this.mmu.peek(address + i | 0, this.frontend.mmuIndex());
      if (byte === undefined) return false;
      into[i] = byte;
    }
    return true;
  }

  writeVirtual(address: number, from: Uint8Array): boolean {
    for (let i = 0; i < from.length; i++) {
      const physical = this.mmu.physical(address + i | 0, this.frontend.mmuIndex());
      if (physical === undefined || !this.#space.write(physical, 1, from[i])) return false;
    }
    return true;
  }

  /** The address of the instruction whose access of memory is under way; undefined while no instruction runs. */
  get accessPc(): number | undefined {
    return this.#running ? this.i32[CPU.pc.index] >>> 0 : undefined;
  }

  now(): number {
    return this.#options.now();
  }

  /**
   * Puts instrumentation into all code that is translated from here on, or takes it out. Drops what has been
   * translated; not for while the vCPU runs.
   */
  set instrument(instrument: CpuInstrument | undefined) {
    this.#instrument = instrument;
    this.#translator.weaver = instrument;
    this.purge();
  }

  // The run loop.

  /** Tells of an exception; 0 is an interrupt. */
  #taken(exception: number, from: number): void {
    const what = this.frontend.exceptionText?.(exception) ??
      (exception ? `exception ${exception}` : "interrupt");
    this.#options.onException?.({ from: from >>> 0, to: this.i32[CPU.pc.index] >>> 0, what });
  }

  /** Makes the vCPU come back to its main loop at the end of the current block, for an interrupt or a stop. */
  kick(): void {
    if (!this.#running) return;
    this.#rest += this.i32[CPU.budget.index];
    this.i32[CPU.budget.index] = 0;
  }

  /** Ends the current slice at the end of the current block. */
  stop(): void {
    this.#stopping = true;
    this.kick();
  }

  /** Something was done that takes far longer than an instruction. */
  noteSlow(): void {
    if ((++this.#slow & LOOK - 1) === 0 && performance.now() > this.#until) this.stop();
  }

  /** Instructions of the current slice that have not begun yet. */
  get remaining(): number {
    return this.i32[CPU.budget.index] + this.#rest + this.left;
  }

  /**
   * Runs at most `budget` instructions; returns how many it did not run, because the vCPU halted or was stopped, or
   * because they were slow: once `performance.now()` has passed `until`, it stops.
   */
  run(budget: number, until = Infinity): number {
    const { i32 } = this, B = CPU.budget.index;
    this.#until = until;
    this.#instrument?.begin();
    i32[B] = budget;
    this.#rest = 0;
    this.#running = true;
    this.#stopping = false;
    const started = performance.now();
    try {
      this.#run();
    } finally {
      this.#running = false;
    }
    this.stats.runningMs += performance.now() - started;
    const left = i32[B] + this.#rest;
    i32[B] = 0;
    if (left <= 0 && this.#options.accel === "jit") this.#sample();
    return left;
  }

  #run(): void {
    const { i32, stats, hotSpots } = this, B = CPU.budget.index;
    const { enter } = this.compiler;
    let tb: Tb | undefined;
    for (;;) {
      if (tb === undefined) {
        if (this.#rest !== 0) {
          i32[B] += this.#rest;
          this.#rest = 0;
        }
        hotSpots.recorder?.cut();
        const exception = i32[CPU.exception.index];
        if (exception !== 0) {
          if (this.#instrument !== undefined) this.#instrument.raised(i32[CPU.undo.index]);
          if (exception === RETRY) {
            i32[CPU.exception.index] = 0;
            i32[B]++; // it had been charged, and will be again
            this.#step(true);
            continue;
          }
          if (exception === REDIRECT) i32[CPU.exception.index] = 0;
          else {
            stats.deliveries++;
            const from = i32[CPU.pc.index];
            this.frontend.deliver();
            this.#instrument?.discontinuity("exception", from);
            if (this.#options.onException !== undefined) this.#taken(exception, from);
          }
        }
        if (this.#stopping) return;
        if (i32[CPU.interrupt.index] !== 0) {
          const from = i32[CPU.pc.index];
          if (this.frontend.interrupt()) {
            stats.interrupts++;
            this.#instrument?.discontinuity("interrupt", from);
            if (this.#options.onException !== undefined) this.#taken(0, from);
          }
        }
        if (i32[B] <= 0 || i32[CPU.halted.index] !== 0) return;
        tb = this.#find();
        if (tb === undefined) continue;
      }
      this.noteSlow();
      const interpreted: boolean = tb.entry === 0 || hotSpots.recorder !== undefined;
      let exit: number;
      if (!interpreted) {
        stats.entries++;
        exit = enter(tb.entry);
        if (exit === EXIT.CHAIN) {
          const slot = i32[CPU.link.index];
          tb = this.compiler.owner(slot);
          i32[CPU.link.index] = slot - tb.slots >> 2;
        }
      } else {
        const budget = i32[B] - tb.insns;
        if (budget < 0) {
          i32[CPU.pc.index] = tb.pc;
          exit = EXIT.BUDGET;
        } else {
          i32[B] = budget;
          if (hotSpots.recorder !== undefined) hotSpots.record(tb);
          stats.interpreted++;
          exit = this.#interpret(tb);
          if (++tb.count >= POLICY.hot && tb.entry === 0) this.#promote(tb);
        }
      }
      switch (exit) {
        case EXIT.CHAIN:
          tb = this.#chain(tb!, i32[CPU.link.index]);
          break;
        case EXIT.LOOKUP:
          // With the slice at its end the next instruction is not even fetched: that might fault.
          if (i32[B] <= 0) tb = undefined;
          else tb = interpreted ? this.#after(tb!) : this.#find();
          break;
        case EXIT.BUDGET:
        case EXIT.REGION_BUDGET:
          tb = undefined;
          this.#inRegion = exit === EXIT.REGION_BUDGET;
          if (this.#rest === 0) this.#finishSlice();
          break;
        default:
          tb = undefined;
      }
    }
  }

  /** The block that an indirect exit of this one led to: mostly the same as last time. */
  #after(tb: Tb): Tb | undefined {
    const { i32 } = this, guess = tb.last, generation = i32[CPU.generation.index];
    if (
      guess !== undefined && tb.lastGeneration === generation && guess.pc === i32[CPU.pc.index] &&
      guess.flags === i32[CPU.tbflags.index] && guess.valid
    ) return guess;
    const next = this.#find();
    tb.last = next;
    tb.lastGeneration = i32[CPU.generation.index];
    return next;
  }

  /** Follows direct exit `n` of a block, chaining it. */
  #chain(tb: Tb, n: number): Tb | undefined {
    const next = tb.next[n];
    if (next !== undefined && next.valid) return next;
    this.i32[CPU.pc.index] = tb.targets[n];
    const target = this.#find();
    if (target === undefined || !tb.valid) return target;
    this.stats.chains++;
    tb.next[n] = target;
    target.incoming = { from: tb, exit: n, rest: target.incoming };
    this.compiler.chain(tb, n);
    return target;
  }

  /** The next block is longer than what is left of the slice: runs that rest instruction by instruction. */
  #finishSlice(): void {
    const { i32 } = this;
    while (i32[CPU.budget.index] > 0 && i32[CPU.exception.index] === 0 && i32[CPU.halted.index] === 0) {
      this.#step();
    }
  }

  /** Runs one instruction, in tier 0. `again`: it has begun before. */
  #step(again = false): void {
    const { i32 } = this;
    const tb = again && this.#instrument !== undefined ? this.#translateAgain() : this.#findSingle();
    if (tb === undefined) return; // an exception, counted as an instruction when it is delivered
    this.single = true;
    this.stats.stepped++;
    i32[CPU.budget.index]--;
    if (this.#interpret(tb) === EXIT.CHAIN) i32[CPU.pc.index] = tb.targets[i32[CPU.link.index]];
    this.single = false;
  }

  /** The block for the PC and flags in the state; undefined after raising an exception. */
  #find(): Tb | undefined {
    this.stats.lookups++;
    const { i32 } = this, jumps = this.#memory.i32;
    const pc = i32[CPU.pc.index];
    const entry = this.#jumps + (jumpCacheHash(pc) * JUMP_CACHE.entrySize >> 2);
    const tag = i32[CPU.tbflags.index] | i32[CPU.generation.index];
    return jumps[entry] === pc && jumps[entry + JUMP_CACHE.tag / 4] === tag
      ? this.#ofEntry(entry)
      : this.#findAnew(pc, entry);
  }

  #ofEntry(entry: number): Tb {
    const tb = this.tbs.byId(this.#memory.i32[entry + JUMP_CACHE.tb / 4]);
    // Dropping a block drops its entry.
    if (tb === undefined) throw new Error("Cannot find a block that the jump cache holds");
    return tb;
  }

  /** The same where the jump cache's entry is another block's, or older than the last flush of the TLB. */
  #findAnew(pc: number, entry: number): Tb | undefined {
    const { i32 } = this, jumps = this.#memory.i32, flags = i32[CPU.tbflags.index];
    const mmu = this.frontend.mmuIndex();
    this.stats.jumpMisses++;
    const host = this.#fetch(pc, mmu);
    if (host < 0) return undefined;
    const known = jumps[entry] === pc && jumps[entry + JUMP_CACHE.flags / 4] === flags &&
      jumps[entry + JUMP_CACHE.host / 4] === (host | 0);
    const tb = known
      ? this.#ofEntry(entry)
      : this.tbs.find(pc, flags, host, false) ?? this.#translate(pc, flags, host, false);
    jumps[entry] = pc;
    jumps[entry + JUMP_CACHE.tag / 4] = flags | i32[CPU.generation.index];
    jumps[entry + JUMP_CACHE.index / 4] = tb.entry || STUB.lookup;
    if (known) return tb;
    jumps[entry + JUMP_CACHE.tb / 4] = tb.id;
    jumps[entry + JUMP_CACHE.flags / 4] = flags;
    jumps[entry + JUMP_CACHE.tlb / 4] = this.env + TLB.offset + mmu * TLB_SIZE;
    jumps[entry + JUMP_CACHE.host / 4] = host;
    return tb;
  }

  /** Where the code of an address lies in machine memory; negative after raising an exception, which is charged. */
  #fetch(pc: number, mmu: number): number {
    const host = this.mmu.execute(pc, mmu);
    if (host < 0) this.i32[CPU.budget.index]--;
    return host;
  }

  /** A block of one instruction. */
  #findSingle(): Tb | undefined {
    const { i32 } = this, pc = i32[CPU.pc.index], flags = i32[CPU.tbflags.index];
    const host = this.#fetch(pc, this.frontend.mmuIndex());
    if (host < 0) return undefined;
    return this.tbs.find(pc, flags, host, true) ?? this.#translate(pc, flags, host, true);
  }

  /** A block of the instruction at the PC, for one use: instrumentation has seen it begin. */
  #translateAgain(): Tb | undefined {
    const { i32 } = this, pc = i32[CPU.pc.index], flags = i32[CPU.tbflags.index];
    const host = this.#fetch(pc, this.frontend.mmuIndex());
    if (host < 0) return undefined;
    const { block, size, insns, targets } = this.#translator.translate(pc, flags, host, 1, true);
    return new Tb(0, pc, flags, host, size, insns, block, targets, true);
  }

  #translate(pc: number, flags: number, host: number, single: boolean): Tb {
    if (this.tbs.full) this.purge();
    const started = performance.now();
    const translated = this.#translator.translate(pc, flags, host, single ? 1 : undefined);
    const { tb, firstOnPage } = this.tbs.add(pc, flags, { host, single, translated });
    if (firstOnPage) this.mmu.protect(host);
    this.stats.translatingMs += performance.now() - started;
    this.#options.onTranslate?.(tb);
    return tb;
  }

  /** A block has proved hot: compiles it, together with others that have. */
  #promote(tb: Tb): void {
    if (this.#options.accel === "interp") return;
    if (!tb.queued) {
      tb.queued = true;
      this.#hot.push(tb);
    }
    if (this.#hot.length < POLICY.batch && tb.count < POLICY.urgent && !tb.next.includes(tb)) return;
    const batch = this.#hot.filter((hot) => hot.valid && hot.entry === 0);
    this.#hot = [];
    if (batch.length > 0 && !this.compile(batch)) this.purge();
  }

  /** Compiles blocks, each on its own; false if there is no room left. */
  compile(tbs: readonly Tb[]): boolean {
    if (!this.compiler.compile(tbs)) return false;
    for (const tb of tbs) this.setEntry(tb, tb.own);
    return true;
  }

  /** A slice has run to its end: where it stands tells what is hot. */
  #sample(): void {
    const { i32 } = this, jumps = this.#memory.i32;
    const pc = i32[CPU.pc.index];
    const entry = this.#jumps + (jumpCacheHash(pc) * JUMP_CACHE.entrySize >> 2);
    const known = !this.#inRegion && jumps[entry] === pc;
    this.hotSpots.sample(known ? this.tbs.byId(jumps[entry + JUMP_CACHE.tb / 4]) : undefined);
  }

  /** Makes all ways to a block lead to another compiled form of it. */
  setEntry(tb: Tb, index: number): void {
    tb.entry = index;
    this.compiler.connect(tb);
    const jumps = this.#memory.i32;
    const entry = this.#jumps + (jumpCacheHash(tb.pc) * JUMP_CACHE.entrySize >> 2);
    if (jumps[entry + 3] === tb.id) jumps[entry + 2] = index || STUB.lookup;
  }

  /** Drops all translated code. */
  purge(): void {
    this.tbs.purge();
  }

  // TbListener.

  dropped(tb: Tb): void {
    const jumps = this.#memory.i32;
    const entry = this.#jumps + (jumpCacheHash(tb.pc) * JUMP_CACHE.entrySize >> 2);
    if (jumps[entry + 3] === tb.id) jumps[entry + 1] = jumps[entry + JUMP_CACHE.flags / 4] = -1;
    for (let link = tb.incoming; link !== undefined; link = link.rest) {
      if (link.from.next[link.exit] === undefined) this.compiler.chain(link.from, link.exit);
    }
    this.hotSpots.drop(tb);
    this.compiler.drop(tb);
    // Compiled code that was running may hold it: back to the main loop, as soon as the block ends.
    this.kick();
  }

  purged(): void {
    this.#hot = [];
    this.hotSpots.recorder = undefined;
    this.compiler.purge();
    this.#instrument?.purged();
    this.#memory.i32.fill(-1, this.#jumps, this.#jumps + JUMP_CACHE.entries * (JUMP_CACHE.entrySize >> 2));
  }

  #flushJumps(): void {
    this.stats.jumpFlushes++;
    const { i32 } = this, next = i32[CPU.generation.index] + (1 << JUMP_CACHE.generationShift) | 0;
    i32[CPU.generation.index] = next;
    // After a full turn old tags would match again.
    if (next === 0) {
      this.#memory.i32.fill(-1, this.#jumps, this.#jumps + JUMP_CACHE.entries * (JUMP_CACHE.entrySize >> 2));
    }
  }
}
