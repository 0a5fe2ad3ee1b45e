import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PluginError } from "./error.ts";
import { PluginHost } from "./load.ts";

const GOOD = {
  name: "good",
  kind: "device",
  api: 1,
  version: "1.0.0",
  summary: "A good device.",
  entry: "./good.ts",
};
const DEVICE = 'export default { kind: "device", size: 16, create() { return {}; } };';

/** A tree of plugins in a temporary folder: path → text, or an object that becomes JSON. */
async function withTree(
  files: Readonly<Record<string, unknown>>,
  use: (folder: string, host: PluginHost) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(`${folder}/${path.split("/").slice(0, -1).join("/")}`, { recursive: true });
      await Deno.writeTextFile(
        `${folder}/${path}`,
        typeof content === "string" ? content : JSON.stringify(content),
      );
    }
    await use(folder, new PluginHost(new URL(`file://${folder}/`)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const { name: _name, ...NAMELESS } = GOOD;

/** What is wrong, the files, and what the line must say: plugin, field and mend. */
const WRONG: readonly {
  readonly what: string;
  readonly files: Readonly<Record<string, unknown>>;
  readonly says: readonly string[];
}[] = [
  {
    what: "no manifest",
    files: { "good/good.ts": DEVICE },
    says: ["good/manifest.json", "manifest: there is no"],
  },
  {
    what: "a manifest that is no JSON",
    files: { "good/manifest.json": "{ name: 1 }" },
    says: ["manifest: it is not JSON", "correct it"],
  },
  {
    what: "a manifest that is no object",
    files: { "good/manifest.json": "[]" },
    says: ["manifest: must be object"],
  },
  {
    what: "a missing name",
    files: { "good/manifest.json": NAMELESS },
    says: ["name: is missing", 'add "name" to the manifest'],
  },
  {
    what: "a name that no folder can have",
    files: { "good/manifest.json": { ...GOOD, name: "../evil" } },
    says: ["name: must match pattern"],
  },
  {
    what: "an unknown kind",
    files: { "good/manifest.json": { ...GOOD, kind: "gadget" } },
    says: ["kind: must be one of isa, board, device"],
  },
  {
    what: "a plugin API that is too new",
    files: { "good/manifest.json": { ...GOOD, api: 2 } },
    says: ["api: it is written for plugin API 2, this Emu has 1", "update Emu"],
  },
  {
    what: "a plugin API that is too old",
    files: { "good/manifest.json": { ...GOOD, api: 0 } },
    says: ["api: it is written for plugin API 0", "take a newer version of the plugin"],
  },
  {
    what: "a plugin API that is no number",
    files: { "good/manifest.json": { ...GOOD, api: "1" } },
    says: ["api: must be integer"],
  },
  {
    what: "a field that manifests do not have",
    files: { "good/manifest.json": { ...GOOD, entri: "./x.ts" } },
    says: ["entri: is not a field of a manifest", "correct its spelling"],
  },
  {
    what: "an entry outside of its folder",
    files: { "good/manifest.json": { ...GOOD, entry: "/etc/passwd" } },
    says: ["entry: must match pattern"],
  },
  {
    what: "a property without a description",
    files: { "good/manifest.json": { ...GOOD, properties: { clock: { type: "integer" } } } },
    says: ["properties.clock.description: is missing"],
  },
  {
    what: "a property of an unknown type",
    files: { "good/manifest.json": { ...GOOD, properties: { clock: { type: "int", description: "x" } } } },
    says: ["properties.clock.type: must be one of string"],
  },
  {
    what: "a default that does not fit its schema",
    files: {
      "good/manifest.json": {
        ...GOOD,
        properties: { clock: { type: "integer", description: "x", default: 0, minimum: 1 } },
      },
    },
    says: ["properties.clock.default: must be >= 1", "correct the default"],
  },
  {
    what: "a property whose schema is none",
    files: {
      "good/manifest.json": {
        ...GOOD,
        properties: { clock: { type: "string", description: "x", default: "a", pattern: "(" } },
      },
    },
    says: ["properties.clock: is no JSON Schema"],
  },
  {
    what: "an entry that is not there",
    files: { "good/manifest.json": GOOD },
    says: ['device "good": entry: there is no module', 'correct "entry"'],
  },
  {
    what: "an entry that imports what is not there",
    files: { "good/manifest.json": GOOD, "good/good.ts": 'import "./gone.ts"; export default {};' },
    says: ["entry: loading", "gone.ts", "correct the module"],
  },
  {
    what: "an entry that does not parse",
    files: { "good/manifest.json": GOOD, "good/good.ts": "export default {" },
    says: ["entry: loading", "good.ts failed"],
  },
  {
    what: "an entry that throws",
    files: { "good/manifest.json": GOOD, "good/good.ts": 'throw new Error("out of\\n order");' },
    says: ["entry: loading", "out of order"],
  },
  {
    what: "an entry without a default export",
    files: { "good/manifest.json": GOOD, "good/good.ts": "export const good = 1;" },
    says: ["entry: there is no default export", "export default defineDevice(manifest, …)"],
  },
  {
    what: "an entry of another kind",
    files: { "good/manifest.json": GOOD, "good/good.ts": 'export default { kind: "netdev" };' },
    says: ["entry: the default export is a netdev plugin", "export default defineDevice"],
  },
  {
    what: "an entry that lacks what the machine calls",
    files: { "good/manifest.json": GOOD, "good/good.ts": 'export default { kind: "device", create: 5 };' },
    says: [
      'entry: the default export has no function "create" in file://',
      "give it to defineDevice(manifest, …)",
    ],
  },
  {
    what: "an entry that exports something else",
    files: { "good/manifest.json": GOOD, "good/good.ts": "export default 3;" },
    says: ["entry: the default export is no plugin"],
  },
];
for (const { what, files, says } of WRONG) {
  Deno.test(`a plugin is refused in one line for ${what}`, () =>
    withTree(files, async (folder, host) => {
      const error = await assertRejects(async () => {
        await host.add(`${folder}/good`);
        await host.load("device", "good");
      }, PluginError);
      for (const text of says) assertStringIncludes(error.message, text);
      assert(!error.message.includes("\n"), error.message);
      assert(error.message.startsWith("Cannot use "), error.message);
    }));
}

Deno.test("each kind of plugin is asked for what the machine calls of it", async () => {
  const lacks = (kind: "instrument" | "board" | "netdev", code: string) =>
    withTree({
      "p/manifest.json": { ...GOOD, kind },
      "p/good.ts": `export default { kind: "${kind}", ${code} };`,
    }, async (folder, host) => {
      await host.add(`${folder}/p`);
      await host.load(kind, "good");
    });
  await assertRejects(() => lacks("instrument", ""), PluginError, 'no function "install"');
  await assertRejects(() => lacks("netdev", "create: {}"), PluginError, 'no function "create"');
  await assertRejects(
    () => lacks("board", "create() {}, ram: { minimum: 1 }"),
    PluginError,
    'no "ram" with minimum, maximum and default',
  );
  await lacks("board", "create() {}, ram: { minimum: 1, maximum: 2, default: 1 }");
});

Deno.test("a plugin is found by its folder and loaded by its entry", () =>
  withTree({ "devices/good/manifest.json": GOOD, "devices/good/good.ts": DEVICE }, async (_, host) => {
    assertEquals((await host.get("device", "good")).manifest, GOOD);
    assertEquals((await host.load("device", "good")).size, 16);
  }));

Deno.test("each kind of plugin has its folder", () =>
  withTree({
    "boards/b/manifest.json": { ...GOOD, name: "b", kind: "board" },
    "netdev/n/manifest.json": { ...GOOD, name: "n", kind: "netdev" },
    "plugins/chardev/c/manifest.json": { ...GOOD, name: "c", kind: "chardev" },
  }, async (_, host) => {
    for (const [kind, name] of [["board", "b"], ["netdev", "n"], ["chardev", "c"]] as const) {
      assertEquals((await host.list(kind)).map(({ manifest }) => manifest.name), [name]);
    }
    assertEquals(await host.list("device"), []);
  }));

Deno.test("a folder whose manifest names another plugin is refused", () =>
  withTree({ "devices/bad/manifest.json": GOOD }, async (_, host) => {
    await assertRejects(
      () => host.get("device", "bad"),
      PluginError,
      'name: it says "good"; its folder wants "bad"',
    );
  }));

Deno.test("a name that is not there is answered with the nearest and with all", () =>
  withTree({
    "devices/good/manifest.json": GOOD,
    "devices/fine/manifest.json": { ...GOOD, name: "fine" },
  }, async (_, host) => {
    await assertRejects(
      () => host.get("device", "goood"),
      PluginError,
      'Cannot use device "goood": there is none of that name (did you mean "good"?); there are fine, good',
    );
  }));

Deno.test("a name cannot lead out of the plugins' folder", () =>
  withTree({ "elsewhere/manifest.json": { ...GOOD, name: "elsewhere" } }, async (_, host) => {
    for (const name of ["../elsewhere", "..", "", "a/b", "x%2f"]) {
      assertEquals(await host.find("device", name), undefined);
    }
  }));

Deno.test("a broken plugin in a list takes nobody else along", () =>
  withTree({ "devices/bad/manifest.json": "{", "devices/good/manifest.json": GOOD }, async (_, host) => {
    assertEquals((await host.list("device")).map(({ manifest }) => manifest.name), ["good"]);
  }));

Deno.test("an added plugin is found and listed as the built-in ones are", () =>
  withTree({
    "devices/fine/manifest.json": { ...GOOD, name: "fine" },
    "my own %/good/manifest.json": GOOD,
    "my own %/good/good.ts": DEVICE,
  }, async (folder, host) => {
    await host.add(`${folder}/my own %/good/manifest.json`);
    assertEquals((await host.list("device")).map(({ manifest }) => manifest.name), ["fine", "good"]);
    assertEquals((await host.load("device", "good")).size, 16);
  }));

Deno.test("an added plugin cannot take the name of another", () =>
  withTree({
    "devices/good/manifest.json": GOOD,
    "other/manifest.json": GOOD,
    "third/manifest.json": { ...GOOD, name: "third" },
    "fourth/manifest.json": { ...GOOD, name: "third" },
  }, async (folder, host) => {
    await assertRejects(
      () => host.add(`${folder}/other`),
      PluginError,
      'name: there already is a device "good"',
    );
    await host.add(`${folder}/third`);
    await assertRejects(() => host.add(`${folder}/fourth`), PluginError, "rename one of them");
  }));
