import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { checksum, isRight, sumOf, sumOfBytes } from "./checksum.ts";
import { internetChecksum } from "./testing/bytes.ts";

Deno.test("the checksum of RFC 1071's example is its own", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assertEquals(checksum(sumOf(new DataView(bytes.buffer), 0, bytes.length)), 0xffff - 0xddf2);
});

Deno.test("the unrolled sum equals the plain one for any bytes and any place", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), (bytes, start) => {
    const padded = new Uint8Array(start + bytes.length);
    padded.set(bytes, start);
    const sum = sumOf(new DataView(padded.buffer), start, padded.length);
    assertEquals(checksum(sum), internetChecksum(bytes));
  }));
});

Deno.test("a sum goes on where another ended", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => 7 * i);
  const view = new DataView(bytes.buffer);
  assertEquals(sumOf(view, 32, 64, sumOfBytes(bytes.subarray(0, 32))), sumOf(view, 0, 64));
});

Deno.test("data with its checksum sums to all ones, with another one it does not", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 0, 0);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, checksum(sumOf(view, 0, 6)));
  assertEquals(isRight(sumOf(view, 0, 6)), true);
  bytes[0]++;
  assertEquals(isRight(sumOf(view, 0, 6)), false);
});
