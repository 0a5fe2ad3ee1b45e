/**
 * System calls, for which there is no user-mode emulation yet: the test is the operating system.
 *
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { Syscall } from "@emu/core";
import { Instruments } from "../../core/instrument/instruments.ts";
import { createMachine } from "../../core/machine/create.ts";
import { codeOf } from "../cli/programs.ts";
import { LOOP } from "./programs.ts";
import { type OwnPlugin, OwnPlugins } from "./run.ts";

/** Instruments of a machine, what they print and what is warned of. */
async function instruments(specs: readonly (string | OwnPlugin)[]) {
  const plugins = new OwnPlugins(), lines: string[] = [], warnings: string[] = [];
  const { machine } = await createMachine({ board: "integratorcp", boot: { kernel: codeOf(LOOP) }, plugins });
  const made = new Instruments(machine, {
    board: "integratorcp",
    plugins,
    print: (line) => lines.push(line),
    warn: (line) => warnings.push(line),
    hold() {},
  });
  for (const spec of specs) {
    if (typeof spec === "function") await made.add({ type: plugins.own(spec) });
    else await made.add({ type: "syscall", properties: { print: spec } });
  }
  return { made, lines, warnings };
}

const WRITE: Syscall = { number: 4, arguments: [1, 0x8000, 5] };

Deno.test("system calls are told as they begin and as they return; a filter answers in the system's place", async () => {
  const seen: unknown[] = [];
  const { made } = await instruments([(emu) => {
    emu.onSyscall((cpu, { number, arguments: values }) => seen.push(["call", cpu.index, number, ...values]));
    emu.onSyscallReturn((cpu, { number }, result) => seen.push(["return", cpu.index, number, result]));
    emu.filterSyscall((_, { number }) => number === 20 ? 77 : undefined);
    emu.onFork((cpu) => seen.push(["fork", cpu.index]));
  }, (emu) => emu.filterSyscall(() => 5)]);
  assertEquals(made.syscall({ number: 20, arguments: [] }), 77);
  assertEquals(made.syscall(WRITE), 5);
  made.syscallReturn(WRITE, 5);
  made.fork();
  assertEquals(seen, [
    ["call", 0, 20],
    ["call", 0, 4, 1, 0x8000, 5],
    ["return", 0, 4, 5],
    ["fork", 0],
  ]);
});

Deno.test("a system call that no filter answers is the system's", async () => {
  const { made } = await instruments([(emu) => emu.filterSyscall(() => undefined)]);
  assertEquals(made.syscall(WRITE), undefined);
});

Deno.test("a filter whose answer is no number is named and detached", async () => {
  const { made, warnings } = await instruments([(emu) => emu.filterSyscall(() => "no" as never)]);
  assertEquals(made.syscall(WRITE), undefined);
  assertMatch(warnings[0], /instrument "own1": Cannot answer a system call with string; it is detached/);
  assertEquals(made.syscall(WRITE), undefined);
  assertEquals(warnings.length, 1);
});

Deno.test("syscall counts calls and errors, and prints them", async () => {
  const { made, lines } = await instruments(["on"]);
  for (const result of [5, -9]) {
    made.syscall(WRITE);
    made.syscallReturn(WRITE, result);
  }
  await made.close();
  assertEquals(lines, [
    "syscall 4(0x1, 0x8000, 0x5)",
    "syscall 4 = 5",
    "syscall 4(0x1, 0x8000, 0x5)",
    "syscall 4 = -9",
    "syscall no., calls, errors\n4, 2, 1",
  ]);
});
