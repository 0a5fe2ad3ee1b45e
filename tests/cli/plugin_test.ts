import { assertEquals, assertStringIncludes } from "@std/assert";
import { emu, withFiles } from "./emu.ts";
import { codeOf, ECHO } from "./programs.ts";

const CORE = new URL("../../core/mod.ts", import.meta.url).href;
const BOARD = ["--board", "integratorcp", "--no-reboot", "--timeout", "60"];

/** A channel that sends its text and shows what comes back in capitals. */
const CHARDEV = {
  "shout/manifest.json": JSON.stringify({
    name: "shout",
    kind: "chardev",
    api: 1,
    version: "0.1.0",
    summary: "Says a text, and shows the answer in capitals.",
    entry: "./shout.ts",
    properties: {
      text: { type: "string", description: "what it says", default: "hello q" },
      times: { type: "integer", description: "how often", default: 1, minimum: 1, multipleOf: 1 },
    },
  }),
  "shout/shout.ts": `
    import { defineChardev } from "${CORE}";
    import manifest from "./manifest.json" with { type: "json" };
    export default defineChardev(manifest, ({ properties, warn }) => {
      if (properties.text === "") throw new Error("nothing to\\n say");
      let said = "", guest, rest = [];
      const give = () => {
        while (guest && rest.length > 0 && guest.room() > 0) guest.receive(Uint8Array.of(rest.shift()));
      };
      return {
        send: (bytes) => void (said += new TextDecoder().decode(bytes)),
        connect(receiver) {
          guest = receiver;
          rest = [...new TextEncoder().encode(properties.text.repeat(properties.times))];
          give();
        },
        ready: give,
        close: () => { if (said) warn(said.toUpperCase()); said = ""; },
      };
    });
  `,
};

/** A device with a register that reads as the square of what was written. */
const DEVICE = {
  "square/manifest.json": JSON.stringify({
    name: "square",
    kind: "device",
    api: 1,
    version: "0.1.0",
    summary: "Squares.",
    entry: "./square.ts",
    properties: { fault: { type: "boolean", description: "whether it throws", default: false } },
  }),
  "square/square.ts": `
    import { defineDevice, registerDevice } from "${CORE}";
    import manifest from "./manifest.json" with { type: "json" };
    export default defineDevice(manifest, {
      size: 0x1000,
      create(context) {
        if (context.properties.fault) throw new Error("out of order");
        const state = { value: 0 };
        return registerDevice(context, {
          state,
          registers: {
            0: { name: "SQUARE", read: () => state.value ** 2 >>> 0, write: (v) => void (state.value = v) },
          },
        });
      },
    });
  `,
};

/** Writes 8 to the device at 0x1f00_0000 and sends what it reads there, 64 = "@". */
const SQUARE = [
  0xe3a0_241f, // mov r2, #0x1f000000
  0xe3a0_1008, // mov r1, #8
  0xe582_1000, // str r1, [r2]
  0xe592_1000, // ldr r1, [r2]
  0xe3a0_0416, // mov r0, #0x16000000
  0xe580_1000, // str r1, [r0]
  ...ECHO.slice(-4),
];

Deno.test("a back end from a folder of the user's is used, listed and explained as a built-in one is", () =>
  withFiles({ ...CHARDEV, kernel: codeOf(ECHO) }, async (folder) => {
    const plugin = ["--plugin", `${folder}/shout`];
    const kernel = ["--kernel", `${folder}/kernel`, "--serial", "chardev:s"];
    const [run, twice, wrong, throwing, list, help] = await Promise.all([
      emu([...BOARD, ...plugin, ...kernel, "--chardev", "shout,id=s"]),
      emu([...BOARD, ...plugin, ...kernel, "--chardev", "shout,id=s,text=ab,,q,times=0x2"]),
      emu([...BOARD, ...plugin, ...kernel, "--chardev", "shout,id=s,times=0"]),
      emu([...BOARD, ...plugin, ...kernel, "--chardev", "shout,id=s,text="]),
      emu([...plugin, "--chardev", "help"]),
      emu([...plugin, "--chardev", "shout,help"]),
    ]);
    assertEquals([run.status, run.err], [0, "emu: HELLO Q\n"]);
    assertEquals([twice.status, twice.err], [0, "emu: AB,Q\n"]);
    assertEquals([wrong.status, wrong.err], [
      1,
      'emu: Cannot use chardev "shout" (serial0): property "times": 0 must be >= 1; it is how often\n',
    ]);
    assertEquals([throwing.status, throwing.err], [
      1,
      `emu: Cannot use chardev "shout" (serial0): nothing to say (${folder}/shout/shout.ts:5)\n`,
    ]);
    assertStringIncludes(list.out, "shout   Says a text, and shows the answer in capitals.");
    assertStringIncludes(help.out, 'what it says; default "hello q"');
  }));

Deno.test("a device from a folder of the user's is put on a board, and a faulty one is one line", () =>
  withFiles({ ...DEVICE, kernel: codeOf(SQUARE) }, async (folder) => {
    const args = [...BOARD, "--plugin", `${folder}/square/manifest.json`, "--kernel", `${folder}/kernel`];
    const [run, faulty] = await Promise.all([
      emu([...args, "--device", "square,at=0x1f000000"]),
      emu([...args, "--device", "square,at=0x1f000000,fault=on"]),
    ]);
    assertEquals([run.status, run.out, run.err], [0, "@", ""]);
    assertEquals([faulty.status, faulty.err], [
      1,
      `emu: Cannot use device "square" (square): create: out of order (${folder}/square/square.ts:7)\n`,
    ]);
  }));

Deno.test("a plugin cannot replace a built-in one", () =>
  withFiles({
    "pl011/manifest.json": DEVICE["square/manifest.json"].replace('"square"', '"pl011"'),
  }, async (folder) => {
    const run = await emu([...BOARD, "--plugin", `${folder}/pl011`]);
    assertEquals(run.status, 1);
    assertStringIncludes(run.err, 'name: there already is a device "pl011"');
  }));
