import { assert, assertEquals } from "@std/assert";
import { imageOf } from "../tiers/assemble.ts";
import words from "../tiers/programs/words.json" with { type: "json" };
import { TIERS } from "../tiers/tiers.ts";
import { WovenTierMachine } from "./woven_machine.ts";

const LENGTH = 30_000;
const PROGRAMS = (Object.keys(words) as (keyof typeof words)[]).filter((name) => name !== "frame");

/** What a program does, counted inline and by callbacks. */
function counts(program: keyof typeof words, tier: typeof TIERS[number]) {
  const machine = new WovenTierMachine(tier, imageOf(words[program]), 5);
  const counter = () => machine.counters.counter();
  const inline = { instructions: counter(), blocks: counter(), reads: counter(), writes: counter() };
  const called = { instructions: 0, blocks: 0, reads: 0, writes: 0 };
  const execute = () => void called.instructions++;
  const enter = () => void called.blocks++;
  const read = () => void called.reads++;
  const write = () => void called.writes++;
  let separate = false;
  machine.watch((block) => {
    block.add(inline.blocks);
    for (const instruction of block.instructions) {
      instruction.add(inline.instructions);
      instruction.addPerAccess("read", inline.reads);
      instruction.addPerAccess("write", inline.writes);
    }
    // Where callbacks look on nothing can be counted ahead: every other block has none.
    separate = !separate;
    if (separate) return;
    block.onExecute(enter);
    for (const instruction of block.instructions) {
      instruction.onExecute(execute);
      instruction.onAccess("read", read);
      instruction.onAccess("write", write);
    }
  });
  machine.run(LENGTH);
  const sums = Object.fromEntries(Object.entries(inline).map(([name, counter]) => [name, counter.sum()]));
  return { machine, sums, called };
}

for (const program of PROGRAMS) {
  Deno.test(`instrumentation counts "${program}" the same in all tiers`, () => {
    const [first, ...others] = TIERS.map((tier) => counts(program, tier));
    for (const { sums, called, machine } of others) {
      assertEquals({ sums, called }, { sums: first.sums, called: first.called });
      assertEquals(machine.state(), first.machine.state());
      assertEquals(machine.discontinuities, first.machine.discontinuities);
    }
  });

  for (const tier of TIERS) {
    Deno.test(`inline counts of "${program}" are those of callbacks (${tier})`, () => {
      const machine = new WovenTierMachine(tier, imageOf(words[program]), 9);
      const inline = [0, 1, 2].map(() => machine.counters.counter()), called = [0, 0, 0];
      const seen = [0, 1, 2].map((k) => () => void called[k]++);
      // Callbacks in a plugin of their own would end the stretches of the other: two machines, then.
      const other = new WovenTierMachine(tier, imageOf(words[program]), 9);
      machine.watch((block) => {
        block.add(inline[0]);
        for (const instruction of block.instructions) {
          instruction.add(inline[1]);
          instruction.addPerAccess("both", inline[2]);
        }
      });
      other.watch((block) => {
        block.onExecute(seen[0]);
        for (const instruction of block.instructions) {
          instruction.onExecute(seen[1]);
          instruction.onAccess("both", seen[2]);
        }
      });
      machine.run(LENGTH);
      other.run(LENGTH);
      assertEquals(inline.map((counter) => counter.sum()), called);
      assertEquals(machine.state(), other.state());
      // Fetches that fault are charged like instructions, but none begins.
      assert(called[1] <= machine.executed && called[1] > machine.executed * 0.9);
    });
  }
}
