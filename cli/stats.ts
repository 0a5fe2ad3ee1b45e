import type { MachineStats } from "../core/machine/stats.ts";

/** Section of the text → its heading, and the words for each counter, in order. */
const SECTIONS: { readonly [S in keyof MachineStats]: Readonly<Record<keyof MachineStats[S], string>> } = {
  execution: {
    instructions: "guest instructions",
    mips: "MIPS",
    runningMs: "running",
    idleMs: "idle",
    virtualMs: "virtual time",
    slices: "slices",
    exceptions: "exceptions",
    interrupts: "interrupts",
  },
  tier0: {
    translated: "blocks translated",
    translatingMs: "translating",
    executed: "blocks executed",
    stepped: "instructions stepped",
  },
  tier1: {
    compiled: "blocks compiled",
    modules: "modules",
    compilingMs: "compiling",
  },
  tier2: {
    recordings: "recordings",
    regions: "regions made",
    blocks: "blocks in them",
    compilingMs: "compiling",
    recordingMs: "compiling and recording",
  },
  code: {
    entries: "entries into tiers 1 and 2",
    chained: "exits chained",
    lookups: "look-ups by the main loop",
    jumpCacheMisses: "jump cache misses",
    jumpCacheFlushes: "jump cache flushes",
    blocks: "blocks at the end",
    invalidated: "blocks invalidated",
    purges: "purges",
    wasmBytes: "bytes of WebAssembly",
  },
  memory: {
    tlbMisses: "TLB misses",
    tlbFlushes: "TLB flushes",
    pageFlushes: "TLB page flushes",
    deviceAccesses: "device accesses",
  },
};

const HEADINGS: Readonly<Record<keyof MachineStats, string>> = {
  execution: "Execution",
  tier0: "Tier 0, interpreter",
  tier1: "Tier 1, blocks",
  tier2: "Tier 2, regions",
  code: "Translated code",
  memory: "Memory",
};

const NAME_WIDTH = 28, VALUE_WIDTH = 18;

/** Counters of a machine as a text: a heading for each section, a line for each counter. */
export function statsText(stats: MachineStats): string {
  return Object.entries(SECTIONS).map(([section, names]) => {
    const values: Readonly<Record<string, number>> = stats[section as keyof MachineStats];
    const lines = Object.entries(names).map(([key, name]) =>
      `  ${name.padEnd(NAME_WIDTH)}${shown(key, values[key]).padStart(VALUE_WIDTH)}`
    );
    return [HEADINGS[section as keyof MachineStats], ...lines].join("\n");
  }).join("\n");
}

function shown(key: string, value: number): string {
  if (key === "mips") return value.toFixed(1);
  if (key.endsWith("Ms")) return `${(value / 1000).toFixed(3)} s`;
  return Math.round(value).toLocaleString("en");
}
