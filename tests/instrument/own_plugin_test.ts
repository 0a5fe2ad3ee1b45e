import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { moduleOf, withPlugin } from "./own_plugin.ts";
import { LOOP, LOOP_COUNTS } from "./programs.ts";
import { runWith } from "./run.ts";

/** Microseconds of the host's CPU: the clock also goes on while others have it. */
const CPU = "function cpu() { const { user, system } = process.cpuUsage(); return user + system; }";

const MISTAKES: Readonly<Record<string, { readonly body: string; readonly says: RegExp }>> = {
  "throws while translating": {
    body: `emu.onTranslate(() => { throw new Error("no idea"); });`,
    says: /instrument "mine": no idea \(\S+mine\.ts:\d+\); it is detached/,
  },
  "throws in a callback": {
    body: `emu.onTranslate((b) => b.onExecute(() => { throw new Error("oh"); }));`,
    says: /instrument "mine": oh \(\S+mine\.ts:\d+\); it is detached/,
  },
  "throws in a callback of an access": {
    body: `emu.onTranslate((b) => b.instructions.forEach((i) => i.onAccess("both", () => { null.x; })));`,
    says: /instrument "mine": Cannot read properties of null/,
  },
  "adds what is no number": {
    body: `const c = emu.counter(); emu.onTranslate((b) => b.add(c, NaN));`,
    says: /Cannot add NaN to a counter/,
  },
  "reads registers that it did not ask for": {
    body: `emu.onTranslate((b) => b.onExecute((cpu) => cpu.readRegister("r0")));`,
    says: /Cannot read registers/,
  },
  "writes a register that does not exist": {
    body:
      `emu.onTranslate((b) => b.onExecute((cpu) => cpu.writeRegister("r99", 1), { registers: "write" }));`,
    says: /Cannot write register "r99": there is none of that name/,
  },
  "has an asynchronous callback": {
    body: `emu.onTranslate((b) => b.onExecute(async () => { throw new Error("later"); }));`,
    says: /instrument "mine": a callback is asynchronous, and the guest does not wait; see emu.hold/,
  },
  "has an asynchronous callback of an event": {
    body: `emu.onCpuInit(async () => { throw new Error("later"); });`,
    says: /instrument "mine": a callback is asynchronous/,
  },
  "registers what is no function": {
    body: `emu.onTranslate((b) => b.onExecute("print"));`,
    says: /Cannot attach a callback: it is no function/,
  },
  "asks for registers in a way that there is none of": {
    body: `emu.onTranslate((b) => b.onExecute(() => {}, { registers: "all" }));`,
    says: /Cannot attach a callback: registers "all"/,
  },
  "counts in what is no counter": {
    body: `emu.onTranslate((b) => b.add({ cell: () => 0 }));`,
    says: /Cannot count: that is no counter/,
  },
  "reads more memory than there is": {
    body: `emu.onTranslate((b) => b.onExecute((cpu) => cpu.readMemory(0, -1)));`,
    says: /instrument "mine": .*length/,
  },
  "writes inline code that makes no sense": {
    body:
      `emu.onTranslate((b) => b.inline(({ ir, register }) => { ir.add(register("r0"), register("r77")); }));`,
    says: /Cannot read register "r77" inline: there is none/,
  },
  "writes inline code without end": {
    body: `emu.onTranslate((b) => b.inline(({ ir }) => { for (let i = 0; i < 1e5; i++) ir.const(i); }));`,
    says: /Cannot translate an instruction with so much attached/,
  },
  "takes too long to translate": {
    body: `emu.onTranslate(() => { for (const end = cpu() + 5e6; cpu() < end;); }); ${CPU}`,
    says: /instrument "mine": a callback took \d+\.\d s, more than 2; it is detached/,
  },
  "takes too long, again and again, when it is called": {
    body: `let n = 0; emu.onTranslate((b) => b.onExecute(() => {
      for (const end = cpu() + (n++ < 4 ? 5e6 : 0); cpu() < end;);
    })); ${CPU}`,
    says: /instrument "mine": a callback took \d+\.\d s, more than 2; it is detached/,
  },
  "attaches after the block is translated": {
    body: `const c = emu.counter(); let old; emu.onTranslate((b) => { old?.add(c); old = b; });`,
    says: /Cannot attach anything: the block has been translated/,
  },
};
for (const [what, { body, says }] of Object.entries(MISTAKES)) {
  Deno.test(`a plugin that ${what} is named and detached, and the guest goes on`, async () => {
    await withPlugin(moduleOf(body), async (path) => {
      const alone = await runWith(LOOP, []);
      const { status, warnings, registers } = await runWith(LOOP, [path]);
      assertEquals([status, warnings.length], [0, 1]);
      assertMatch(warnings[0], says);
      assertEquals(registers, alone.registers);
    });
  });
}

Deno.test("a plugin with onerror=stop ends the machine by its mistake", async () => {
  await withPlugin(moduleOf(`emu.onTranslate(() => { throw new Error("oh"); });`), async (path) => {
    const { status, warnings } = await runWith(LOOP, [`${path},onerror=stop`]);
    assertEquals(status, 1);
    assertMatch(warnings[0], /oh \(\S+mine\.ts:\d+\); the machine is stopped/);
  });
});

Deno.test("a plugin that returns nonsense, or cannot start, is refused by name", async () => {
  const returning = `import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
export default defineInstrument(manifest, () => 5);`;
  await withPlugin(returning, async (path) => {
    await assertRejects(
      () => runWith(LOOP, [path]),
      Error,
      'Cannot use instrument "mine": its function returned number',
    );
  });
});

Deno.test("a plugin whose report makes no sense is named, and others still report", async () => {
  const body = `emu.report({ text: () => 5, json: () => { const a = {}; a.a = a; return a; } });`;
  await withPlugin(moduleOf(body), async (path) => {
    for (const format of ["text", "json"]) {
      const { lines, warnings } = await runWith(LOOP, [`${path},format=${format}`, "insn"]);
      assertEquals(lines, [`insns: ${LOOP_COUNTS.instructions}`]);
      assertMatch(warnings[0], /Cannot go on with instrument "mine": /);
    }
  });
});

Deno.test("a plugin that fails at the end is named, and others still end", async () => {
  const body = `emu.onExit(async () => { await 0; throw new Error("disk full"); });`;
  await withPlugin(moduleOf(body), async (path) => {
    const { lines, problems } = await runWith(LOOP, [path, "insn"]);
    assertEquals(lines, [`insns: ${LOOP_COUNTS.instructions}`]);
    assertEquals(problems.length, 1);
    assertMatch(problems[0], /^Cannot complete instrument "mine": disk full \(\S+mine\.ts:\d+\)$/);
  });
});

Deno.test("a plugin that uninstalls itself while the guest runs sees nothing more", async () => {
  const body = `let seen = 0;
    emu.onTranslate((b) => b.onExecute(() => { if (++seen === 5) emu.uninstall(); if (seen > 5) emu.print("more"); }));`;
  await withPlugin(moduleOf(body), async (path) => {
    const { status, lines, warnings } = await runWith(LOOP, [path, "insn"]);
    assertEquals([status, warnings, lines], [0, [], [`insns: ${LOOP_COUNTS.instructions}`]]);
  });
});

Deno.test("a plugin may write registers and go on elsewhere", async () => {
  const body = `emu.onTranslate((b) => b.instructions.forEach((i) => {
      if (i.text.startsWith("add r0, r0, r3")) i.onExecute((cpu) => {
        cpu.writeRegister("r1", 1);
        cpu.setPc(cpu.pc + 8);
      }, { registers: "write" });
    }));`;
  await withPlugin(moduleOf(body), async (path) => {
    // The first round skips two instructions and ends the loop.
    const { status, executed } = await runWith(LOOP, [path]);
    const alone = await runWith(LOOP, []);
    assertEquals(status, 0);
    assert(executed < alone.executed - 4000);
  });
});
