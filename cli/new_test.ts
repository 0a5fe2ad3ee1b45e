import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { emu, withFiles } from "../tests/cli/emu.ts";
import { TEMPLATES } from "./new_files.ts";

const TIMEOUT = ["--timeout", "60"];

/** Runs a plugin's own tests with nothing but its own configuration. */
async function testOf(folder: string, check: boolean): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--quiet", ...check ? [] : ["--no-check"]],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

const TEMPLATE_NAME = new RegExp(`my[-_]?(${TEMPLATES.join("|")})`, "i");

for (const kind of TEMPLATES) {
  Deno.test(`a new ${kind} passes its own test, is formatted, and has nothing of the template's name`, () =>
    withFiles({}, async (folder) => {
      const home = `${folder}/some where/neat-thing`;
      const made = await emu(["new", kind, "neat-thing", home]);
      assertEquals([made.status, made.err], [0, ""]);
      assertStringIncludes(made.out, `${home}/neat_thing_test.ts\n`);
      const { code, text } = await testOf(home, kind === "device"); // the core's types too: 10 s
      assertEquals(code, 0, text);
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["fmt", "--check"],
        cwd: home,
      })
        .output();
      assert(success, new TextDecoder().decode(stderr));
      for (const { name } of Deno.readDirSync(home)) {
        assertEquals(TEMPLATE_NAME.test(name), false, name);
        if (!/\.(ts|md|json)$/.test(name)) continue;
        assertEquals(TEMPLATE_NAME.test(Deno.readTextFileSync(`${home}/${name}`)), false, name);
      }
    }));
}

Deno.test("a new device is there on a board at once, for the boot monitor's commands", () =>
  withFiles({}, async (folder) => {
    await emu(["new", "device", "my-uart", `${folder}/my-uart`]);
    const run = await emu(
      [
        "--board=integratorcp",
        "--plugin",
        `${folder}/my-uart/manifest.json`,
        "--device=my-uart,at=0x1f000000,irq=pic.9",
        "--no-reboot",
        ...TIMEOUT,
      ],
      new TextEncoder().encode("mw 1f00000c 5\rmw 1f000004 1\recho wait\rmd 1f000000 4\rreset\r"),
    );
    assertEquals([run.status, run.err], [0, ""]);
    assertStringIncludes(run.out, "4d590001 00000000 00000001 00000019");
  }));

Deno.test("a new board runs its firmware at once", () =>
  withFiles({}, async (folder) => {
    await emu(["new", "board", "tiny", `${folder}/tiny`]);
    const run = await emu(["--plugin", `${folder}/tiny`, "--board=tiny", "--timeout=2"]);
    assertEquals(run.status, 124);
    assertStringIncludes(run.out, "Hello! Type something.");
  }));

Deno.test("a new instrument counts on a board at once", () =>
  withFiles({}, async (folder) => {
    await emu(["new", "instrument", "tally", `${folder}/tally`]);
    const run = await emu(
      [
        "--board=integratorcp",
        "--plugin",
        `${folder}/tally`,
        "--instrument",
        `tally,top=2,format=json,out=${folder}/counts.json`,
        "--no-reboot",
        ...TIMEOUT,
      ],
      new TextEncoder().encode("echo wait\rreset\r"),
    );
    assertEquals([run.status, run.err], [0, ""]);
    const counts: { name: string; count: number }[] = JSON.parse(
      await Deno.readTextFile(`${folder}/counts.json`),
    );
    assertEquals(counts.length, 2);
    assert(counts[0].count >= counts[1].count && counts[1].count > 1000, JSON.stringify(counts));
  }));

Deno.test("a new instruction set runs its firmware at once", () =>
  withFiles({}, async (folder) => {
    await emu(["new", "isa", "acorn", `${folder}/acorn`]);
    const run = await emu([
      "--plugin",
      `${folder}/acorn/manifest.json`,
      "--board",
      `${folder}/acorn/board.json`,
      "--timeout=2",
    ], new TextEncoder().encode("xyz"));
    assertEquals(run.status, 124);
    assertStringIncludes(run.out, "Hello! Type something.\r\nxyz");
  }));

Deno.test("a new plugin's command line mistakes are one line each", () =>
  withFiles({ "there/x": "" }, async (folder) => {
    const wrong: readonly (readonly [string[], number, string])[] = [
      [
        ["new"],
        2,
        "Cannot make a plugin: write it as emu.ts new device|board|netdev|instrument|isa NAME [FOLDER]",
      ],
      [
        ["new", "devise", "x"],
        2,
        'Cannot make devise "x": there is no such kind of plugin (did you mean "device"?)',
      ],
      [["new", "audio", "x"], 2, "there is no template for kind audio"],
      [["new", "device", "My_Uart"], 2, 'a name is of small letters and digits, with "-" between words'],
      [["new", "device", "../x"], 2, "a name is of small letters"],
      [["new", "device", "pl011", `${folder}/a`], 1, "there already is a device of that name in Emu"],
      [["new", "device", "x", `${folder}/there`], 1, `there already is a "${folder}/there"`],
      [["new", "device", "x", `${folder}/there/x/y`], 1, "part of its path is not a directory"],
      [["new", "device", "x", "y", "z"], 2, 'there is "z" too much'],
    ];
    for (const [args, status, says] of wrong) {
      const run = await emu(args);
      assertEquals([run.status, run.out, run.err.split("\n").length], [status, "", 2], run.err);
      assertStringIncludes(run.err, says);
    }
    assertEquals([...Deno.readDirSync(`${folder}/there`)].map(({ name }) => name), ["x"]);
  }));
