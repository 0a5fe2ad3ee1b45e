import { assertEquals } from "@std/assert";
import { printBlock } from "../ir/block.ts";
import { OP } from "../ir/ops.ts";
import { ToyMachine } from "../../tests/toy_isa/machine.ts";
import { CodePages } from "./code_pages.ts";
import type { Tb } from "./tb.ts";
import { TbCache } from "./tb_cache.ts";
import type { Translated } from "./translator.ts";
import { Block } from "../ir/block.ts";

function cache(limit?: number) {
  const code = new CodePages(1 << 20), dropped: number[] = [];
  let purges = 0;
  const tbs = new TbCache(
    code,
    { dropped: (tb) => void dropped.push(tb.pc), purged: () => void purges++ },
    limit,
  );
  const translated = (size: number, targets: number[] = []): Translated => ({
    block: new Block(1),
    size,
    insns: size / 4,
    targets,
  });
  const add = (
    pc: number,
    { host = pc, flags = 0, size = 8, single = false, targets = [] as number[] } = {},
  ) => tbs.add(pc, flags, { host, single, translated: translated(size, targets) });
  return { code, tbs, dropped, add, purges: () => purges };
}

Deno.test("block cache finds a block by address, flags, place and whether it is a single instruction", () => {
  const { tbs, add } = cache();
  const tb = add(0x1000, { host: 0x8000, flags: 3 }).tb;
  assertEquals(tbs.find(0x1000, 3, 0x8000, false) === tb, true);
  for (
    const [pc, flags, host, single] of [
      [0x1004, 3, 0x8000, false],
      [0x1000, 2, 0x8000, false],
      [0x1000, 3, 0x9000, false],
      [0x1000, 3, 0x8000, true],
    ] as const
  ) assertEquals(tbs.find(pc, flags, host, single), undefined);
});

Deno.test("block cache holds blocks of one place that is mapped at several addresses", () => {
  const { tbs, add } = cache();
  const [a, b, c] = [0x1000, 0x5000, 0x9000].map((pc) => add(pc, { host: 0x8000 }).tb);
  assertEquals([0x1000, 0x5000, 0x9000].map((pc) => tbs.find(pc, 0, 0x8000, false)?.id), [a.id, b.id, c.id]);
  tbs.invalidate(0x8004, 4);
  assertEquals([a, b, c].map(({ valid }) => valid), [false, false, false]);
  assertEquals([tbs.find(0x5000, 0, 0x8000, false), tbs.size], [undefined, 0]);
});

Deno.test("block cache drops a page's blocks when one of them is written to, and none when data is", () => {
  const { tbs, code, add, dropped } = cache();
  assertEquals([add(0x8000).firstOnPage, add(0x8100).firstOnPage, add(0x9000).firstOnPage], [
    true,
    false,
    true,
  ]);
  // Within the granule of the first block, but not in it.
  assertEquals([code.hit(0x8008, 4), code.hit(0x8004, 4), code.hit(0x8010, 1)], [false, true, false]);
  tbs.invalidate(0x8010, 16);
  assertEquals(dropped, []);
  tbs.invalidate(0x8104, 1);
  assertEquals([dropped.sort(), code.has(0x8000), code.has(0x9000)], [[0x8000, 0x8100], false, true]);
});

Deno.test("block cache drops what a long write over several pages hits", () => {
  const { tbs, add, dropped } = cache();
  add(0x7000);
  add(0x8ffc, { size: 4 });
  add(0x9000);
  add(0xa100);
  tbs.invalidate(0x8ff0, 0x1020);
  assertEquals(dropped.sort(), [0x8ffc, 0x9000]);
});

Deno.test("block cache unchains what led to a block that goes", () => {
  const { tbs, add } = cache();
  const from = add(0x1000, { targets: [0x1004, 0x2000] }).tb, to = add(0x2000).tb;
  from.next[1] = to;
  to.incoming = { from, exit: 1, rest: undefined };
  tbs.invalidate(0x2000, 4);
  assertEquals([from.valid, from.next[1], tbs.byId(to.id)], [true, undefined, undefined]);
});

Deno.test("block cache is full at its limit, and empty after a purge", () => {
  const { tbs, code, add, purges } = cache(3);
  const all: Tb[] = [];
  for (let i = 0; !tbs.full; i++) all.push(add(0x1000 * (i + 1)).tb);
  assertEquals(all.length, 3);
  tbs.purge();
  assertEquals([tbs.full, tbs.size, purges(), code.has(0x1000)], [false, 0, 1, false]);
  assertEquals(all.some(({ valid }) => valid), false);
});

/** The blocks that a program is translated to, as "address+bytes/instructions → targets". */
function translated(text: string, at = 0, more: (toy: ToyMachine) => void = () => {}): string[] {
  const toy = new ToyMachine().load(text, at), seen: string[] = [];
  more(toy);
  const { cpu } = toy;
  const add = cpu.tbs.add.bind(cpu.tbs);
  cpu.tbs.add = (pc, flags, rest) => {
    const { size, insns, targets } = rest.translated;
    seen.push(
      `${pc.toString(16)}+${size.toString(16)}/${insns} → ${targets.map((t) => t.toString(16))}`.trimEnd(),
    );
    return add(pc, flags, rest);
  };
  cpu.frontend.setRegister("pc", at);
  toy.run(1000);
  return seen;
}

Deno.test("a block ends at a jump, with a direct exit for each way that stays on the page", () => {
  const blocks = translated(`
    addi r1, r1, 1
    bnz r0, far
    jump near
    far:
    wait
    near:
    wait
  `);
  assertEquals(blocks, ["0+8/2 → 8,c", "8+4/1 → 10", "10+4/1 →"]);
});

Deno.test("a block does not cross its page, and leaves it through the jump cache", () => {
  assertEquals(translated("mov r1, 1\nmov r2, 2\nwait", 0xff8), ["ff8+8/2 →", "1000+4/1 →"]);
});

Deno.test("a block has a longest length", () => {
  const [first, second] = translated(`${"addi r1, r1, 1\n".repeat(100)}wait`);
  assertEquals([first, second], ["0+100/64 → 100", "100+94/37 →"]);
});

Deno.test("a block holds address and number of each instruction", () => {
  const toy = new ToyMachine({ passes: { forward: false, deadCode: false } }).load("mov r1, 1\ntrap 9\nwait");
  let text = "";
  const { cpu } = toy, add = cpu.tbs.add.bind(cpu.tbs);
  cpu.tbs.add = (pc, flags, rest) => {
    text ||= printBlock(rest.translated.block);
    assertEquals(rest.translated.block.op(rest.translated.block.length - 1), OP.exit);
    return add(pc, flags, rest);
  };
  toy.run(2);
  const starts = text.split("\n").map((line) => line.trim()).filter((line) => line.startsWith("insn"));
  assertEquals(starts, ["insn 0x0 #0", "insn 0x4 #1"]);
});
