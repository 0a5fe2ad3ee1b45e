import { assert, assertEquals, assertMatch } from "@std/assert";
import { Comparison } from "../../plugins/instrument/lockstep/comparison.ts";
import { type Stretch, Stretches } from "../../plugins/instrument/lockstep/stretches.ts";
import { withFiles } from "../cli/emu.ts";
import { CALLS, LOOP, TRAPS } from "./programs.ts";
import { type InstrumentedRun, type RunOptions, runWith } from "./run.ts";

/** Runs two programs in lockstep. */
function both(
  programs: readonly [readonly number[], readonly number[]],
  options: string,
  runs: readonly [RunOptions, RunOptions] = [{}, {}],
): Promise<InstrumentedRun[]> {
  return withFiles({}, (folder) =>
    Promise.all(
      programs.map((program, i) =>
        runWith(program, [`lockstep,sockpath=${folder}/socket${options}`], runs[i])
      ),
    ));
}

for (const [name, program] of Object.entries({ LOOP, CALLS, TRAPS })) {
  Deno.test(`lockstep finds no divergence between the interpreter and compiled code in ${name}`, async () => {
    const [a, b] = await both([program, program], ",batch=50", [{ accel: "interp" }, { accel: "jit" }]);
    assertEquals([a.status, b.status, ...a.warnings, ...b.warnings], [0, 0]);
    assertMatch(a.lines[0], RegExp(`^no divergence in \\d+ stretches, ${a.executed} instructions$`));
    assertEquals(a.lines, b.lines);
  });
}

Deno.test("lockstep tells where two programs part, what came before, and lets both go on", async () => {
  const other = LOOP.map((word, i) => i === 0 ? 0xe3a0_1efa : word); // mov r1, #4000
  const runs = await both([LOOP, other], ",batch=100");
  for (const { lines, status, warnings } of runs) {
    assertEquals([status, ...warnings], [0]);
    // The first falls out of the loop after 999 branches back.
    assertMatch(
      lines[0],
      /^divergence after 999 stretches: here 0x0001000c to \S+ \(after 4998 instructions\), there/,
    );
    assertEquals(lines[0].match(/previously/g)?.length, 5);
  }
  assert(runs[1].executed > 3 * runs[0].executed);
});

Deno.test("lockstep with stop=on ends both machines where they part", async () => {
  const other = LOOP.map((word, i) => i === 0 ? 0xe3a0_18ff : word); // mov r1, #0xff0000
  const [a, b] = await both([LOOP, other], ",batch=100,stop=on");
  assert(b.executed < 100_000, `${b.executed}`);
  for (const { warnings } of [a, b]) assert(warnings.length <= 1);
  assertMatch(b.warnings[0], /Stopped by instrument "lockstep": the other emulator does something else/);
});

Deno.test("lockstep without a socket, or where there can be none, is refused", async () => {
  for (const options of ["", ",sockpath=/nowhere/at/all"]) {
    const error = await runWith(LOOP, [`lockstep${options}`]).then(() => undefined, (error) => error);
    assertMatch(String(error), /Cannot use instrument "lockstep": /);
  }
});

/** Stretches as texts. */
function stretchesOf(run: (stretches: Stretches) => void): string[] {
  const texts: string[] = [];
  run(new Stretches(({ start, end, after }) => texts.push(`${start}-${end} @${after}`)));
  return texts;
}

Deno.test("stretches are the same however code is cut into blocks", () => {
  const whole = stretchesOf((s) => {
    s.enter(0, 16, 0);
    s.enter(100, 8, 4);
    s.stop();
  });
  assertEquals(whole, ["0-16 @0", "100-Infinity @4"]);
  const pieces = stretchesOf((s) => {
    for (const [i, at] of [0, 4, 8, 12, 100, 104].entries()) s.enter(at, 4, i);
    s.stop();
  });
  assertEquals(pieces, whole);
});

Deno.test("stretches end at the instruction that raises an exception, however code is cut into blocks", () => {
  const whole = stretchesOf((s) => {
    s.enter(0, 16, 0);
    s.leave(8);
    s.enter(100, 8, 3);
    s.stop();
  });
  const pieces = stretchesOf((s) => {
    for (const [i, at] of [0, 4, 8].entries()) s.enter(at, 4, i);
    s.leave(8);
    s.enter(100, 4, 3);
    s.enter(104, 4, 4);
    s.stop();
  });
  assertEquals(whole, ["0-8 @0", "100-Infinity @3"]);
  assertEquals(pieces, whole);
});

Deno.test("a comparison tells the first difference once it has both sides", () => {
  const found: [Stretch, Stretch][] = [];
  const comparison = new Comparison((here, there) => found.push([here, there]));
  const stretch = (start: number): Stretch => ({ start, end: start + 4, after: 0 });
  comparison.here([1, 2, 3].map(stretch));
  assertEquals([comparison.same, found.length], [0, 0]);
  comparison.there([1, 2].map(stretch));
  assertEquals([comparison.same, found.length], [2, 0]);
  comparison.there([4].map(stretch));
  assertEquals(found, [[stretch(3), stretch(4)]]);
  assertEquals(comparison.last, [1, 2].map(stretch));
});
