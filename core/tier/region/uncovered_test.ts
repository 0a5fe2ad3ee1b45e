import { assertEquals } from "@std/assert";
import { Block } from "../../ir/block.ts";
import { type Region, Tb } from "../../translator/tb.ts";
import { uncovered } from "./uncovered.ts";

const block = (id: number) => new Tb(id, 4 * id, 0, 4 * id, 4, 1, new Block(0), [], false);

function region(...tbs: Tb[]): Region {
  const made = { entry: tbs[0], tbs, index: 1 };
  for (const tb of tbs) tb.regions = [...tb.regions, made];
  return made;
}

const [a, b, c, d] = [0, 1, 2, 3].map(block);
region(a, b, c);

const counts = (...trace: (Tb | undefined)[]) => [...uncovered(trace)].map(([{ id }, count]) => [id, count]);

Deno.test("blocks of a region count as covered once control has come through its entry", () => {
  assertEquals(counts(a, b, c, b, c, a), []);
  assertEquals(counts(d, a, b), [[3, 1]]);
});

Deno.test("blocks of a region that control jumps into the middle of run on their own until its entry", () => {
  assertEquals(counts(d, b, c, b, c, a, b, c), [[3, 1], [1, 2], [2, 2]]);
  assertEquals(counts(a, b, d, b, c), [[3, 1], [1, 1], [2, 1]]);
});

Deno.test("an exception between two blocks ends the stay in a region", () => {
  assertEquals(counts(a, b, undefined, c), [[2, 1]]);
});
