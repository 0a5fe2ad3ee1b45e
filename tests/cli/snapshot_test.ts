import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { guestTest } from "../guests/guests.ts";
import { emu, emuCommand, withFiles } from "./emu.ts";
import { codeOf, ECHO } from "./programs.ts";

const EXACT = ["--icount", "2", "--rtc", "base=2020-01-01T00:00:00", "--no-reboot", "--timeout", "240"];
const BOARD = ["--board=integratorcp", "--no-reboot"];
const TIMEOUT = ["--timeout", "60"];
const text = new TextEncoder();

/** Runs the emulator until it prints a text, and ends it by a signal; gives all it printed. */
async function endAt(expect: string, args: readonly string[]): Promise<string> {
  const child = emuCommand(args, { stdin: "null", stdout: "piped", stderr: "null" }).spawn();
  let out = "", asked = false;
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += piece;
    if (asked || !out.includes(expect)) continue;
    asked = true;
    child.kill("SIGTERM");
  }
  assertEquals((await child.status).code, 143);
  return out;
}

Deno.test(
  guestTest(
    "arm",
    "Linux goes on from a snapshot in another process, and prints what it would have printed",
    ({ zImage, dtb, initrd }) =>
      withFiles({}, async (folder) => {
        const command = [
          ...["--board", "integratorcp", "--kernel", zImage, "--dtb", dtb, "--initrd", initrd],
          ...["--append", "console=ttyAMA0 run=bench,sha1", ...EXACT],
        ];
        const whole = await emu(command);
        assertMatch(whole.out, /check 203e6a58[^]*RUN-EXIT 0/);
        const begin = await endAt("Run /init", [...command, "--savevm", `${folder}/linux.vm`]);
        const rest = await emu([...command, "--loadvm", `${folder}/linux.vm`]);
        assertEquals([rest.status, rest.err], [0, ""]);
        assertStringIncludes(rest.out, "BENCH sha1"); // it was in the middle
        assertEquals(begin + rest.out, whole.out);
      }),
  ),
);

Deno.test("a program goes on from a snapshot that was written when time was over", () =>
  withFiles({ "echo.bin": codeOf(ECHO) }, async (folder) => {
    const kernel = ["--kernel", `${folder}/echo.bin`], command = [...BOARD, ...kernel, ...TIMEOUT];
    const begin = await emu(
      [...BOARD, ...kernel, "--savevm", `${folder}/a.vm`, "--timeout=1"],
      text.encode("abc"),
    );
    assertEquals([begin.status, begin.out], [124, "abc"]);
    const rest = await emu([...command, "--loadvm", `${folder}/a.vm`], text.encode("deq"));
    assertEquals([rest.status, rest.out, rest.err], [0, "deq", ""]);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["a.vm", "echo.bin"]);
  }));

Deno.test("an instrument's snapshots are files beside the one at exit", () => {
  const manifest = {
    name: "keeper",
    kind: "instrument",
    api: 1,
    version: "1.0.0",
    summary: "Asks for a snapshot at a device's access",
    entry: "./keeper.ts",
  };
  return withFiles({
    "echo.bin": codeOf(ECHO),
    "keeper/manifest.json": JSON.stringify(manifest),
    "keeper/keeper.ts": `
      export default { kind: "instrument", manifest: ${JSON.stringify(manifest)}, install(emu) {
        let count = 0;
        emu.onDevice(({ write, value }) => {
          if (write && count++ < 2) emu.requestSnapshot("at " + String.fromCharCode(value));
        }, { device: "uart0" });
      } };`,
  }, async (folder) => {
    const command = [...BOARD, "--kernel", `${folder}/echo.bin`, ...TIMEOUT];
    const run = await emu(
      [...command, "--instrument", `${folder}/keeper`, "--savevm", `${folder}/vm`],
      text.encode("xyzq"),
    );
    assertEquals([run.status, run.out, run.err], [0, "xyzq", ""]);
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => /^vm/.test(name));
    assertEquals(files.sort(), ["vm", "vm.at_x", "vm.at_y"]);
    const rest = await emu([...command, "--loadvm", `${folder}/vm.at_y`], text.encode("q"));
    assertEquals([rest.status, rest.err], [0, ""]);
    assertStringIncludes(rest.out, "q");
  });
});

Deno.test("wrong snapshot files are one line each", () =>
  withFiles({ "echo.bin": codeOf(ECHO), "no.vm": "no" }, async (folder) => {
    const command = [...BOARD, "--kernel", `${folder}/echo.bin`, ...TIMEOUT];
    await emu([...command, "--savevm", `${folder}/a.vm`], text.encode("q"));
    const wrong: readonly (readonly [string[], string])[] = [
      [["--loadvm", `${folder}/none.vm`], "there is no such file"],
      [["--loadvm", `${folder}/no.vm`], "no.vm: it is none of Emu's"],
      [["--loadvm", `${folder}/a.vm`, "-m", "64"], 'a.vm: it has 134217728 bytes of memory "ram"'],
      [["--savevm", `${folder}/none/a.vm`], "there is no such file"],
    ];
    for (const [args, says] of wrong) {
      const run = await emu([...command, ...args], text.encode("q"));
      assertEquals([run.status, run.err.split("\n").length], [1, 2], run.err);
      assertStringIncludes(run.err, says);
    }
  }));
