import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { codeOf, ECHO, LOOP } from "../../tests/cli/programs.ts";
import { createMachine, type LibraryMachine, type LibrarySetup } from "./library.ts";

async function withMachine(
  setup: Partial<LibrarySetup>,
  use: (machine: LibraryMachine) => void | Promise<void>,
): Promise<void> {
  const machine = await createMachine({ board: "integratorcp", options: { noReboot: true }, ...setup });
  try {
    await use(machine);
  } finally {
    assertEquals(await machine.dispose(), []);
  }
}

Deno.test("a library machine runs until a text, and goes on from there until the next", () =>
  withMachine({ boot: { kernel: codeOf(ECHO) } }, async ({ serial, runUntil, run }) => {
    serial.type("one two one ");
    await runUntil("one");
    await runUntil("one");
    assertEquals(serial.text.slice(0, 11), "one two one");
    await assertRejects(() => runUntil("one", { timeout: 30 }), Error, 'until "one": 30 ms are over');
    serial.type("q");
    assertEquals(await run(), 0);
    assertEquals(serial.text, "one two one q");
    await assertRejects(() => runUntil("more"), Error, 'Cannot run until "more": the machine has ended');
  }));

Deno.test("a library machine that ends while a condition is waited for says so", () =>
  withMachine({ boot: { kernel: codeOf(ECHO) } }, async ({ serial, runUntil }) => {
    serial.type("xq");
    await assertRejects(
      () => runUntil(() => false),
      Error,
      "Cannot run until the condition: the machine has ended",
    );
  }));

Deno.test("a library machine finds a text that came with the guest's last instructions", () =>
  withMachine({ boot: { kernel: codeOf(ECHO) } }, async ({ serial, runUntil }) => {
    serial.type("xq");
    await runUntil("q");
  }));

Deno.test("a library machine runs until a function says so, and passes its error on", () =>
  withMachine({ boot: { kernel: codeOf(LOOP) } }, async ({ machine, runUntil }) => {
    await runUntil(() => machine.loop.executed > 10_000);
    assert(machine.loop.executed > 10_000);
    await assertRejects(
      () =>
        runUntil(() => {
          throw new Error("mine");
        }),
      Error,
      "mine",
    );
    await runUntil(() => true);
  }));

Deno.test("a library machine gives long input to the guest as fast as it takes it", () =>
  withMachine({ boot: { kernel: codeOf(ECHO) } }, async ({ serial, run }) => {
    const text = "0123456789".repeat(500);
    serial.type(text);
    serial.type("q");
    await run();
    assertEquals(serial.text, `${text}q`);
  }));

Deno.test("a library machine's memory and registers are read and written", () =>
  withMachine({}, (emu) => {
    assertEquals(emu.poke(0x10_0100, Uint8Array.of(1, 2, 3, 4)), true);
    assertEquals([emu.read(0x10_0100), emu.read(0x10_0102, 1), emu.peek(0x10_0101, 2)[0]], [
      0x0403_0201,
      3,
      2,
    ]);
    assertEquals([emu.write(0x10_0102, 0xffff, 2), emu.read(0x10_0100)], [true, 0xffff_0201]);
    assertEquals([emu.read(0x4000_0000), emu.write(0x4000_0000, 1)], [0, false]);
    assertEquals(emu.poke(0x4000_0000, Uint8Array.of(1)), false);
    assertEquals(emu.read(0x1600_0fe0), 0x11); // PeriphID0 of the PL011
  }));

Deno.test("a library machine's lines are seen and driven", () =>
  withMachine({}, (emu) => {
    assertEquals([emu.line("pic.irq"), emu.line("pic.9")], [false, false]);
    emu.write(0x1400_0008, 1 << 9); // PIC_IRQ_ENABLESET
    emu.drive("pic.9", true);
    assertEquals([emu.line("pic.9"), emu.line("pic.irq"), emu.line("cpu.irq")], [true, true, true]);
    emu.drive("pic.9", false);
    assertEquals(emu.line("cpu.irq"), false);
    assertThrows(() => emu.line("pic.99"), Error, 'Cannot tell the level of "pic.99"');
    assertThrows(() => emu.drive("pic.irq", true), Error, 'Cannot drive "pic.irq"');
  }));

Deno.test("the library example in the README runs and prints what it should", async () => {
  const root = new URL("../../", import.meta.url);
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const code = /## As a library\n+```ts\n(.*?)```/s.exec(readme)![1];
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/example.ts`, code);
    const config = new URL("deno.json", root).pathname;
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--check", "--config", config, `${folder}/example.ts`],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert(success, text(stderr));
    assertEquals(text(stdout), "1 false\nhello true\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
