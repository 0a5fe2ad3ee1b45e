import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { withFiles } from "../../tests/cli/emu.ts";
import { withServer } from "../../tests/cli/server.ts";
import { PluginHost } from "./load.ts";

const MANIFEST = {
  name: "far",
  kind: "chardev",
  api: 1,
  version: "1.0.0",
  summary: "Comes from afar",
  entry: "./far.ts",
};

const FILES = {
  "far/manifest.json": JSON.stringify(MANIFEST),
  "far/far.ts": `import manifest from "./manifest.json" with { type: "json" };
    import { help } from "../help.ts";
    export default { kind: "chardev", manifest, create: help };`,
  "help.ts": "export const help = () => {}; globalThis.name = 'it has run';",
};

/** Serves the files, and has a host with a project of its own look at the plugin. */
async function withRemote(
  files: Readonly<Record<string, string>>,
  use: (address: string, hostWith: (lock: object) => Promise<PluginHost>) => Promise<void>,
): Promise<void> {
  await withFiles(
    { ...files, "project/deno.json": "{}" },
    (folder) =>
      withServer(folder, (address) =>
        use(address, async (lock) => {
          await Deno.writeTextFile(`${folder}/project/deno.lock`, JSON.stringify(lock));
          return new PluginHost(new URL(`file://${folder}/project/`));
        })),
  );
}

/** The hash that the refusal tells. */
async function hashTold(host: PluginHost, spec: string): Promise<string> {
  const { message } = await assertRejects(() => host.add(spec), Error, "nobody vouches for it");
  return /its hash is (sha256-\S{44});/.exec(message)![1];
}

Deno.test("a remote plugin is refused with its hash, and taken with it, from wherever it is served", async () => {
  let hash = "";
  await withRemote(FILES, async (address, hostWith) => {
    const host = await hostWith({}), spec = `${address}/far/manifest.json`;
    hash = await hashTold(host, spec);
    assertEquals((await host.add(`${spec}#${hash}`)).name, "far");
  });
  await withRemote(FILES, async (address, hostWith) => {
    assertEquals((await (await hostWith({})).add(`${address}/far#${hash}`)).name, "far");
  });
  assertNotEquals(globalThis.name, "it has run");
});

// Python's http.server says "text/vnd.trolltech.linguist".
for (
  const [typescript, taken] of [
    ["application/typescript", true],
    ["application/octet-stream", true],
    ["text/vnd.trolltech.linguist", false],
    ["text/html", false],
  ] as const
) {
  Deno.test(`TypeScript that a server calls ${typescript} is ${taken ? "looked at" : "refused with a hint"}`, () =>
    withFiles(
      { ...FILES, "deno.json": "{}", "help.ts": "export const help: () => void = () => {};" },
      (folder) =>
        withServer(folder, async (address) => {
          const host = new PluginHost(new URL(`file://${folder}/`));
          await assertRejects(
            () => host.add(`${address}/far`),
            Error,
            taken
              ? "nobody vouches for it; its hash is"
              : "have its server say application/typescript of .ts files",
          );
        }, { typescript }),
    ));
}

for (const [what, file] of [["manifest", "far/manifest.json"], ["import", "help.ts"]] as const) {
  Deno.test(`a remote plugin whose ${what} has changed is refused with both hashes`, async () => {
    let hash = "";
    await withRemote(FILES, async (address, hostWith) => {
      hash = await hashTold(await hostWith({}), `${address}/far`);
    });
    const changed = FILES[file].replace("afar", "near").replace("=> {}", "=> ({})");
    await withRemote({ ...FILES, [file]: changed }, async (address, hostWith) => {
      const host = await hostWith({});
      await assertRejects(
        () => host.add(`${address}/far#${hash}`),
        Error,
        `integrity: it has changed: its hash is ${await hashTold(
          host,
          `${address}/far`,
        )}, not ${hash}; use that`,
      );
    });
  });
}

Deno.test("a remote plugin is taken if all of its modules are in deno.lock as they are", () =>
  withRemote(FILES, async (address, hostWith) => {
    const sha256 = async (text: string) =>
      new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
    const remote = Object.fromEntries(
      await Promise.all(
        Object.entries(FILES).map(async ([path, text]) => [`${address}/${path}`, await sha256(text)]),
      ),
    );
    assertEquals((await (await hostWith({ remote })).add(`${address}/far`)).name, "far");
    const { [`${address}/help.ts`]: _, ...partly } = remote;
    await hashTold(await hostWith({ remote: partly }), `${address}/far`);
    await hashTold(await hostWith({ remote: { ...remote, [`${address}/help.ts`]: "00" } }), `${address}/far`);
  }));

Deno.test("a remote plugin's mistakes are one line each", () =>
  withRemote({ ...FILES, "deno.json": "{}", "help.ts": "export const" }, async (address, hostWith) => {
    const host = await hostWith({});
    for (
      const [spec, says] of [
        [`${address}/far`, "its modules cannot be looked at: "],
        [`${address}/none`, "there is no manifest.json"],
      ]
    ) {
      const { message } = await assertRejects(() => host.add(spec), Error, says);
      assertEquals(message.split("\n").length, 1);
    }
  }));

Deno.test("what stands behind # in a remote plugin's place has to be a hash", () =>
  withRemote(FILES, async (address, hostWith) => {
    await assertRejects(
      async () => (await hostWith({})).add(`${address}/far#main`),
      Error,
      'integrity: "main" is no hash; it would be #sha256-',
    );
  }));

Deno.test("a package is taken if deno.lock has it, in its version", async () => {
  const host = new PluginHost(), from = { integrity: undefined };
  await host.admit("plugin a", { entry: "npm:ajv@8.20.0/manifest.json", ...from });
  for (const entry of ["npm:ajv@8.19.0/x.ts", "npm:@emu/none@1.0.0/x.ts", "jsr:@emu/none/x.ts"]) {
    await assertRejects(
      () => host.admit("plugin a", { entry, ...from }),
      Error,
      "integrity: the package is not in deno.lock; add it there",
    );
  }
});

Deno.test("a host that trusts takes remote plugins as they are, but holds to a hash that is given", () =>
  withRemote(FILES, async (address) => {
    const host = () => new PluginHost(undefined, { remote: "trust" });
    assertEquals((await host().add(`${address}/far`)).name, "far");
    await assertRejects(
      () => host().add(`${address}/far#sha256-${"A".repeat(43)}=`),
      Error,
      "it has changed",
    );
  }));
