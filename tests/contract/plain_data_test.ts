import { assertEquals, assertThrows } from "@std/assert";
import { fromText, toText } from "./plain_data.ts";

Deno.test("plain data comes back from text as it was, infinities and typed arrays too", () => {
  const state = {
    deadline: Infinity,
    low: -Infinity,
    zero: -0,
    fifo: [1, 2],
    cells: Uint16Array.of(1, 65535),
    on: true,
    none: null,
  };
  assertEquals(fromText(toText(state)), state);
});

Deno.test("what is no plain data is refused by its path", () => {
  assertThrows(() => toText({ a: [{ b: undefined }] }), Error, "state.a[0].b is undefined");
  assertThrows(() => toText({ map: new Map() }), Error, "state.map is no plain object");
});
