import { assertEquals } from "@std/assert";
import { addressText, LoaderError, sizeText } from "./error.ts";

Deno.test("sizes read as a person writes them", () => {
  const sizes = [0, 1, 1023, 1024, 1.5 * (1 << 20), 700 << 20, 2 ** 33, 1n << 40n].map(sizeText);
  assertEquals(sizes, [
    "0 bytes",
    "1 byte",
    "1023 bytes",
    "1 KiB",
    "1.5 MiB",
    "700 MiB",
    "8 GiB",
    "1024 GiB",
  ]);
});

Deno.test("addresses have eight digits or more", () => {
  assertEquals([0x100, 0x1_0000_0000n].map(addressText), ["0x00000100", "0x100000000"]);
});

Deno.test("loader errors have their own name", () => {
  assertEquals(String(new LoaderError("zImage is truncated")), "LoaderError: zImage is truncated");
});
