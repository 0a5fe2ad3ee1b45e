import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { LoaderError } from "./error.ts";
import { damaged, gzipOf, multiOf, patched, survives, uimageOf } from "./testing.ts";
import { parseUImage } from "./uimage.ts";

const data = new Uint8Array([1, 2, 3, 4, 5]);
const TYPE = { RAMDISK: 3, MULTI: 4, SCRIPT: 6, NOLOAD: 14 } as const;
const GZIP = 1;

Deno.test("uimage gives a kernel, its place and its entry", async () => {
  assertEquals(await parseUImage(uimageOf({ data, load: 0x8000, entry: 0x8040, name: "Linux-6.1" })), {
    type: "kernel",
    os: 5,
    arch: 2,
    name: "Linux-6.1",
    load: 0x8000,
    entry: 0x8040,
    parts: [data],
  });
});

Deno.test("uimage decompresses gzip, up to the limit", async () => {
  const image = uimageOf({ data: await gzipOf(new Uint8Array(5000)), compression: GZIP });
  assertEquals((await parseUImage(image)).parts, [new Uint8Array(5000)]);
  await assertRejects(() => parseUImage(image, 4999), LoaderError, "past the limit");
});

Deno.test("uimage splits a multi image, whose compression is that of its first part", async () => {
  const initrd = new Uint8Array([9, 8, 7]);
  const multi = { type: TYPE.MULTI, data: multiOf(data, initrd) };
  assertEquals((await parseUImage(uimageOf(multi))).parts, [data, initrd]);
  const packed = uimageOf({ type: TYPE.MULTI, compression: GZIP, data: multiOf(await gzipOf(data), initrd) });
  assertEquals((await parseUImage(packed)).parts, [data, initrd]);
});

Deno.test("uimage knows RAM disks and kernels that lie anywhere", async () => {
  assertEquals((await parseUImage(uimageOf({ data, type: TYPE.RAMDISK }))).type, "ramdisk");
  assertEquals((await parseUImage(uimageOf({ data, type: TYPE.NOLOAD }))).type, "kernel_noload");
});

Deno.test("uimage ignores what lies behind its data", async () => {
  assertEquals((await parseUImage(new Uint8Array([...uimageOf({ data }), 0, 0]))).parts, [data]);
});

const good = uimageOf({ data });
const MALFORMED: [what: string, file: Uint8Array, message: string][] = [
  ["an empty file", new Uint8Array(), "truncated"],
  ["another magic", patched(good, "big", { 0: 1 }), "does not start with 0x27051956"],
  ["half a header", good.slice(0, 63), "truncated"],
  ["half its data", good.slice(0, -1), "truncated"],
  ["a damaged header", patched(good, "big", { 16: 0x9000 }), "its header has CRC"],
  ["damaged data", patched(good, "big", { 64: 0 }), "its data has CRC"],
  ["a script", uimageOf({ data, type: TYPE.SCRIPT }), "type 6"],
  ["bzip2", uimageOf({ data, compression: 2 }), "compressed with bzip2"],
  ["an unknown compression", uimageOf({ data, compression: 77 }), "compressed with method 77"],
  ["gzip that is none", uimageOf({ data, compression: GZIP }), "gzip data that is corrupt"],
  ["a multi image without parts", uimageOf({ data: multiOf(), type: TYPE.MULTI }), "no parts"],
  [
    "a list of parts without end",
    uimageOf({ data: new Uint8Array(8).fill(1), type: TYPE.MULTI }),
    "truncated",
  ],
  ["a part cut off", uimageOf({ data: multiOf(data).slice(0, -4), type: TYPE.MULTI }), "truncated"],
];

for (const [what, file, message] of MALFORMED) {
  Deno.test(`uimage refuses ${what}`, async () => {
    await assertRejects(() => parseUImage(file), LoaderError, message);
  });
}

Deno.test("uimage survives damage to a file", async () => {
  const file = uimageOf({ data: await gzipOf(new Uint8Array(1000)), compression: GZIP });
  const property = fc.asyncProperty(damaged(file), (file) => survives(() => parseUImage(file)));
  await fc.assert(property, { numRuns: 1000 });
});

Deno.test("uimage survives damaged data under right checksums", async () => {
  const packed = await gzipOf(new Uint8Array(1000).map((_, i) => i * i));
  const type = fc.constantFrom(2, TYPE.RAMDISK, TYPE.MULTI);
  const property = fc.asyncProperty(
    fc.oneof(damaged(packed), damaged(multiOf(packed, data))),
    type,
    fc.constantFrom(0, GZIP),
    (data, type, compression) => survives(() => parseUImage(uimageOf({ data, type, compression }), 1 << 20)),
  );
  await fc.assert(property, { numRuns: 1000 });
});
