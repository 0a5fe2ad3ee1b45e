import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { emu, withFiles } from "../tests/cli/emu.ts";

const PLUGIN = new URL("templates/device/manifest.json", import.meta.url).pathname;

Deno.test("plugins are listed by kind, with version and origin, those from elsewhere too", async () => {
  const [all, boards, added, wrong] = await Promise.all([
    emu(["plugins"]),
    emu(["plugins", "board"]),
    emu(["plugins", "device", "--plugin", PLUGIN]),
    emu(["plugins", "bord"]),
  ]);
  assertMatch(all.out, /^ {2}device +pl011 +1\.0\.0 +built in +Arm PrimeCell UART/m);
  assertMatch(all.out, /^ {2}netdev +hub +/m);
  assert(boards.out.split("\n").every((line) => line === "" || line.startsWith("  board ")));
  assertStringIncludes(added.out, `my-device              0.1.0  ${PLUGIN}`);
  assertEquals([wrong.status, wrong.err.split(";")[0]], [
    2,
    'emu: Cannot list plugins of kind "bord" (did you mean "board"?)',
  ]);
});

Deno.test("a device is described with properties, lines and registers", async () => {
  const [own, pl011, keyboard] = await Promise.all([
    emu(["describe", "my-device", `--plugin=${PLUGIN}`]),
    emu(["describe", "device/pl011"]),
    emu(["describe", "ps2-keyboard"]),
  ]);
  assertEquals(
    own.out,
    `device my-device: Squares a number, and says when it is done
  delay=integer  time that it takes, in us (1…); default 100
  version 0.1.0, ${PLUGIN}
  lines out  irq
registers:
  0x000  32 bit  ID      read-only
  0x004  32 bit  CTRL    START[0] w, IRQ_ENABLE[1]
  0x008  32 bit  STATUS  DONE[0] w1c, BUSY[1] r
  0x00c  32 bit  VALUE
`,
  );
  assertMatch(pl011.out, /lines in +cts, dsr, dcd, ri/);
  assertMatch(pl011.out, /0x018 {2}32 bit {2}UARTFR\n/);
  assertStringIncludes(keyboard.out, "plugs into  ps2");
});

Deno.test("every built-in plugin is described", async () => {
  const { out } = await emu(["plugins"]);
  const names = out.trim().split("\n").map((line) => line.trim().split(/ +/).slice(0, 2).join("/"));
  const { listPlugins: _, describePlugin } = await import("./describe.ts");
  for (const name of names) {
    let text = "";
    assertEquals(await describePlugin([name], (part) => void (text += part)), 0);
    assertStringIncludes(text, `${name.split("/").join(" ")}: `);
  }
});

Deno.test("a plugin that is not there is one line", async () => {
  const [unknown, none, option] = await Promise.all([
    emu(["describe", "pl01"]),
    emu(["describe"]),
    emu(["describe", "pl011", "--board=x"]),
  ]);
  assertEquals([unknown.status, unknown.err], [
    1,
    'emu: Cannot describe "pl01": there is no such plugin (did you mean "pl011"?); `emu.ts plugins` lists them\n',
  ]);
  assertEquals([none.status, option.status], [2, 2]);
});

Deno.test("a machine is written as a board's file that makes the same machine, and as pictures", () =>
  withFiles({}, async (folder) => {
    const args = ["--board=integratorcp", "--plugin", PLUGIN, "--device=my-device,at=0x1f000000,irq=pic.9"];
    const dump = async (file: string, from = args) => {
      const run = await emu([...from, "--memory=64M", "--dump-board", `${folder}/${file}`]);
      assertEquals([run.status, run.out, run.err], [0, "", ""]);
      return await Deno.readTextFile(`${folder}/${file}`);
    };
    const json = await dump("integratorcp.json");
    const { devices, memory } = JSON.parse(json);
    assertEquals(memory.ram.size, "0x04000000");
    assertEquals(devices["my-device"], {
      use: "my-device",
      at: "0x1f000000",
      out: { irq: "pic.9" },
      properties: { delay: 100 },
    });
    await Deno.rename(`${folder}/integratorcp.json`, `${folder}/first.json`);
    assertEquals(
      await dump("integratorcp.json", ["--board", `${folder}/first.json`, "--plugin", PLUGIN]),
      json.replace('"integratorcp"', '"first"'),
    );
    const dot = await dump("board.dot"), mermaid = await dump("board.mmd");
    assertStringIncludes(dot, '"uart0" -> "pic" [label="irq > 1"];');
    assertStringIncludes(dot, '"kmi0.ps2-keyboard" -> "kmi0" [style=dashed, dir=none];');
    assertStringIncludes(mermaid, 'n_my_device -- "irq → 9" --> n_pic');
    const wrong = await emu([...args, "--dump-board", `${folder}/board.png`]);
    assertStringIncludes(wrong.err, "the file's name ends in .json, .dot or .mmd");
    const gone = await emu([...args, "--dump-board", `${folder}/none/board.dot`]);
    assertStringIncludes(gone.err, "there is no such file");
  }));
