import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { prng } from "./prng.ts";

Deno.test("random numbers repeat with their seed and differ with another", () => {
  const numbers = (seed: number) => {
    const random = prng(seed);
    return Array.from({ length: 20 }, () => random.u32());
  };
  assertEquals(numbers(7), numbers(7));
  assertNotEquals(numbers(7), numbers(8));
});

Deno.test("random numbers below a bound reach all of its range and nothing else", () => {
  const random = prng(1), seen = new Set(Array.from({ length: 500 }, () => random.below(10)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("random words are unsigned and small ones are frequent", () => {
  const random = prng(2), words = Array.from({ length: 600 }, () => random.word());
  assert(words.every((word) => word >= 0 && word < 2 ** 32 && Number.isInteger(word)));
  assert(words.filter((word) => word < 16).length > 60);
});
