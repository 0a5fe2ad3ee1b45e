import { assertEquals, assertMatch } from "@std/assert";
import type { Figure, Item, Sample } from "./items.ts";
import { quantity, table } from "./report.ts";
import { Results, summary } from "./results.ts";
import { geometricMean, median } from "./statistics.ts";

const ITEM: Item = { name: "sha1", run: () => Promise.reject(new Error("not to be run")) };

function sample(value: number, check = "20 00000001", name = "sha1"): Sample {
  const figure: Figure = { name, group: "compute", unit: "ms", value };
  return { figures: [figure], check, peak: value * 2 ** 20 };
}

Deno.test("median takes the middle, or the mean of the two in the middle", () => {
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([9, 1, 5, 7]), 6);
});

Deno.test("geometricMean of a number and its inverse is one", () => {
  assertEquals(geometricMean([4, 0.25]), 1);
});

Deno.test("summary divides each run by the one beside it", () => {
  const row = { group: "compute", name: "sha1", unit: "ms", emu: [10, 90, 30], qemu: [20, 30, 30] } as const;
  assertEquals(summary({ ...row, emu: [...row.emu], qemu: [...row.qemu] }), {
    emu: 30,
    qemu: 30,
    ratio: { middle: 1, least: 0.5, greatest: 3 },
  });
});

Deno.test("results call a check that differs between emulators wrong", () => {
  const results = new Results();
  results.add(ITEM, "emu", sample(600));
  assertEquals(results.right, true);
  results.add(ITEM, "qemu", sample(600, "20 00000002"));
  assertEquals(results.right, false);
  assertMatch(results.problems[0], /^sha1: WRONG: check is 20 00000002 on qemu, was 20 00000001/);
});

Deno.test("results call a kernel too short that neither emulator takes half a second for", () => {
  const results = new Results();
  results.add(ITEM, "emu", sample(400));
  results.add(ITEM, "qemu", sample(300));
  results.judge(["sha1"]);
  assertEquals(results.problems, ["sha1: too short: the slower took 400 ms; raise its scale"]);
  assertEquals(results.right, true);
});

Deno.test("results give the geometric mean of a group's ratios, and none without QEMU", () => {
  const results = new Results();
  results.add(ITEM, "emu", sample(800));
  assertEquals(results.mean("compute"), undefined);
  results.add(ITEM, "qemu", sample(200));
  results.add({ ...ITEM, name: "crc32" }, "emu", sample(900, "1 1", "crc32"));
  results.add({ ...ITEM, name: "crc32" }, "qemu", sample(900, "1 1", "crc32"));
  assertEquals(results.mean("compute"), 2);
});

Deno.test("the table has a line for each figure, with its ratio and their spread", () => {
  const results = new Results();
  for (const [emu, qemu] of [[1500, 3000], [1600, 2000]]) {
    results.add(ITEM, "emu", sample(emu));
    results.add(ITEM, "qemu", sample(qemu));
  }
  const text = table(results, { version: 60, bare: 20 });
  assertMatch(text, /^sha1 +1\.55 s +2\.50 s +0\.65 +0\.50 – 0\.80$/m);
  assertMatch(text, /^peak memory, any run +1600 MiB +3000 MiB +0\.53$/m);
  assertMatch(text, /^difference +40\.0 ms$/m);
});

Deno.test("the table does without QEMU", () => {
  const results = new Results();
  results.add(ITEM, "emu", sample(1500));
  assertMatch(table(results), /^sha1 +1\.50 s +–$/m);
});

Deno.test("quantity writes times in three digits and memory in MiB", () => {
  assertEquals(quantity(12.34, "ns"), "12.3 ns");
  assertEquals(quantity(123.4, "ms"), "123 ms");
  assertEquals(quantity(1234, "ms"), "1.23 s");
  assertEquals(quantity(3 << 20, "memory"), "3 MiB");
});
