/**
 * Callbacks that may wait (`later: true`): what a plugin sees of the guest's way is the same, only later.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { LOOP, LOOP_COUNTS, START, TRAPS } from "./programs.ts";
import { type OwnPlugin, runWith } from "./run.ts";

/** Notes the way through instructions, and interrupts and exceptions between them. */
function recorder(way: string[], later: boolean): OwnPlugin {
  return (emu) => {
    const pass = (_: unknown, address: number) => void way.push(address.toString(16));
    emu.onTranslate((block) => {
      for (const instruction of block.instructions) {
        instruction.onExecute(pass, { data: instruction.address, later });
      }
    });
    emu.onDiscontinuity(["exception", "hostcall"], (_, { kind }) => void way.push(kind));
  };
}

for (const accel of ["interp", "jit"] as const) {
  for (const [name, program] of [["a loop", LOOP], ["a program with exceptions", TRAPS]] as const) {
    Deno.test(`callbacks that wait come in the order of those that do not: ${name} (${accel})`, async () => {
      const atOnce: string[] = [], later: string[] = [];
      for (const [way, wait] of [[atOnce, false], [later, true]] as const) {
        const { status, warnings } = await runWith(program, [recorder(way, wait)], { accel });
        assertEquals([status, ...warnings], [0]);
      }
      assertEquals(later, atOnce);
      assert(later.length > 10);
    });
  }

  Deno.test(`two plugins' callbacks that wait come in the order of their places (${accel})`, async () => {
    const seen: string[] = [];
    const own = (name: string): OwnPlugin => (emu) => {
      const note = () => void seen.push(name);
      emu.onTranslate((block) => block.onExecute(note, { later: true }));
    };
    await runWith(LOOP, [own("a"), own("b")], { accel });
    assert(seen.length >= 2000);
    assertEquals(seen, seen.map((_, i) => "ab"[i % 2]));
  });

  Deno.test(`a conditional callback that waits comes as often as its condition held (${accel})`, async () => {
    let calls = 0;
    const plugin: OwnPlugin = (emu) => {
      const rounds = emu.counter();
      emu.onTranslate((block) => {
        for (const instruction of block.instructions) {
          if (instruction.address !== START + 12) continue;
          instruction.onExecuteIf([rounds, ">=", 900], () => void calls++, { later: true });
          instruction.add(rounds);
        }
      });
    };
    await runWith(LOOP, [plugin], { accel });
    assertEquals(calls, 100);
  });

  Deno.test(`a plugin that is removed gets none of the calls that still wait (${accel})`, async () => {
    let calls = 0;
    const plugin: OwnPlugin = (emu) => {
      const once = () => {
        if (++calls === 10) emu.uninstall();
      };
      emu.onTranslate((block) => block.onExecute(once, { later: true }));
    };
    const { status, executed } = await runWith(LOOP, [plugin], { accel });
    assertEquals([status, calls, executed], [0, 10, LOOP_COUNTS.instructions]);
  });

  Deno.test(`a mistake in a callback that waits is its plugin's alone (${accel})`, async () => {
    let failing = 0, sound = 0;
    const bad: OwnPlugin = (emu) => {
      const fail = () => {
        failing++;
        throw new Error("no good");
      };
      emu.onTranslate((block) => block.onExecute(fail, { later: true }));
    };
    const good: OwnPlugin = (emu) =>
      emu.onTranslate((block) => block.onExecute(() => void sound++, { later: true }));
    const { status, warnings } = await runWith(LOOP, [bad, good], { accel });
    assertEquals([status, failing], [0, 1]);
    assert(sound >= 1000);
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0], /instrument "own1": no good; it is detached/);
  });
}

Deno.test("only callbacks without registers, before instructions, can wait", async () => {
  const problems: string[] = [];
  const plugin: OwnPlugin = (emu) =>
    emu.onTranslate((block) => {
      const [instruction] = block.instructions;
      for (
        const attach of [
          () => instruction.onExecute(() => {}, { registers: "read", later: true }),
          () => instruction.onAccess("both", () => {}, { later: true } as never),
        ]
      ) {
        try {
          attach();
        } catch (error) {
          problems.push((error as Error).message);
        }
      }
    });
  await runWith(LOOP, [plugin]);
  assertEquals(problems.slice(0, 2), [
    'Cannot attach a callback that comes later with registers "read"',
    "Cannot attach a callback that comes later to accesses",
  ]);
});

Deno.test("what is counted inline stays exact around callbacks that wait", async () => {
  const { lines } = await runWith(LOOP, ["bb,inline=false,later=true", "insn"]);
  assertEquals(lines[1], `insns: ${LOOP_COUNTS.instructions}`);
  assertMatch(lines[0], /^bb's: \d+, insns: \d+$/);
});
