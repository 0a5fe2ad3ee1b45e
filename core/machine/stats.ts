import type { MainLoop } from "../loop/main_loop.ts";
import type { VCpu } from "../vcpu/vcpu.ts";

/** Counters of a machine since it was made. Names that end in `Ms` are milliseconds of the host's, all others counts. */
export interface MachineStats {
  readonly execution: {
    /** Guest instructions run. */
    readonly instructions: number;
    /** Millions of them for each second of `runningMs`. */
    readonly mips: number;
    /** Time the vCPU ran, translating and compiling included. */
    readonly runningMs: number;
    /** Time waited while the vCPU was halted. */
    readonly idleMs: number;
    /** Virtual time that passed. */
    readonly virtualMs: number;
    /** Turns of the main loop in which the vCPU ran. */
    readonly slices: number;
    /** Exceptions delivered, interrupts not counted. */
    readonly exceptions: number;
    readonly interrupts: number;
  };
  /** The interpreter. Its blocks are what all tiers start from. */
  readonly tier0: {
    readonly translated: number;
    readonly translatingMs: number;
    /** Blocks run. */
    readonly executed: number;
    /** Instructions run on their own, at the ends of slices and where code overwrites itself. */
    readonly stepped: number;
  };
  /** Blocks as functions. */
  readonly tier1: {
    readonly compiled: number;
    readonly modules: number;
    readonly compilingMs: number;
  };
  /** Regions. */
  readonly tier2: {
    readonly recordings: number;
    readonly regions: number;
    /** Blocks in them, each as often as it is in one. */
    readonly blocks: number;
    readonly compilingMs: number;
    /** All that regions cost: recordings, and what was compiled after them. */
    readonly recordingMs: number;
  };
  /** Translated code. */
  readonly code: {
    /**
     * Entries into tiers 1 and 2 from the main loop. How many blocks run before control comes back is not counted:
     * that would cost as much as some blocks do.
     */
    readonly entries: number;
    /** Direct exits chained to their targets. */
    readonly chained: number;
    /** Times the main loop had to find a block for a PC. */
    readonly lookups: number;
    /** Of these, those that the jump cache did not know. */
    readonly jumpCacheMisses: number;
    readonly jumpCacheFlushes: number;
    /** Blocks there are now. */
    readonly blocks: number;
    /** Blocks dropped because their code was overwritten. */
    readonly invalidated: number;
    /** Times all blocks were dropped because there were too many. */
    readonly purges: number;
    /** Bytes of WebAssembly made. */
    readonly wasmBytes: number;
  };
  readonly memory: {
    readonly tlbMisses: number;
    readonly tlbFlushes: number;
    readonly pageFlushes: number;
    /** Loads and stores that went to devices. */
    readonly deviceAccesses: number;
  };
}

/** The counters of a machine. */
export function machineStats({ loop, cpu }: { readonly loop: MainLoop; readonly cpu: VCpu }): MachineStats {
  const { stats, tbs, mmu, compiler, hotSpots } = cpu;
  return {
    execution: {
      instructions: loop.executed,
      mips: stats.runningMs > 0 ? loop.executed / stats.runningMs / 1000 : 0,
      runningMs: stats.runningMs,
      idleMs: loop.stats.idleMs,
      virtualMs: loop.now() / 1e6,
      slices: loop.stats.slices,
      exceptions: stats.deliveries,
      interrupts: stats.interrupts,
    },
    tier0: {
      translated: tbs.stats.translated,
      translatingMs: stats.translatingMs,
      executed: stats.interpreted,
      stepped: stats.stepped,
    },
    tier1: {
      compiled: compiler.stats.functions,
      modules: compiler.stats.modules,
      compilingMs: compiler.stats.blockMs,
    },
    tier2: {
      recordings: hotSpots.stats.recordings,
      regions: compiler.stats.regions,
      blocks: compiler.stats.regionBlocks,
      compilingMs: compiler.stats.regionMs,
      recordingMs: hotSpots.stats.ms,
    },
    code: {
      entries: stats.entries,
      chained: stats.chains,
      lookups: stats.lookups,
      jumpCacheMisses: stats.jumpMisses,
      jumpCacheFlushes: stats.jumpFlushes,
      blocks: tbs.size,
      invalidated: tbs.stats.invalidated,
      purges: tbs.stats.purges,
      wasmBytes: compiler.stats.bytes,
    },
    memory: {
      tlbMisses: mmu.stats.misses,
      tlbFlushes: mmu.stats.flushes,
      pageFlushes: mmu.stats.pageFlushes,
      deviceAccesses: mmu.stats.io,
    },
  };
}
