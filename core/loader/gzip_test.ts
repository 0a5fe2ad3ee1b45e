import { assertEquals, assertRejects } from "@std/assert";
import { LoaderError } from "./error.ts";
import { gunzip, isGzip } from "./gzip.ts";
import { gzipOf } from "./testing.ts";

const what = "kernel";

Deno.test("gzip gives back what was compressed", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i * i >> 3);
  const packed = await gzipOf(bytes);
  assertEquals([isGzip(packed), isGzip(bytes), isGzip(new Uint8Array())], [true, false, false]);
  assertEquals(await gunzip(packed, { what }), bytes);
  assertEquals(await gunzip(packed, { what, limit: 100_000 }), bytes);
});

Deno.test("gzip stops at the limit, before it has seen the rest", async () => {
  const bomb = await gzipOf(new Uint8Array(64 << 20));
  bomb[bomb.length - 6] ^= 1; // in the CRC, which only who reads on gets to see
  await assertRejects(
    () => gunzip(bomb, { what, limit: 1 << 20 }),
    LoaderError,
    "kernel grows past the limit of 1 MiB",
  );
});

Deno.test("gzip refuses data that is cut off, damaged or followed by other data", async () => {
  const packed = await gzipOf(new Uint8Array(1000).map((_, i) => i));
  const damaged = packed.slice();
  damaged[packed.length - 6] ^= 1; // in the CRC
  for (const bad of [packed.slice(0, -9), packed.slice(0, 5), damaged, new Uint8Array([...packed, 1, 2])]) {
    await assertRejects(() => gunzip(bad, { what }), LoaderError, "kernel has gzip data that is corrupt");
  }
});
