import { assertEquals } from "@std/assert";
import { growthOf } from "./growth.ts";

Deno.test("growthOf accepts a series that grows to a level", () => {
  assertEquals(growthOf([10, 200, 300, 390, 400, 410, 405, 415])?.unbounded, false);
});

Deno.test("growthOf accepts a series that rises and falls", () => {
  assertEquals(
    growthOf([300, 400, 300, 400, 300, 400, 300, 400, 300, 400, 300, 400, 300, 400])?.unbounded,
    false,
  );
});

Deno.test("growthOf calls a series that still grows at its end unbounded", () => {
  assertEquals(growthOf([100, 150, 200, 250, 300, 350, 400, 450]), {
    third: 325,
    last: 425,
    unbounded: true,
  });
});

Deno.test("growthOf says nothing about a short series", () => {
  assertEquals(growthOf([1, 2, 3]), undefined);
});
