import { assertEquals } from "@std/assert";
import { CacheModel, type Eviction } from "../../plugins/instrument/cache/model.ts";
import { LOOP } from "./programs.ts";
import { runWith } from "./run.ts";

/** Asks a cache of one set of two ways for lines 0, 1, 2 …; gives the misses as a text. */
function missesOf(lines: string, evict: Eviction): string {
  const cache = new CacheModel("test", { size: 32, ways: 2, line: 16 }, evict, 7);
  return [...lines].map((line) => cache.access(Number(line) * 16) ? "." : line).join("");
}

Deno.test("a cache that evicts the least recently used keeps what was asked for again", () => {
  assertEquals(missesOf("0102010", "lru"), "01.2.1."); // 2 drives 1 out, 1 drives 2 out
});

Deno.test("a cache that evicts the first in keeps what came last", () => {
  assertEquals(missesOf("0102012", "fifo"), "01.2012"); // 2 drives 0 out, 0 drives 1 out, 1 drives 2 out
});

Deno.test("a cache that evicts at random fills before it evicts, and repeats with its seed", () => {
  assertEquals(missesOf("0101", "rand"), "01..");
  assertEquals(missesOf("0123012301230123", "rand"), missesOf("0123012301230123", "rand"));
});

Deno.test("addresses of one line hit, of the same set in other lines miss", () => {
  const cache = new CacheModel("test", { size: 64, ways: 1, line: 16 }, "lru", 1);
  assertEquals([0, 15, 16, 64, 0, 16].map((address) => cache.access(address)), [
    false,
    true,
    false,
    false,
    false,
    true,
  ]);
  assertEquals([cache.accesses, cache.misses], [6, 4]);
});

/** Numbers of the report's first row. */
async function countsOf(options: string): Promise<number[]> {
  const { lines, warnings } = await runWith(LOOP, [`cache,${options}`]);
  assertEquals(warnings, []);
  const [, row] = lines[0].split("\n");
  return row.split(", ").filter((text) => !text.includes("%")).map(Number);
}

// The loop's eleven instructions lie in three lines of 16 bytes from 0x10000, its literals at 0x10034 and 0x10038 in
// one, its data at 0x100000 in another.
const SMALL = "iblksize=16,icachesize=32,iassoc=1,dblksize=16,dcachesize=32,dassoc=1";

Deno.test("cache counts the misses that one works out by hand", async () => {
  assertEquals(await countsOf(SMALL), [0, 2002, 2, 5006, 3]);
});

Deno.test("cache with one line for data misses when the literal comes back", async () => {
  assertEquals(await countsOf(SMALL.replace("dcachesize=32", "dcachesize=16")), [0, 2002, 3, 5006, 3]);
});

Deno.test("cache asks its second level, of larger lines, for what the first misses", async () => {
  assertEquals(await countsOf(`${SMALL},l2blksize=64`), [0, 2002, 2, 5006, 3, 5, 2]);
});

Deno.test("cache shows which instructions missed", async () => {
  const { lines } = await runWith(LOOP, [`cache,${SMALL},format=json`]);
  const { dataMisses, fetchMisses } = JSON.parse(lines[0]) as Record<string, { address: number }[]>;
  assertEquals(dataMisses.map(({ address }) => address), [0x1_0004, 0x1_000c]);
  assertEquals(fetchMisses.map(({ address }) => address), [0x1_0000, 0x1_0010, 0x1_0020]);
});
