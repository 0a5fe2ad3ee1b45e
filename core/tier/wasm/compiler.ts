import type { Probes } from "../../instrument/probes.ts";
import type { Helper } from "../../isa/isa.ts";
import type { GuestMemory } from "../../memory/guest_memory.ts";
import type { SoftMmu } from "../../softmmu/softmmu.ts";
import type { Region, Tb } from "../../translator/tb.ts";
import { emitLoop, emitRegion } from "../region/emit.ts";
import type { Growth } from "../region/grow.ts";
import { emitBlock } from "./emit_block.ts";
import { TB_SIGNATURE } from "./emit.ts";
import { STUB, stubs } from "./stubs.ts";
import { encodeModule, type FunctionBody, type FunctionImport } from "./encoder.ts";

/** Most functions there may be; when they are used up everything is dropped and made again. */
const TABLE_LIMIT = 1 << 20;
/** Bytes set apart for jump slots. */
export const SLOT_AREA = 8 << 20;

/** What the compiler works with. */
export interface CompilerParts {
  readonly memory: GuestMemory;
  readonly helpers: readonly Helper[];
  /** Offsets in machine memory of the vCPU's block, and of its jump cache. */
  readonly env: number;
  readonly jumpCache: number;
  readonly mmu: SoftMmu;
  /** Passed to the helpers. */
  readonly cpu: unknown;
  readonly probes: Probes;
}

/**
 * Tier 1: makes WebAssembly of hot blocks, many a module. Every function has an entry in one shared table; blocks go
 * to one another by tail calls through it.
 */
export class WasmCompiler {
  readonly #parts: CompilerParts;
  readonly #table: WebAssembly.Table;
  readonly #imports: Record<string, WebAssembly.ImportValue>;
  /** Those of the imports that probes are, "p0", "p1" …: they change with the instrumentation. */
  readonly #probeImports: string[] = [];
  readonly #slotBase: number;
  #nextSlot: number;
  #nextIndex: number = STUB.count;
  /** Block that owns each jump slot. */
  #owners: Tb[] = [];
  readonly stats = {
    modules: 0,
    functions: 0,
    blockMs: 0,
    regions: 0,
    regionBlocks: 0,
    regionMs: 0,
    bytes: 0,
  };
  /** Runs the compiled block of a table index until control comes back. */
  readonly enter: (index: number) => number;

  constructor(parts: CompilerParts) {
    this.#parts = parts;
    const { memory, mmu, cpu, env, jumpCache, probes } = parts;
    this.#slotBase = this.#nextSlot = memory.allocate(SLOT_AREA);
    this.#table = new WebAssembly.Table({ element: "anyfunc", initial: 1024, maximum: TABLE_LIMIT });
    const slowPath = {
      load: (address: number, mem: number, pc: number, left: number) => mmu.load(address, mem, pc, left),
      store: (address: number, value: number, mem: number, pc: number, left: number) =>
        mmu.store(address, value, mem, pc, left),
      load64: (address: number, mem: number, pc: number, left: number) => mmu.load64(address, mem, pc, left),
      store64: (address: number, value: bigint, mem: number, pc: number, left: number) =>
        mmu.store64(address, value, mem, pc, left),
    };
    this.#imports = { m: memory.memory, t: this.#table, ...slowPath, settle: () => probes.settle() };
    for (const [index, { run }] of parts.helpers.entries()) {
      const call = (a: number, b: number, c: number) => run(cpu, a, b, c);
      this.#imports[`h${index}`] = this.#imports[`i${index}`] = call;
    }
    this.#instantiate(stubs({ env, jumpCache }), [], 0);
    this.enter = this.#table.get(STUB.enter) as (index: number) => number;
  }

  /** Compiles blocks into one module; what leads to them is the caller's. Returns false if there is no room left: the caller then purges. */
  compile(tbs: readonly Tb[]): boolean {
    const started = performance.now();
    const slots = tbs.reduce((sum, tb) => sum + tb.targets.length, 0);
    if (
      this.#nextIndex + tbs.length > TABLE_LIMIT || this.#nextSlot + 4 * slots > this.#slotBase + SLOT_AREA
    ) return false;
    const { memory, helpers, probes, env, jumpCache } = this.#parts;
    const imports = new Imports();
    const bodies = tbs.map((tb) => {
      tb.slots = this.#nextSlot;
      for (let i = 0; i < tb.targets.length; i++) {
        memory.i32[this.#nextSlot >> 2] = STUB.chain;
        this.#owners[(this.#nextSlot - this.#slotBase) >> 2] = tb;
        this.#nextSlot += 4;
      }
      const context = {
        helpers,
        probes,
        env,
        jumpCache,
        use: (wanted: FunctionImport) => imports.use(wanted),
      };
      return tb.next.includes(tb) ? emitLoop(tb, context) : emitBlock(tb, context);
    });
    const firstIndex = this.#nextIndex;
    this.#nextIndex += tbs.length;
    this.#instantiate(bodies, imports.list, firstIndex);
    for (const [i, tb] of tbs.entries()) tb.own = firstIndex + i;
    this.stats.modules++;
    this.stats.functions += tbs.length;
    this.stats.blockMs += performance.now() - started;
    return true;
  }

  /** Points exit `n` of a block at another block, as far as both are compiled. */
  chain(tb: Tb, n: number): void {
    const target = tb.next[n];
    if (tb.slots !== 0) {
      this.#parts.memory.i32[(tb.slots >> 2) + n] = target === undefined || target.entry === 0
        ? STUB.chain
        : target.entry;
    }
  }

  /** The block whose exit a jump slot is. */
  owner(slot: number): Tb {
    return this.#owners[(slot - this.#slotBase) >> 2];
  }

  /** Compiles a region, all of whose blocks have been compiled; it takes its entry's place. */
  compileRegion(growth: Growth): Region | undefined {
    if (this.#nextIndex + 1 > TABLE_LIMIT) return undefined;
    const started = performance.now();
    const { helpers, probes, env, jumpCache } = this.#parts;
    const imports = new Imports();
    const { body, tbs } = emitRegion(growth, {
      helpers,
      probes,
      env,
      jumpCache,
      use: (wanted) => imports.use(wanted),
    });
    const index = this.#nextIndex++;
    this.#instantiate([body], imports.list, index);
    const region = { entry: growth.tbs[0], tbs, index };
    this.stats.regions++;
    this.stats.regionBlocks += tbs.length;
    this.stats.regionMs += performance.now() - started;
    return region;
  }

  /** Lets the engine free a block's code. */
  drop(tb: Tb): void {
    if (tb.own !== 0) this.#table.set(tb.own, null);
    tb.entry = tb.own = 0;
  }

  dropRegion(region: Region): void {
    this.#table.set(region.index, null);
  }

  /** Forgets everything that was compiled. */
  purge(): void {
    for (let i = STUB.count; i < this.#nextIndex; i++) this.#table.set(i, null);
    this.#nextIndex = STUB.count;
    this.#nextSlot = this.#slotBase;
    this.#owners = [];
    for (const name of this.#probeImports) delete this.#imports[name];
    this.#probeImports.length = 0;
  }

  /** Points a block's exits and the exits chained to it at where they now lead. */
  connect(tb: Tb): void {
    for (let n = 0; n < tb.next.length; n++) this.chain(tb, n);
    for (let link = tb.incoming; link !== undefined; link = link.rest) {
      if (link.from.next[link.exit] === tb) this.chain(link.from, link.exit);
    }
  }

  #instantiate(
    bodies: readonly FunctionBody[],
    imports: readonly FunctionImport[],
    firstIndex: number,
  ): void {
    const { memory, probes } = this.#parts, table = this.#table;
    for (const { name } of imports) {
      if (name in this.#imports) continue;
      this.#imports[name] = probes.run[Number(name.slice(1))];
      this.#probeImports.push(name);
    }
    const missing = firstIndex + bodies.length - table.length;
    if (missing > 0) table.grow(Math.min(TABLE_LIMIT - table.length, Math.max(missing, table.length)));
    const code = encodeModule({
      signature: TB_SIGNATURE,
      imports,
      bodies,
      firstIndex,
      memoryPages: memory.size >>> 16,
    });
    this.stats.bytes += code.length;
    new WebAssembly.Instance(new WebAssembly.Module(code), { e: this.#imports });
  }
}

/** The imports of a module being made, in the order of their first use. */
class Imports {
  readonly list: FunctionImport[] = [];

  use(wanted: FunctionImport): number {
    const at = this.list.findIndex(({ name }) => name === wanted.name);
    return at >= 0 ? at : this.list.push(wanted) - 1;
  }
}
