/**
 * What is compiled into translated code: counters, conditions, operations of plugins'.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { CounterTest } from "@emu/core";
import { CounterArena } from "../../core/instrument/counters.ts";
import { GuestMemory } from "../../core/memory/guest_memory.ts";
import { SLOT_AREA } from "../../core/tier/wasm/compiler.ts";
import { ACCESSES, LOOP, LOOP_COUNTS, START } from "./programs.ts";
import { type OwnPlugin, runWith } from "./run.ts";

/** Runs a program with a plugin that makes no mistakes. */
async function run(program: readonly number[], plugin: OwnPlugin, accel: "interp" | "jit"): Promise<void> {
  const { status, warnings } = await runWith(program, [plugin], { accel });
  assertEquals([status, ...warnings], [0]);
}

const TESTS: Readonly<Record<CounterTest, (a: bigint, b: bigint) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};
/** The loop's rounds take a counter over this. */
const BORDER = 500;

for (const accel of ["interp", "jit"] as const) {
  for (const [is, holds] of Object.entries(TESTS) as [CounterTest, typeof TESTS["=="]][]) {
    Deno.test(`a callback is called where counter ${is} constant, unsigned, and only there (${accel})`, async () => {
      const called = { small: 0, large: 0 };
      await run(LOOP, (emu) => {
        const rounds = emu.counter(), large = emu.counter();
        large.set(-1n);
        emu.onTranslate((block) => {
          for (const instruction of block.instructions) {
            if (instruction.address !== START + 12) continue;
            instruction.onExecuteIf([rounds, is, BORDER], () => void called.small++);
            instruction.onExecuteIf([large, is, 1], () => void called.large++);
            instruction.add(rounds);
          }
        });
      }, accel);
      const small = Array.from({ length: 1000 }, (_, i) => holds(BigInt(i), BigInt(BORDER)));
      assertEquals(called, {
        small: small.filter(Boolean).length,
        large: holds(2n ** 64n - 1n, 1n) ? 1000 : 0,
      });
    });
  }

  Deno.test(`counters are set inline, by block, instruction and access (${accel})`, async () => {
    const values: bigint[] = [];
    await run(LOOP, (emu) => {
      const [block, instruction, access] = [emu.counter(), emu.counter(), emu.counter()];
      emu.onTranslate((view) => {
        view.set(block, view.address);
        for (const one of view.instructions) {
          one.set(instruction, 2n ** 63n + BigInt(one.address));
          one.setPerAccess("write", access, 7);
          one.addPerAccess("write", access, 3);
        }
      });
      emu.onExit(() => void values.push(block.sum64(), instruction.sum64(), access.sum64()));
    }, accel);
    assertEquals(values, [BigInt(START + 0x20), 2n ** 63n + BigInt(START + 0x28), 10n]);
  });

  Deno.test(`inline code compares, masks, hashes and counts in tables (${accel})`, async () => {
    const results: unknown[] = [];
    await run(LOOP, (emu) => {
      const literals = emu.counter(), odd = emu.counter(), last = emu.counter(), hashes = emu.table(16);
      emu.onTranslate((block) => {
        for (const instruction of block.instructions) {
          instruction.inlinePerAccess("read", ({ ir, address, value, count, countIn }) => {
            count(literals, ir.eq(ir.and(address, ir.const(0xff)), ir.const(0x38)));
            const hash = ir.shrU(ir.mul(address, ir.const(0x9e37_79b1)), ir.const(28));
            countIn(hashes, hash);
            countIn(hashes, hash, ir.and(value, ir.const(0)));
          });
          if (instruction.address !== START + 12) continue;
          instruction.inline(({ ir, count, read, write, register }) => {
            const r1 = register("r1");
            count(odd, ir.and(r1, ir.const(1)));
            write(last, ir.add64(ir.shl64(read(last), ir.const64(0n)), ir.extendU(r1)));
          });
        }
      });
      emu.onExit(() => {
        results.push(literals.sum(), odd.sum(), last.sum(), [...hashes.values()].map(Number));
      });
    }, accel);
    const table = Array(16).fill(0);
    const hash = (address: number) => Math.imul(address, 0x9e37_79b1) >>> 28;
    table[hash(START + 0x38)]++;
    table[hash(START + 0x34)]++;
    table[hash(0x10_0000)] += 1000;
    assertEquals(results, [1, 500, 1000 * 1001 / 2, table]);
  });

  Deno.test(`inline code sees what each access of an instruction moved (${accel})`, async () => {
    const sums: number[] = [];
    await run(ACCESSES, (emu) => {
      const written = emu.counter(), read = emu.counter();
      emu.onTranslate((block) => {
        for (const instruction of block.instructions) {
          if (instruction.address < START + 4 * 15 || instruction.address > START + 4 * 18) continue;
          instruction.inlinePerAccess("write", ({ count, value }) => count(written, value));
          instruction.inlinePerAccess(
            "read",
            ({ ir, count, value }) => count(read, ir.and(value, ir.const(0xff))),
          );
        }
      });
      emu.onExit(() => void sums.push(written.sum(), read.sum()));
    }, accel);
    // strb 0x80, strh 0xff80; ldrsb 0x80, ldrd 0 and 0xff800080.
    assertEquals(sums, [0x80 + 0xff80, 0x80 + 0 + 0x80]);
  });

  Deno.test(`counters that are read where a device is accessed are at most a block ahead (${accel})`, async () => {
    // The loop, long enough to become a region, around a register of UART 0.
    const program = LOOP.map((word, i) => i === 0 ? 0xe3a0_1803 : i === LOOP.length - 1 ? 0x1600_0018 : word);
    const rounds = 0x3_0000, seen: number[] = [];
    await run(program, (emu) => {
      const begun = emu.counter();
      emu.onTranslate((block) => block.instructions.forEach((instruction) => instruction.add(begun)));
      emu.onDevice(({ write }) => !write && seen.push(begun.get()), { device: "uart0" });
    }, accel);
    assertEquals(seen.length, rounds);
    // Steps of five, but where slices end: a block of fewer instructions.
    const wrong = seen.filter((count, i) => count < 4 + 5 * i || count > 3 + 5 * (i + 1));
    assertEquals(wrong.length, 0);
  });

  Deno.test(`plugins come in the order they were given, at each place (${accel})`, async () => {
    const order: number[] = [];
    const plugin = (number: number): OwnPlugin => (emu) =>
      emu.onTranslate((block) => {
        if (block.address !== START) return;
        block.onExecute(() => void order.push(number));
        block.instructions[0].onExecute(() => void order.push(number + 10));
      });
    const { warnings } = await runWith(LOOP, [plugin(1), plugin(2), plugin(3)], { accel });
    assertEquals([warnings, order], [[], [1, 2, 3, 11, 12, 13]]);
  });

  Deno.test(`one plugin's mistake takes nothing from the counts of another (${accel})`, async () => {
    let seen = 0, calls = 0;
    const { warnings, lines } = await runWith(LOOP, [
      "insn",
      (emu) =>
        emu.onTranslate((block) =>
          block.instructions.forEach((instruction) =>
            instruction.onExecute(() => {
              if (++calls === 2345) throw new Error("enough");
            })
          )
        ),
      (emu) =>
        emu.onTranslate((block) => block.instructions.forEach((one) => one.onExecute(() => void seen++))),
      "mem",
    ], {
      accel,
    });
    assertEquals(warnings.length, 1);
    const { instructions, reads, writes } = LOOP_COUNTS;
    assertEquals([lines, seen], [
      [`insns: ${instructions}`, `mem accesses: ${reads + writes}`],
      instructions,
    ]);
  });
}

Deno.test("a counter has a number for each vCPU, and their sum", () => {
  const arena = new CounterArena(new GuestMemory(SLOT_AREA + (1 << 20)), 3);
  const counter = arena.counter(), other = arena.counter();
  counter.set(1, 0);
  counter.set(2n ** 40n, 1);
  counter.add(5, 2);
  counter.add(2n, 2);
  other.set(99, 2);
  assertEquals([0, 1, 2].map((cpu) => counter.get(cpu)), [1, 2 ** 40, 7]);
  assertEquals([counter.sum(), counter.sum64()], [2 ** 40 + 8, 2n ** 40n + 8n]);
  const table = arena.table(4);
  table.values(2)[3] = 5n;
  assertEquals([0, 1, 2].map((cpu) => table.values(cpu)[3]), [0n, 0n, 5n]);
  assertEquals(other.get(2), 99);
});
