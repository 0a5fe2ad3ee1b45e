import { assert, assertEquals, assertMatch } from "@std/assert";
import { createMachine } from "../core/machine/create.ts";
import type { MachineStats } from "../core/machine/stats.ts";
import { statsText } from "./stats.ts";

const SAMPLE: MachineStats = {
  execution: {
    instructions: 1234567,
    mips: 98.76,
    runningMs: 12500,
    idleMs: 60.4,
    virtualMs: 12600,
    slices: 3,
    exceptions: 4,
    interrupts: 5,
  },
  tier0: { translated: 6, translatingMs: 7, executed: 8, stepped: 9 },
  tier1: { compiled: 10, modules: 11, compilingMs: 12 },
  tier2: { recordings: 13, regions: 14, blocks: 15, compilingMs: 16, recordingMs: 17 },
  code: {
    entries: 18,
    chained: 19,
    lookups: 20,
    jumpCacheMisses: 21,
    jumpCacheFlushes: 22,
    blocks: 23,
    invalidated: 24,
    purges: 25,
    wasmBytes: 26,
  },
  memory: { tlbMisses: 27, tlbFlushes: 28, pageFlushes: 29, deviceAccesses: 30 },
};

Deno.test("statsText has a line for each counter", () => {
  const counters = Object.values(SAMPLE).reduce((sum, section) => sum + Object.keys(section).length, 0);
  assertEquals(statsText(SAMPLE).split("\n").length, counters + Object.keys(SAMPLE).length);
});

Deno.test("statsText groups digits, writes times in seconds and MIPS with one decimal", () => {
  const text = statsText(SAMPLE);
  assertMatch(text, /^ {2}guest instructions +1,234,567$/m);
  assertMatch(text, /^ {2}idle +0\.060 s$/m);
  assertMatch(text, /^ {2}MIPS +98\.8$/m);
});

/** A loop that takes 3 instructions a turn, for ever: counts, and reads the core module's ID. */
const LOOP = new Uint8Array(
  new Uint32Array([0xe3a0_1201, 0xe591_2000, 0xe280_0001, 0xeaff_fffc]).buffer, // mov r1, #0x10000000; ldr; add; b
);

async function statsAfter(slices: number, accel: "interp" | "jit"): Promise<MachineStats> {
  const { machine, close } = await createMachine({
    board: "integratorcp",
    boot: { bios: LOOP },
    options: { accel, icount: 0 },
  });
  for (let slice = 0; slice < slices; slice++) machine.loop.slice();
  const stats = machine.stats();
  await close();
  return stats;
}

Deno.test("machine.stats tells what a guest did, and in which tier", async () => {
  const { execution, tier0, tier1, code, memory } = await statsAfter(1, "jit");
  assertEquals(execution.slices, 1);
  assertEquals(execution.virtualMs, execution.instructions / 1e6);
  assert(execution.mips > 0 && execution.runningMs > 0);
  assert(Math.abs(memory.deviceAccesses - execution.instructions / 3) < 2);
  assert(tier0.translated >= 2 && tier0.executed > 0 && tier1.compiled >= 1 && code.entries >= 1);
  assertEquals(code.blocks, tier0.translated);
});

Deno.test("machine.stats shows no compiled code of a machine that interprets", async () => {
  const { tier0, tier1, tier2, code } = await statsAfter(1, "interp");
  assert(tier0.executed > 1000);
  assertEquals([tier1.compiled, tier2.regions, code.entries], [0, 0, 0]);
});
