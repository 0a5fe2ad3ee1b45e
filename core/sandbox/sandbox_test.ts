import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { withFiles } from "../../tests/cli/emu.ts";
import { codeOf, ECHO, LOOP } from "../../tests/cli/programs.ts";
import { createMachine, type LibraryMachine, type LibrarySetup } from "../machine/library.ts";

const AT = 0x1f00_0000;

const manifestOf = (more: object) => ({
  name: "odd",
  kind: "device",
  api: 1,
  version: "1.0.0",
  summary: "A device in a sandbox",
  entry: "./odd.ts",
  ...more,
});

/** A machine with a device in a sandbox: `code` is that of the members of its plugin. */
async function withSandboxed(
  code: string,
  use: (
    make: (setup?: Partial<LibrarySetup>) => Promise<LibraryMachine>,
    said: string[],
    folder: string,
  ) => Promise<void>,
  manifest: object = {},
): Promise<void> {
  const text = JSON.stringify(manifestOf(manifest)), said: string[] = [];
  await withFiles({
    "secret.txt": "secret",
    "odd/manifest.json": text,
    "odd/odd.ts": `
      import { defineDevice } from "@emu/core";
      const quiet = { read: () => 0, write() {}, reset() {}, snapshot: () => ({}), restore() {} };
      export default defineDevice(${text} as const, { size: 0x100, outputs: ["irq"], ${code} });`,
  }, (folder) =>
    use(
      (setup = {}) =>
        createMachine({
          board: "integratorcp",
          boot: { kernel: codeOf(LOOP) },
          plugins: [`${folder}/odd`],
          devices: [{ use: "odd", properties: { at: AT, irq: "pic.9" } }],
          sandbox: true,
          warn: (line) => void said.push(line),
          ...setup,
        }),
      said,
      folder,
    ));
}

/** Registers, a timer, DMA, a line, a channel. */
const WHOLE = `
  inputs: ["stop"],
  create({ clock, out, dma, log, chardev, name }) {
    const s = { value: 0, deadline: Infinity, done: false, bytes: new Uint8Array(4), stopped: false };
    const line = chardev("serial2");
    line.connect({ room: () => 4, receive(bytes) { s.bytes = bytes.slice(); } });
    const outputs = () => { alarm.at(s.deadline); out.irq(s.done); };
    const alarm = clock.alarm(() => { s.deadline = Infinity; s.done = true; outputs(); });
    return {
      read(offset) {
        if (offset === 4) { const four = new Uint8Array(4); dma.read(s.value, four); return four[0]; }
        if (offset === 8) return s.bytes[0];
        if (offset === 12) return clock.now() / 1000;
        if (offset === 16) return s.stopped ? 1 : 0;
        return s.value;
      },
      write(offset, size, value) {
        if (offset === 4) dma.write(s.value, Uint8Array.of(value));
        else if (offset === 8) line.sendByte(value);
        else if (offset === 12) { s.done = false; s.deadline = clock.now() + value; outputs(); }
        else if (offset === 0xfc) log.guestError(name + " is written at 0xfc");
        else if (offset === 0xf8) throw new Error("mine");
        else s.value = value;
      },
      reset() { Object.assign(s, { value: 0, deadline: Infinity, done: false, stopped: false }); outputs(); },
      snapshot: () => structuredClone(s),
      restore(saved) { Object.assign(s, structuredClone(saved)); outputs(); },
      inputs: { stop(level) { s.stopped = level; } },
    };
  }`;

Deno.test("a device in a sandbox has registers, memory access, a timer, lines and a channel", () =>
  withSandboxed(WHOLE, async (make, said) => {
    const logged: string[] = [];
    const emu = await make({
      log: (kind, device, message) => void logged.push(`${kind} ${device} ${message}`),
    });
    emu.write(AT, 0x10_0000);
    emu.write(AT + 4, 0x5a);
    assertEquals([emu.read(AT), emu.read(AT + 4), emu.read(0x10_0000)], [0x10_0000, 0x5a, 0x5a]);
    emu.write(AT, 0xffff_fffe);
    assertEquals(emu.read(AT), 0xffff_fffe);
    emu.write(AT + 8, 0x41);
    emu.serials.serial2.type("z");
    emu.write(AT + 12, 1e6);
    assertEquals(emu.line("odd.irq"), false);
    await emu.runUntil(() => emu.line("odd.irq"));
    await emu.runUntil(() => emu.serials.serial2.text === "A");
    assertEquals(emu.read(AT + 8), 0x7a);
    emu.drive("odd.stop", true);
    assertEquals(emu.read(AT + 16), 1);
    emu.write(AT + 0xfc, 0);
    assertEquals(logged, ["guest_errors odd odd is written at 0xfc"]);
    emu.write(AT + 0xf8, 0);
    assertEquals(said.length, 1);
    assertMatch(said[0], /^Cannot go on in "odd", which has a mistake: mine \(\/.+\/odd\.ts:\d+\)$/);
    assertEquals(emu.read(AT), 0xffff_fffe); // it goes on
    assertEquals(await emu.dispose(), []);
  }));

Deno.test("a device in a sandbox is in the machine's snapshots", () =>
  withSandboxed(WHOLE, async (make) => {
    const one = await make(), other = await make();
    one.write(AT, 77);
    one.write(AT + 12, 50e6);
    await other.restore(await one.snapshot());
    assertEquals([other.read(AT), other.line("odd.irq")], [77, false]);
    await other.runUntil(() => other.line("odd.irq"));
    await Promise.all([one.dispose(), other.dispose()]);
  }));

const FORBIDDEN: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  "read the user's files": [
    'Deno.readTextFileSync(new URL("../secret.txt", import.meta.url))',
    /read access/,
  ],
  "write files": ['Deno.writeTextFileSync(new URL("./x.txt", import.meta.url), "x")', /write access/],
  "reach the network": [
    "Deno.listen({ port: 0 })",
    /net access/,
  ],
  "see the environment": ['Deno.env.get("HOME")', /env access/],
  "run programs": ['new Deno.Command("ls").outputSync()', /run access/],
  "load native code": ['Deno.dlopen("libc.so.6", {})', /ffi access/],
};

for (const [what, [code, says]] of Object.entries(FORBIDDEN)) {
  Deno.test(`a device in a sandbox cannot ${what}`, () =>
    withSandboxed(`create() { ${code}; return quiet; }`, async (make) => {
      const error = await assertRejects(make, Error, 'Cannot use device "odd" (odd): create: ');
      assert(says.test(error.message), error.message);
    }));
}

Deno.test("a device in a sandbox gets what it asks for only if the user grants it", () =>
  withSandboxed(
    "create: () => ({ ...quiet, read: () => Deno.env.get('HOME') ? 1 : 2 })",
    async (make, said) => {
      const without = await make();
      assertEquals(without.read(AT), 0);
      await without.dispose();
      assertEquals(said[0], 'device "odd" asks for env=HOME; --grant odd gives it that');
      assert(/env access/.test(said[1]), said[1]);
      said.length = 0;
      const granted = await make({ sandbox: { grants: ["odd"] } });
      assertEquals([granted.read(AT), said], [1, []]);
      await granted.dispose();
    },
    { permissions: ["env=HOME"] },
  ));

// It does answer in the end: Deno cannot stop a Worker that computes for ever, and this process has other tests to do.
Deno.test("a device in a sandbox that does not answer is named and detached, and the guest goes on", () =>
  withSandboxed(
    `create: ({ out }) => ({
      ...quiet,
      read: () => 5,
      write(offset) {
        out.irq(true);
        const end = Date.now() + 4000;
        while (offset && Date.now() < end);
      },
    })`,
    async (make, said) => {
      const emu = await make({ boot: { kernel: codeOf(ECHO) }, options: { noReboot: true } });
      emu.write(AT, 1);
      assertEquals([emu.read(AT), emu.line("odd.irq")], [5, true]);
      emu.write(AT + 4, 1);
      assertEquals(said, ['plugin "odd" did not answer within 2000 ms; it has been detached']);
      assertEquals([emu.read(AT), emu.line("odd.irq")], [0, false]);
      emu.serial.type("abq");
      assertEquals([await emu.run(), emu.serial.text], [0, "abq"]);
      assertEquals([await emu.dispose(), said.length], [[], 1]);
    },
  ));

Deno.test("a device in a sandbox that acts by itself does so when the guest's code lets it", () =>
  withSandboxed(
    "create({ out }) { setTimeout(() => out.irq(true), 20); return quiet; }",
    async (make) => {
      const emu = await make();
      await emu.runUntil(() => emu.line("odd.irq"));
      await emu.dispose();
    },
  ));

Deno.test("what a sandbox has not, and what does not fit into one, is one line", () =>
  withSandboxed("create({ block }) { block('sd0'); return quiet; }", async (make, _, folder) => {
    await assertRejects(make, Error, "create: a device in a sandbox has no disks");
    const code = await Deno.readTextFile(`${folder}/odd/odd.ts`);
    await Deno.writeTextFile(`${folder}/odd/odd.ts`, code.replace("size:", 'hosts: { bus: "i2c" }, size:'));
    await assertRejects(make, Error, "a device on or behind a bus cannot be in a sandbox");
    await Deno.writeTextFile(`${folder}/odd/odd.ts`, "export default 5 +;");
    await assertRejects(make, Error, "into a sandbox failed: ");
    await Deno.writeTextFile(
      `${folder}/odd/manifest.json`,
      JSON.stringify(manifestOf({ kind: "netdev" })),
    );
    const error = await assertRejects(make, Error, "a netdev cannot be put into a sandbox, only a device");
    assertStringIncludes(error.message, "leave out --sandbox-plugins");
  }));
