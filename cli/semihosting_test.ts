import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Semihosting } from "../core/isa/isa.ts";
import { semihosting } from "./semihosting.ts";

const MODE = { r: 0, rPlus: 2, w: 4, wPlus: 6, a: 8 } as const;

/** A directory `shared` with a secret beside it, reachable by links. */
async function withFolder(use: (files: Semihosting, folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    Deno.mkdirSync(`${folder}/shared/sub`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/secret`, "secret");
    Deno.writeTextFileSync(`${folder}/shared/plain`, "hello");
    Deno.writeTextFileSync(`${folder}/shared.txt`, "beside");
    Deno.symlinkSync(`${folder}/secret`, `${folder}/shared/link`);
    Deno.symlinkSync(folder, `${folder}/shared/up`);
    Deno.symlinkSync(`${folder}/made-by-guest`, `${folder}/shared/dangling`);
    use(
      semihosting({ directory: `${folder}/shared`, commandLine: "x", exit() {}, console() {} }),
      folder,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function read(files: Semihosting, name: string): string | undefined {
  const file = files.open(name, MODE.r);
  if (!file) return undefined;
  const bytes = new Uint8Array(100);
  const count = file.read(bytes);
  file.close();
  return new TextDecoder().decode(bytes.subarray(0, count));
}

Deno.test("semihosting reads files of its directory", () =>
  withFolder((files) => {
    for (const name of ["plain", "./plain", "/plain", ".//plain"]) assertEquals(read(files, name), "hello");
  }));

for (
  const name of [
    "../secret",
    "sub/../../secret",
    "link",
    "up/secret",
    "up/shared/plain/../../secret",
    "..\\secret",
    "plain\0/../../secret",
    "sub",
    ".",
    "..",
    "",
    "gone",
    "gone/plain",
    "../shared.txt",
  ]
) {
  Deno.test(`semihosting opens no file by the name ${JSON.stringify(name)}`, () =>
    withFolder((files) => {
      for (const mode of Object.values(MODE)) {
        if (name === "gone" && mode >= MODE.w) continue;
        assertEquals(files.open(name, mode), undefined);
      }
    }));
}

Deno.test("semihosting makes no file where a link leads out of its directory", () =>
  withFolder((files, folder) => {
    assertEquals(files.open("dangling", MODE.w), undefined);
    assertEquals(files.open("up/made-by-guest", MODE.w), undefined);
    assertThrows(() => Deno.statSync(`${folder}/made-by-guest`), Deno.errors.NotFound);
  }));

Deno.test("semihosting writes, appends, seeks and tells a file's length", () =>
  withFolder((files, folder) => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const file = files.open("sub/new", MODE.wPlus)!;
    assertEquals(file.write(bytes("0123456789")), 10);
    file.seek(3);
    assertEquals(file.write(bytes("xyz")), 3);
    assertEquals(file.length, 10);
    file.seek(2);
    const into = new Uint8Array(5);
    assertEquals(file.read(into), 5);
    assertEquals(new TextDecoder().decode(into), "2xyz6");
    file.close();
    const appended = files.open("sub/new", MODE.a)!;
    appended.seek(0);
    appended.write(bytes("!"));
    appended.close();
    assertEquals(Deno.readTextFileSync(`${folder}/shared/sub/new`), "012xyz6789!");
  }));

Deno.test("semihosting gives nothing for what a mode does not allow, and does not throw", () =>
  withFolder((files) => {
    const file = files.open("plain", MODE.r)!;
    assertEquals(file.write(new Uint8Array(3)), 0);
    file.close();
    file.close();
    assertEquals(file.read(new Uint8Array(3)), 0);
    assertEquals(file.length, 0);
  }));

Deno.test("semihosting without a directory opens nothing", () => {
  const files = semihosting({ directory: undefined, commandLine: "", exit() {}, console() {} });
  assert(files.open("/etc/passwd", MODE.r) === undefined);
});
