import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { identifyKernel } from "./detect.ts";
import { LoaderError } from "./error.ts";
import { damaged, elfOf, guestFile, patched, survives, testWith, uimageOf, zimageOf } from "./testing.ts";
import { parseZImage } from "./zimage.ts";

const realKernel = guestFile("integratorcp-zImage");

testWith({ "guest files": realKernel }, "zimage knows the size and the byte order of the real kernel", () => {
  assertEquals(parseZImage(realKernel!), { size: realKernel!.length, endian: "little" });
});

testWith(
  { "guest files": realKernel },
  "zimage refuses the real kernel when its last byte is missing",
  () => {
    const cut = realKernel!.subarray(0, -1);
    assertThrows(
      () => parseZImage(cut),
      LoaderError,
      `truncated: it has ${cut.length} of ${cut.length + 1} bytes`,
    );
  },
);

Deno.test("zimage takes a file with something appended, and an address that it was linked for", () => {
  const image = zimageOf(0x1000, { 0x28: 0x6000_8000, 0x2c: 0x6000_8800 });
  assertEquals(parseZImage(image), { size: 0x800, endian: "little" });
});

Deno.test("zimage knows both kinds of big-endian kernels", () => {
  const be8 = zimageOf(0x100, { 0x30: 0x01020304 });
  assertEquals(parseZImage(be8), { size: 0x100, endian: "big" });
  const be32 = patched(zimageOf(0x100), "big", { 0x24: 0x016f2818, 0x28: 0, 0x2c: 0x100, 0x30: 0x04030201 });
  assertEquals(parseZImage(be32), { size: 0x100, endian: "big" });
});

Deno.test("zimage refuses a file that is none, is cut off or ends before it starts", () => {
  assertThrows(() => parseZImage(new Uint8Array(64)), LoaderError, "0x016f2818");
  assertThrows(() => parseZImage(zimageOf(64).subarray(0, 0x2a)), LoaderError, "truncated");
  assertThrows(() => parseZImage(zimageOf(64, { 0x28: 64 })), LoaderError, "before its start");
});

Deno.test("zimage survives damage to a file", async () => {
  const property = fc.asyncProperty(damaged(zimageOf(128)), (file) => survives(() => parseZImage(file)));
  await fc.assert(property, { numRuns: 1000 });
});

Deno.test("kernels are told apart by their first bytes", () => {
  const bytes = new Uint8Array(4);
  const files = [
    elfOf({ segments: [{ address: 0n, bytes }] }),
    uimageOf({ data: bytes }),
    zimageOf(64),
    bytes,
  ];
  assertEquals(files.map(identifyKernel), ["elf", "uimage", "zimage", "raw"]);
  assertEquals(files.map((file) => identifyKernel(file.subarray(0, 3))), ["raw", "raw", "raw", "raw"]);
});
