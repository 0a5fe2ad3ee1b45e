import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { bytesOf, fakeContext } from "../testing.ts";
import file from "./file.ts";

async function withFile(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(`${folder}/out`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("file channel holds all that was sent once it is closed", () =>
  withFile(async (path) => {
    const backend = await file.create(fakeContext({ path, append: false }));
    let text = "";
    for (let i = 0; i < 1000; i++) {
      text += `line ${i}\n`;
      backend.send(bytesOf(`line ${i}\n`));
    }
    await backend.close();
    assertEquals(await Deno.readTextFile(path), text);
  }));

Deno.test("file channel begins anew, or appends where that is asked for", () =>
  withFile(async (path) => {
    for (const [append, text] of [[false, "old"], [false, "new"], [true, "er"]] as const) {
      const backend = await file.create(fakeContext({ path, append }));
      backend.send(bytesOf(text));
      await backend.close();
    }
    assertEquals(await Deno.readTextFile(path), "newer");
  }));

Deno.test("file channel says which path it cannot write", async () => {
  await assertRejects(
    async () => await file.create(fakeContext({ path: "/nonexistent/x", append: false })),
    Error,
    'property "path": cannot write "/nonexistent/x"',
  );
  await assertRejects(
    async () => await file.create(fakeContext({ path: "", append: false })),
    Error,
    "is missing",
  );
});

Deno.test({
  name: "file channel on a full disk says so, and that the file is not complete",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const context = fakeContext({ path: "/dev/full", append: false });
    const backend = await file.create(context);
    backend.send(bytesOf("lost"));
    await assertRejects(async () => await backend.close(), Error, "is not complete");
    assertStringIncludes(context.said[0], 'Cannot write "/dev/full" any more');
  },
});
