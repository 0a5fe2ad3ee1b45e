import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { moduleOf, withPlugin } from "./own_plugin.ts";
import { LOOP, LOOP_COUNTS } from "./programs.ts";
import { runWith } from "./run.ts";

const MISTAKES: Readonly<Record<string, { readonly body: string; readonly says: RegExp }>> = {
  "throws while translating": {
    body: `emu.onTranslate(() => { throw new Error("no idea"); });`,
    says: /instrument "mine": no idea; it is detached/,
  },
  "throws in a callback": {
    body: `emu.onTranslate((b) => b.onExecute(() => { throw new Error("oh"); }));`,
    says: /instrument "mine": oh; it is detached/,
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
    assertMatch(warnings[0], /oh; the machine is stopped/);
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
