import { assertEquals } from "@std/assert";
import { CPU, HEADER_SIZE, stateLayout } from "./state.ts";

Deno.test("state fields follow one another behind the header, those of 64 bits aligned", () => {
  const layout = stateLayout({ a: "i32", wide: "i64", b: "i32", c: "i32" });
  const offsets = Object.values(layout).map(({ offset }) => offset - HEADER_SIZE);
  assertEquals(offsets, [0, 8, 16, 20]);
  assertEquals(Object.values(layout).every(({ offset, index }) => index === offset / 4), true);
});

Deno.test("the core's own fields lie in the header, no two at one place", () => {
  const offsets = Object.values(CPU).map(({ offset }) => offset);
  assertEquals(new Set(offsets).size, offsets.length);
  assertEquals(offsets.every((offset) => offset >= 0 && offset < HEADER_SIZE), true);
});
