import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { BackendContext } from "@emu/core";
import raw from "./raw.ts";

function context(file: string, readonly = false): BackendContext<{ file: string; readonly: boolean }> & {
  readonly said: string[];
} {
  const said: string[] = [];
  return {
    id: "test",
    properties: { file, readonly },
    said,
    clock: { now: () => 0, epoch: 0, alarm: () => ({ at() {} }) },
    warn: (message) => said.push(message),
    request() {},
  };
}

async function withImage(size: number, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, Uint8Array.from({ length: size }, (_, i) => i & 0xff));
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("raw image reads and writes at offsets, and the file holds it", () =>
  withImage(2048, async (path) => {
    const image = await raw.create(context(path));
    const bytes = new Uint8Array(4);
    await image.read(1022, bytes);
    assertEquals([...bytes], [254, 255, 0, 1]);
    await image.write(1022, Uint8Array.of(9, 8, 7, 6));
    await image.flush();
    await image.read(1022, bytes);
    assertEquals([...bytes], [9, 8, 7, 6]);
    await image.close();
    assertEquals([...(await Deno.readFile(path)).subarray(1021, 1027)], [253, 9, 8, 7, 6, 2]);
  }));

Deno.test("raw image is as large as its file", () =>
  withImage(1500, async (path) => {
    const image = await raw.create(context(path));
    assertEquals(image.size, 1500);
    await assertRejects(() => image.read(1450, new Uint8Array(100)), RangeError, "lie outside of 1500 bytes");
    await assertRejects(() => image.write(1500, new Uint8Array(1)), RangeError);
    await assertRejects(() => image.read(-1, new Uint8Array(1)), RangeError);
    await assertRejects(() => image.read(0.5, new Uint8Array(1)), RangeError);
    await image.read(1024, new Uint8Array(0));
    await image.close();
    await assertRejects(() => image.read(0, new Uint8Array(1)), Error, "closed");
  }));

Deno.test("raw image carries requests out in the order they were made", () =>
  withImage(4096, async (path) => {
    const image = await raw.create(context(path));
    const seen: number[] = [], all: Promise<void>[] = [];
    const buffer = new Uint8Array(1);
    for (let i = 0; i < 50; i++) {
      buffer[0] = i; // the caller's buffer is its own again at once
      all.push(image.write(i * 7 % 64, buffer));
      const into = new Uint8Array(1);
      all.push(image.read(i * 7 % 64, into).then(() => void seen.push(into[0])));
    }
    await Promise.all(all);
    assertEquals(seen, Array.from({ length: 50 }, (_, i) => i));
    await image.close();
  }));

Deno.test("raw image is read-only where that is asked for", () =>
  withImage(512, async (path) => {
    const image = await raw.create(context(path, true));
    assertEquals(image.readOnly, true);
    await assertRejects(() => image.write(0, new Uint8Array(1)), Error, "read-only");
    await image.flush();
    await image.close();
  }));

Deno.test({
  name: `raw image that is not writable is a read-only medium${
    Deno.uid() === 0 ? " (by a file that runs)" : ""
  }`,
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    // Root may write every file, but not a program while it runs (ETXTBSY).
    const sleep = await Deno.makeTempFile();
    await Deno.copyFile("/bin/sleep", sleep);
    await Deno.chmod(sleep, 0o555);
    const child = new Deno.Command(sleep, { args: ["100"] }).spawn();
    try {
      const asked = context(sleep);
      const image = await raw.create(asked);
      assertEquals(image.readOnly, true);
      assertStringIncludes(asked.said[0], "is not writable: the guest sees it as read-only");
      await image.close();
    } finally {
      child.kill();
      await child.status;
      await Deno.remove(sleep);
    }
  },
});

Deno.test("raw image says what it cannot open", async () => {
  const open = (path: string) => async () => await raw.create(context(path));
  await assertRejects(open("/nonexistent/x"), Error, 'cannot open "/nonexistent/x": there is no such file');
  await assertRejects(open("/tmp"), Error, "it is a directory");
  await assertRejects(open(""), Error, "is missing");
  await withImage(0, async (path) => {
    await assertRejects(open(path), Error, "is empty");
  });
});

Deno.test("raw image that shrinks under the machine fails to read, and does not hang", () =>
  withImage(1024, async (path) => {
    const image = await raw.create(context(path));
    await Deno.truncate(path, 100);
    await assertRejects(() => image.read(0, new Uint8Array(512)), Error, "shorter");
    await image.close();
  }));

Deno.test("raw image belongs to one machine that writes, or to several that read", () =>
  withImage(512, async (path) => {
    const writer = await raw.create(context(path));
    for (const readonly of [false, true]) {
      await assertRejects(
        async () => await raw.create(context(path, readonly)),
        Error,
        "another machine uses",
      );
    }
    await writer.close();
    const readers = [await raw.create(context(path, true)), await raw.create(context(path, true))];
    await assertRejects(async () => await raw.create(context(path)), Error, "another machine uses");
    for (const reader of readers) await reader.close();
    await (await raw.create(context(path))).close();
  }));
