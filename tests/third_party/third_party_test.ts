/**
 * A package from elsewhere, that knows of Emu only `@emu/core`: a board, a device, a network back end and an
 * instrument, used from a copy in a temporary folder and over HTTP.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { emu } from "../cli/emu.ts";
import { withServer } from "../cli/server.ts";

const PACKAGE = new URL("package/", import.meta.url);
const ROOT = new URL("../../", import.meta.url);
const PLUGINS = [
  "sensor-hub",
  "sensor-net",
  "sensor-board",
  "sensor-count",
  "sensor-log",
  "sensor-ring",
  "sensor-node",
  "sensor-chip",
];
/** Of the first four sensors, whose values begin at 65. */
const SAMPLES = "ABCD";

/** A copy of the package somewhere else, with its import map pointing to this core. */
async function withCopy(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const path of ["", ...PLUGINS.map((name) => `${name}/`)]) {
      await Deno.mkdir(`${folder}/${path}`, { recursive: true });
      for await (const { name, isFile } of Deno.readDir(new URL(path, PACKAGE))) {
        if (isFile) await Deno.copyFile(new URL(path + name, PACKAGE), `${folder}/${path}${name}`);
      }
    }
    const config = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
    config.imports = {
      "@emu/core": new URL("core/mod.ts", ROOT).href,
      "@std/assert": new URL("std/assert.ts", ROOT).href,
      "ajv": "npm:ajv@8.20.0",
    };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The package's machine, with its parts from this place. */
async function runOf(place: string, more: readonly string[] = []) {
  const plugins = PLUGINS.flatMap((name) => ["--plugin", `${place}/${name}/manifest.json`]);
  const machine = [...plugins, "--board=sensor-board", "--no-reboot", "--timeout=60", ...more];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    // What is served here is for this run only: Deno is to record nothing of it.
    args: [
      "run",
      "-A",
      "--no-lock",
      "--reload=http://127.0.0.1",
      new URL("emu.ts", ROOT).pathname,
      ...machine,
    ],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { status: code, out: text(stdout), err: text(stderr) };
}

Deno.test("a foreign package imports the core by its name, and nothing else of Emu", async () => {
  for (const name of PLUGINS) {
    for await (const { name: file } of Deno.readDir(new URL(`${name}/`, PACKAGE))) {
      if (!file.endsWith(".ts")) continue;
      const text = await Deno.readTextFile(new URL(`${name}/${file}`, PACKAGE));
      const imports = [...text.matchAll(/from "([^"]+)"/g)].map(([, specifier]) => specifier);
      assert(
        imports.every((specifier) => /^(@emu\/core|@std\/assert|\.\/[^/]+)$/.test(specifier)),
        `${file}: ${imports}`,
      );
    }
  }
});

Deno.test("a foreign package's board, device and network run from a copy elsewhere, through interrupts", () =>
  withCopy(async (folder) => {
    const run = await runOf(folder, ["--netdev", "sensor-net,id=net0", "--instrument", "sensor-count"]);
    assertEquals([run.status, run.out], [0, SAMPLES]);
    assertStringIncludes(run.err, "emu: net0: 0 frames\n");
    assertStringIncludes(run.err, "hub.DATA: 4");
  }));

Deno.test("a foreign package's machine is changed by options as a built-in one is", () =>
  withCopy(async (folder) => {
    const run = await runOf(folder, ["--property", "hub.base=97"]);
    assertEquals([run.status, run.out], [0, SAMPLES.toLowerCase()]);
    const wrong = await runOf(folder, ["--property", "hub.period=1"]);
    assertEquals([wrong.status, wrong.out], [1, ""]);
    assertStringIncludes(wrong.err, 'device "sensor-hub" (hub): property "period": 1 must be >= 10');
  }));

Deno.test("a foreign package runs over HTTP", () =>
  withCopy((folder) =>
    withServer(folder, async (address) => {
      const run = await runOf(address, ["--netdev", "sensor-net,id=net0", "--trust"]);
      assertEquals([run.status, run.out], [0, SAMPLES]);
      assertStringIncludes(run.err, "emu: net0: 0 frames\n");
      const refused = await runOf(address);
      assertEquals([refused.status, refused.out, refused.err.split("\n").length], [1, "", 2], refused.err);
      assertStringIncludes(refused.err, "integrity: nobody vouches for it; its hash is sha256-");
      const gone = await emu(["--plugin", `${address}/none/manifest.json`, "--board=sensor-board"]);
      assertEquals([gone.status, gone.err.split("\n").length], [1, 2]);
      assertStringIncludes(
        gone.err,
        `plugin ${address}/none/manifest.json: manifest: there is no manifest.json`,
      );
    })
  ));

Deno.test("a foreign package passes its own tests with its own configuration", () =>
  withCopy(async (folder) => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--quiet"],
      cwd: folder,
    }).output();
    assert(success, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  }));
