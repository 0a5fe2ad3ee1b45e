import { assertEquals, assertThrows } from "@std/assert";
import { packCpio, unpackCpio } from "./cpio.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("a cpio archive holds header, name and content in the newc layout", () => {
  const archive = packCpio([{ path: "init", mode: 0o755, content: bytes("hello") }], 0x6553f100);
  const inode = "00000000", mode = "000081ED", links = "00000001", size = "00000005", zero = "00000000";
  const header = `070701${inode}${mode}${zero}${zero}${links}6553F100${size}${zero.repeat(4)}00000005${zero}`;
  assertEquals(text(archive.subarray(0, 110)), header);
  // 110 + 5 bytes of name are 115: one byte fills up to a multiple of four, and three do behind the content.
  assertEquals(text(archive.subarray(110, 124)), "init\0\0hello\0\0\0");
  assertEquals(text(archive.subarray(124 + 110, 124 + 120)), "TRAILER!!!");
  assertEquals(archive.length, 512);
});

Deno.test("a cpio archive does not depend on the order of its entries", () => {
  const folder = { path: "bin", mode: 0o755 };
  const file = { path: "bin/sh", mode: 0o755, content: bytes("x") };
  assertEquals(packCpio([folder, file], 1), packCpio([file, folder], 1));
});

Deno.test("a folder in a cpio archive counts its subfolders as links", () => {
  const archive = packCpio([
    { path: ".", mode: 0o755 },
    { path: "usr", mode: 0o755 },
    { path: "usr/bin", mode: 0o755 },
    { path: "usr/bin/env", mode: 0o755, content: bytes("") },
  ], 0);
  const links = text(archive).match(/070701[0-9A-F]{104}/g)?.map((header) =>
    parseInt(header.slice(38, 46), 16)
  );
  assertEquals(links, [3, 3, 2, 1, 1]);
});

Deno.test("what was packed into a cpio archive is unpacked the same", () => {
  const entries = [
    { path: ".", mode: 0o700 },
    { path: "etc", mode: 0o755 },
    { path: "etc/empty", mode: 0o644, content: bytes("") },
    { path: "etc/ünïcode", mode: 0o4755, content: bytes("abc") },
  ];
  assertEquals(unpackCpio(packCpio(entries, 5)), entries);
});

Deno.test("reading a cpio archive that is cut short is an error", () => {
  const archive = packCpio([{ path: "init", mode: 0o755, content: bytes("hello") }], 0);
  assertThrows(() => unpackCpio(archive.subarray(0, 124)), Error, "no header at 124");
  assertThrows(() => unpackCpio(bytes("not an archive")), Error, "no header at 0");
});
