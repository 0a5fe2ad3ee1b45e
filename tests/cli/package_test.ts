import { assertEquals, assertStringIncludes } from "@std/assert";
import { withFiles } from "./emu.ts";
import { codeOf, ECHO } from "./programs.ts";

const ENTRY = new URL("../../emu.ts", import.meta.url).pathname;
const NAME = "emu-plugin-shout";
const found = await new Deno.Command("sh", { args: ["-c", "command -v tar"], stdout: "null" }).output();

/** An npm package: JavaScript only, and no way to `@emu/core`, which it does not need. */
const PACKAGE = {
  "package/package.json": JSON.stringify({ name: NAME, version: "1.2.3", type: "module" }),
  "package/manifest.json": JSON.stringify({
    name: "shout",
    kind: "chardev",
    api: 1,
    version: "1.2.3",
    summary: "Shouts.",
    entry: "./shout.js",
  }),
  "package/shout.js": `
    export default {
      kind: "chardev",
      create({ warn }) {
        let said = "";
        return {
          send: (bytes) => void (said += new TextDecoder().decode(bytes)),
          connect: (guest) => guest.receive(Uint8Array.of(0x71)),
          ready() {},
          close() { if (said) warn("shout: " + said); said = ""; },
        };
      },
    };
  `,
};

/** Runs the echo program with the package's channel. */
async function runWith(spec: string, folder: string, env: Record<string, string>) {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    // The project's lock file is not to hear of it, so nothing vouches for it.
    args: [
      "run",
      "-A",
      "--no-lock",
      ENTRY,
      "--trust",
      "--plugin",
      spec,
      "--board",
      "integratorcp",
      "--no-reboot",
    ]
      .concat("--timeout", "60", "--kernel", `${folder}/kernel`)
      .concat("--chardev", "shout,id=s", "--serial", "chardev:s"),
    env: { DENO_DIR: `${folder}/cache`, ...env },
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}

/** Serves one package as npm's registry does. */
function registry(tarball: Uint8Array<ArrayBuffer>): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname.endsWith(".tgz")) return new Response(tarball);
    if (pathname !== `/${NAME}`) return Response.json({ error: "not found" }, { status: 404 });
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", tarball));
    return Response.json({
      "name": NAME,
      "dist-tags": { latest: "1.2.3" },
      "versions": {
        "1.2.3": {
          name: NAME,
          version: "1.2.3",
          dist: { tarball: `${origin}/${NAME}.tgz`, integrity: `sha512-${digest.toBase64()}` },
        },
      },
    });
  });
}

Deno.test({
  name: `a plugin is taken from an npm package${found.success ? "" : " (ignored: no tar here)"}`,
  ignore: !found.success,
  fn: () =>
    withFiles({ ...PACKAGE, kernel: codeOf(ECHO) }, async (folder) => {
      await new Deno.Command("tar", { args: ["-czf", "package.tgz", "package"], cwd: folder }).output();
      const server = registry(await Deno.readFile(`${folder}/package.tgz`));
      const env = { NPM_CONFIG_REGISTRY: `http://127.0.0.1:${server.addr.port}/` };
      try {
        const good = await runWith(`npm:${NAME}@1.2.3`, folder, env);
        assertStringIncludes(good.err, "emu: shout: q\n");
        assertEquals(good.code, 0);
        const gone = await runWith("npm:emu-plugin-gone@1.0.0", folder, env);
        assertStringIncludes(gone.err, "emu: Cannot use plugin npm:emu-plugin-gone@1.0.0: manifest: ");
        assertEquals(gone.code, 1);
      } finally {
        await server.shutdown();
      }
    }),
});

/** Serves one package as JSR does: its metadata, that of a version with all files' checksums, and the files. */
function jsr(files: Readonly<Record<string, string>>): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/@emu-test/shout/meta.json") {
      return Response.json({ scope: "emu-test", name: "shout", latest: "1.2.3", versions: { "1.2.3": {} } });
    }
    if (pathname === "/@emu-test/shout/1.2.3_meta.json") {
      const manifest: Record<string, { size: number; checksum: string }> = {};
      for (const [path, text] of Object.entries(files)) {
        const bytes = new TextEncoder().encode(text);
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
        manifest[`/${path}`] = { size: bytes.length, checksum: `sha256-${digest.toHex()}` };
      }
      const exports = Object.fromEntries(Object.keys(files).map((path) => [`./${path}`, `./${path}`]));
      return Response.json({ manifest, exports });
    }
    const path = pathname.replace("/@emu-test/shout/1.2.3/", "");
    return Object.hasOwn(files, path) ? new Response(files[path]) : new Response("no", { status: 404 });
  });
}

Deno.test("a plugin is taken from a JSR package", () =>
  withFiles({ kernel: codeOf(ECHO) }, async (folder) => {
    const server = jsr({
      "manifest.json": PACKAGE["package/manifest.json"],
      "shout.js": PACKAGE["package/shout.js"],
    });
    try {
      const env = { JSR_URL: `http://127.0.0.1:${server.addr.port}/` };
      const good = await runWith("jsr:@emu-test/shout@1.2.3", folder, env);
      assertStringIncludes(good.err, "emu: shout: q\n");
      assertEquals(good.code, 0);
      const gone = await runWith("jsr:@emu-test/gone@1.0.0", folder, env);
      assertStringIncludes(gone.err, "emu: Cannot use plugin jsr:@emu-test/gone@1.0.0: manifest: ");
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("a plugin is taken from a web server", () =>
  withFiles({ kernel: codeOf(ECHO) }, async (folder) => {
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const file = (PACKAGE as Record<string, string>)[new URL(request.url).pathname.slice(1)];
      const type = request.url.endsWith(".js") ? "text/javascript" : "application/json";
      return file === undefined
        ? new Response("no", { status: 404 })
        : new Response(file, { headers: { "content-type": type } });
    });
    try {
      const origin = `http://127.0.0.1:${server.addr.port}`;
      for (const spec of [`${origin}/package`, `${origin}/package/manifest.json`]) {
        const good = await runWith(spec, folder, {});
        assertStringIncludes(good.err, "emu: shout: q\n");
        assertEquals(good.code, 0);
      }
      const gone = await runWith(`${origin}/gone`, folder, {});
      assertEquals(
        gone.err,
        `emu: Cannot use plugin ${origin}/gone/manifest.json: manifest: ` +
          "there is no manifest.json; name its folder, or the manifest itself\n",
      );
    } finally {
      await server.shutdown();
    }
  }));
