import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { emitBlock } from "../../core/tier/wasm/emit_block.ts";
import { OP } from "../../core/ir/ops.ts";
import type { Tb } from "../../core/translator/tb.ts";
import arm from "../../plugins/isa/arm/arm.ts";
import { imageOf } from "../tiers/assemble.ts";
import words from "../tiers/programs/words.json" with { type: "json" };
import { WovenTierMachine } from "./woven_machine.ts";

/** The WebAssembly of all blocks that a program is made of, by address. */
function codeOf(machine: WovenTierMachine): Map<string, string> {
  const code = new Map<string, string>(), helpers = Object.values(arm.helpers);
  for (let id = 1;; id++) {
    const tb: Tb | undefined = machine.cpu.tbs.byId(id);
    if (tb === undefined) return code;
    const context = { helpers, probes: machine.cpu.probes, env: 0, jumpCache: 0x4000, use: () => 0 };
    code.set(`${tb.pc} ${tb.flags} ${tb.insns}`, emitBlock({ ...tb, slots: 0 }, context).code.toHex());
  }
}

function machine(): WovenTierMachine {
  return new WovenTierMachine("blocks", imageOf(words.transfers), 3);
}

/** The machine, after so many instructions. */
function after(machine: WovenTierMachine, instructions: number): WovenTierMachine {
  machine.run(instructions);
  return machine;
}

/** What instrumentation adds to blocks. */
const ADDED: readonly number[] = [
  ...[OP.count, OP.countAt, OP.peek64, OP.poke64],
  ...[OP.probe, OP.probeRead, OP.probeWrite, OP.undo],
];

/** How many operations of instrumentation there are in all blocks. */
function addedTo(machine: WovenTierMachine): number {
  let added = 0;
  for (let id = 1;; id++) {
    const tb: Tb | undefined = machine.cpu.tbs.byId(id);
    if (tb === undefined) return added;
    for (let i = 0; i < tb.block.length; i++) if (ADDED.includes(tb.block.op(i))) added++;
  }
}

Deno.test("code without instrumentation has nothing of it, byte for byte, even after plugins have gone", () => {
  const plain = after(machine(), 3000), code = codeOf(plain);
  assert(code.size > 10);
  assertEquals(addedTo(plain), 0);

  assertEquals(codeOf(after(machine().watch(() => {}), 3000)), code);

  const counted = machine();
  after(counted.watch((block) => block.add(counted.counters.counter())), 3000);
  assert(addedTo(counted) > 0);
  assertNotEquals(codeOf(counted), code);

  counted.cpu.instrument = undefined;
  const cleaned = codeOf(after(counted, 3000));
  assertEquals(addedTo(counted), 0);
  const common = [...cleaned].filter(([block]) => code.has(block));
  assert(common.length > 10);
  for (const [block, bytes] of common) assertEquals(bytes, code.get(block));
});
