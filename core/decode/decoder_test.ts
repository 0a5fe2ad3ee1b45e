import { assertEquals, assertThrows } from "@std/assert";
import { decoder, firstOf } from "./decoder.ts";
import { inst, type Row } from "./inst.ts";

/** What the rows of these tests translate to. */
type Log = string[];

function row(name: string, bits: string): Row<Log> {
  return inst<Log, string>(name, bits, "", (log) => void log.push(name));
}

Deno.test("a row hands its fields to its meaning", () => {
  const seen: number[][] = [];
  const add = inst<Log, "1nn0 ddnd">("add", "1nn0 ddnd", "", (_log, { n, d }) => void seen.push([n, d]));
  add.emit([], 0b1100_1011);
  assertEquals(seen, [[0b101, 0b101]]);
  assertEquals(add.extract(0b1010_0100), { n: 0b010, d: 0b010 });
});

Deno.test("a decoder finds nothing where no row matches", () => {
  const { find } = decoder([row("a", "0000 iiii"), row("b", "0001 iiii")]);
  assertEquals(find(0x05)?.name, "a");
  assertEquals(find(0x1f)?.name, "b");
  assertEquals(find(0x20), undefined);
});

Deno.test("a decoder prefers the row with more fixed bits, in whatever order they stand", () => {
  const general = row("general", "1... iiii"), special = row("special", "1010 iiii");
  for (const rows of [[general, special], [special, general]]) {
    const { find } = decoder(rows);
    assertEquals(find(0xa3)?.name, "special");
    assertEquals(find(0xb3)?.name, "general");
  }
});

Deno.test("a decoder refuses rows of which each matches words that the other does not", () => {
  assertThrows(
    () => decoder([row("left", "11.. iiii"), row("right", "1..1 iiii")]),
    Error,
    'Cannot decode "left" (11.. iiii) and "right" (1..1 iiii): they overlap',
  );
});

Deno.test("a decoder refuses two rows with the same fixed bits", () => {
  assertThrows(() => decoder([row("one", "01.. nnnn"), row("two", "01ii iiii")]), Error, "they overlap");
});

Deno.test("a decoder refuses rows of different widths", () => {
  assertThrows(() => decoder([row("short", "01.."), row("long", "11.. ....")]), Error, "their widths differ");
});

Deno.test("an intended order goes before specificity", () => {
  const general = decoder([row("first", "1... ....")]);
  const both = firstOf([general, decoder([row("second", "1111 ...."), row("rest", "0... ....")])]);
  assertEquals(both.find(0xff)?.name, "first");
  assertEquals(both.find(0x00)?.name, "rest");
  assertEquals(both.rows.map(({ name }) => name), ["first", "second", "rest"]);
});

Deno.test("a decoder of 32-bit words takes them signed and unsigned", () => {
  const { find } = decoder([
    row("high", "1110 0000 0000 0000 0000 0000 iiii iiii"),
    row("all", "1".repeat(32)),
  ]);
  assertEquals(find(0xe000_0001)?.name, "high");
  assertEquals(find(0xe000_0001 | 0)?.name, "high");
  assertEquals(find(0xffff_ffff)?.name, "all");
  assertEquals(find(-1)?.name, "all");
});

/** Encodings of every length of fixed bits, as opcodes that grow: 0, 10, 110, … */
const GROWING = Array.from(
  { length: 16 },
  (_, n) => row(`n${n}`, `${"1".repeat(n)}0${"i".repeat(16 - n)}`.slice(0, 16)),
);

Deno.test("a decoder agrees with trying all rows, for every word of 16 bits", () => {
  const rows = [...GROWING, row("special", "1101 0000 0000 0101")];
  const { find } = decoder(rows);
  for (let word = 0; word < 0x1_0000; word++) {
    const leadingOnes = Math.clz32(~(word << 16));
    const expected = word === 0xd005 ? "special" : leadingOnes >= 16 ? undefined : `n${leadingOnes}`;
    assertEquals(find(word)?.name, expected);
  }
});
