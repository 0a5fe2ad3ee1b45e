/**
 * Mistakes in a device's code that show only while it runs: the guest and the other devices go on, and the device is
 * named once. (What is wrong with manifests and modules: `core/plugin/load_test.ts`.)
 *
 * @module
 */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { codeOf, ECHO } from "../../tests/cli/programs.ts";
import { createMachine, type LibraryMachine } from "./library.ts";

/** Writes and reads the device a hundred times, sends "@", resets the board. */
const PROGRAM = codeOf([
  0xe3a0_241f, // mov r2, #0x1f000000
  0xe3a0_3064, // mov r3, #100
  0xe582_3000, // 1: str r3, [r2]
  0xe592_1000, // ldr r1, [r2]
  0xe253_3001, // subs r3, r3, #1
  0x1aff_fffb, // bne 1b
  0xe3a0_0416, // mov r0, #0x16000000
  0xe3a0_1040, // mov r1, #'@'
  0xe580_1000, // str r1, [r0]
  ...ECHO.slice(-4),
]);

/** A device made of a sound one and a mistake: code of the members of an object. */
async function withDevice(
  mistake: string,
  use: (make: () => Promise<LibraryMachine>, reports: string[]) => Promise<void>,
  place: Record<string, unknown> = { at: 0x1f00_0000 },
): Promise<void> {
  const folder = await Deno.makeTempDir(), reports: string[] = [];
  const manifest = {
    name: "odd",
    kind: "device",
    api: 1,
    version: "1.0.0",
    summary: "A device with a mistake",
    entry: "./odd.ts",
  };
  try {
    await Deno.writeTextFile(`${folder}/manifest.json`, JSON.stringify(manifest));
    await Deno.writeTextFile(
      `${folder}/odd.ts`,
      `const sound = { read: () => 0, write() {}, reset() {}, snapshot: () => ({}), restore() {} };
       const fail = () => { throw new Error("odd\\n mistake"); };
       const MANIFEST = ${JSON.stringify(manifest)};
       export default {
         kind: "device", manifest: MANIFEST, size: 0x100, outputs: ["irq"],
         create(context) { const { out, clock } = context; return { ...sound }; },
         ${mistake}
       };`,
    );
    await use(() =>
      createMachine({
        board: "integratorcp",
        plugins: [folder],
        devices: [{ use: "odd", properties: place }],
        boot: { kernel: PROGRAM },
        options: { noReboot: true },
        report: (device, error) => void reports.push(`${device}: ${(error as Error).message.split("\n")[0]}`),
      }), reports);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Mistakes that the machine survives, and how many reports there are. */
const SURVIVED: Readonly<Record<string, readonly [mistake: string, reports: number]>> = {
  "none at all": ["", 0],
  "a read that throws": ["create: () => ({ ...sound, read: fail })", 1],
  "a write that throws": ["create: () => ({ ...sound, write: fail })", 1],
  "reads and writes that throw": ["create: () => ({ ...sound, read: fail, write: fail })", 1],
  "a read that throws no Error": ["create: () => ({ ...sound, read() { throw new Error('odd'); } })", 1],
  "a reset that throws": ["create: () => ({ ...sound, reset: fail })", 1],
  "a timer that throws": [
    "create({ clock }) { const a = clock.alarm(fail); return { ...sound, write() { a.at(clock.now()); } }; }",
    1,
  ],
  "a read that gives nothing": ["create: () => ({ ...sound, read() {} })", 0],
  "a read that gives no number": ["create: () => ({ ...sound, read: () => NaN })", 0],
  "a read that gives a negative number": ["create: () => ({ ...sound, read: () => -1 })", 0],
  "a read that gives more than 32 bits": ["create: () => ({ ...sound, read: () => 1e99 })", 0],
  "a read that gives a text": ['create: () => ({ ...sound, read: () => "odd" })', 0],
  "a timer that is always due": [
    "create({ clock }) { const a = clock.alarm(() => a.at(0)); return { ...sound, write() { a.at(0); } }; }",
    0,
  ],
  "DMA into its own window": [
    "create: ({ dma }) => ({ ...sound, write() { dma.write(0x1f000000, new Uint8Array(8)); } })",
    0,
  ],
  "DMA to where nothing is": [
    "create: ({ dma }) => ({ ...sound, read: () => Number(dma.read(0x7f000000, new Uint8Array(99))) })",
    0,
  ],
};

for (const [what, [mistake, count]] of Object.entries(SURVIVED)) {
  Deno.test(`the guest and the other devices go on beside a device with ${what}`, () =>
    withDevice(mistake, async (make, reports) => {
      const emu = await make();
      assertEquals([await emu.run(), emu.serial.text], [0, "@"]);
      await emu.dispose();
      assertEquals(reports.length, count, reports.join("\n"));
      for (const report of reports) assertStringIncludes(report, "odd: odd");
    }));
}

Deno.test("the guest goes on beside a device with an input line that throws", () =>
  withDevice('inputs: ["in"], create: () => ({ ...sound, inputs: { in: fail } })', async (make, reports) => {
    const emu = await make();
    emu.drive("odd.in", true);
    emu.drive("odd.in", false);
    assertEquals([await emu.run(), emu.serial.text, reports], [0, "@", ["odd: odd"]]);
    await emu.dispose();
  }));

/** Mistakes for which there is no machine, and what the line says after the device's name. */
const REFUSED: Readonly<Record<string, readonly [mistake: string, says: string]>> = {
  "a create that throws": ["create: fail", "create: odd mistake"],
  "a create that gives nothing": [
    "create() {}",
    'create: what it gives has no function "read"; return registerDevice',
  ],
  "no function to restore": [
    "create: () => ({ ...sound, restore: undefined })",
    'create: what it gives has no function "restore"',
  ],
  "an input line without a handler": [
    'inputs: ["in"]',
    'create: there is no handler for input line "in"; give it in "inputs"',
  ],
  "a trace event of a name that is taken": [
    "traces: { read: { value: 'hex' } }",
    'create: trace event "read" is one that every device has; give it another name',
  ],
  "an output line driven that it does not declare": [
    "create({ out }) { out.irk(true); return sound; }",
    "create: out.irk is not a function",
  ],
};

Deno.test("a mistake is told with its place in the plugin's code, and without what leads there", () =>
  withDevice("create: fail", async (make) => {
    const error = await assertRejects(make, Error);
    assertMatch(error.message, /create: odd mistake \(\/[^ ]+\/odd\.ts:2\)$/);
  }));

/** Mistakes in other kinds of plugin, and what the line says. */
const OTHERS: readonly (readonly [kind: string, define: string, code: string, says: string])[] = [
  [
    "netdev",
    "",
    "create: () => ({ send() {} })",
    'create: what it gives has no function "connect"; return an',
  ],
  ["netdev", "", "create() { throw new Error('no net'); }", "(net0): no net (/"],
  ["instrument", "", "install() { throw new Error('no eyes'); }", 'Cannot use instrument "odd": no eyes (/'],
  ["instrument", "", "install: (emu) => emu.report({})", "Cannot report: it takes an object with functions"],
  [
    "board",
    "ram: { minimum: 0, maximum: 1e9, default: 1e6 },",
    "create() {}",
    'no "cpu"; return cpu, memory',
  ],
];

for (const [kind, define, code, says] of OTHERS) {
  Deno.test(`a ${kind} with a mistake (${code}) is refused in one line that tells where`, async () => {
    const folder = await Deno.makeTempDir();
    const manifest = { name: "odd", kind, api: 1, version: "1.0.0", summary: "Odd", entry: "./odd.ts" };
    try {
      await Deno.writeTextFile(`${folder}/manifest.json`, JSON.stringify(manifest));
      await Deno.writeTextFile(
        `${folder}/odd.ts`,
        `export default { kind: "${kind}", manifest: ${JSON.stringify(manifest)}, ${define} ${code} };`,
      );
      const error = await assertRejects(
        () =>
          createMachine({
            board: kind === "board" ? "odd" : "integratorcp",
            plugins: [folder],
            boot: {},
            ...kind === "netdev" && { netdevs: { net0: { type: "odd" } } },
            ...kind === "instrument" && { instruments: [{ type: "odd" }] },
          }),
        Error,
        says,
      );
      assertEquals(error.message.split("\n").length, 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

for (const [what, [mistake, says]] of Object.entries(REFUSED)) {
  Deno.test(`a device with ${what} is refused in one line`, () =>
    withDevice(mistake, async (make) => {
      const error = await assertRejects(make, Error, `Cannot use device "odd" (odd): ${says}`);
      assertEquals(error.message.split("\n").length, 1);
    }));
}

Deno.test("a device with a bus in its manifest and none in what it gives is refused in one line", () =>
  withDevice("manifest: { ...MANIFEST, bus: 'ps2' }, size: 0", async (make) => {
    await assertRejects(
      make,
      Error,
      'Cannot use device "odd" (kmi0.odd): create: what it gives has no "bus", and its manifest says',
    );
  }, { on: "kmi0" }));
