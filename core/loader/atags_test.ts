import { assertEquals, assertThrows } from "@std/assert";
import { buildAtags } from "./atags.ts";
import { LoaderError } from "./error.ts";

const ram = [{ address: 0, size: 0x0800_0000 }];

function words(list: Uint8Array): number[] {
  const view = new DataView(list.buffer);
  return Array.from({ length: list.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

Deno.test("atags of RAM alone are a core tag, a memory tag and the end", () => {
  assertEquals(words(buildAtags({ ram })), [
    ...[5, 0x54410001, 1, 4096, 0],
    ...[4, 0x54410002, 0x0800_0000, 0],
    ...[0, 0],
  ]);
});

Deno.test("atags describe every range of RAM, the initrd, the command line and the revision", () => {
  const list = buildAtags({
    ram: [{ address: 0, size: 0x1000 }, { address: 0x8000_0000, size: 0x2000 }],
    initrd: { address: 0x800, size: 0x123 },
    append: "abcd",
    revision: 7,
  });
  assertEquals(words(list).slice(5), [
    ...[4, 0x54410002, 0x1000, 0],
    ...[4, 0x54410002, 0x2000, 0x8000_0000],
    ...[4, 0x54420005, 0x800, 0x123],
    ...[4, 0x54410009, 0x64636261, 0],
    ...[3, 0x54410007, 7],
    ...[0, 0],
  ]);
});

Deno.test("atags pad the command line to words, its NUL included", () => {
  const sizeOf = (append: string) => words(buildAtags({ ram, append }))[9];
  assertEquals(["a", "abc", "abcd", "abcdefg"].map(sizeOf), [3, 3, 4, 4]);
});

Deno.test("atags take the longest command line that Linux does, and no longer", () => {
  assertEquals(words(buildAtags({ ram, append: "x".repeat(1023) }))[9], 2 + 256);
  const append = "x".repeat(1024);
  assertThrows(
    () => buildAtags({ ram, append }),
    LoaderError,
    "command line of 1024 bytes is longer than the 1023",
  );
});

Deno.test("atags refuse what 32 bits cannot say", () => {
  assertThrows(() => buildAtags({ ram: [{ address: 0, size: 2 ** 32 }] }), LoaderError, "RAM: 0x100000000");
});
