import { assertEquals, assertThrows } from "@std/assert";
import { type Fields, gatherExpression, parsePattern, runsOf, scatter } from "./pattern.ts";

Deno.test("a bit string is taken apart into fixed bits, fields and ignored bits", () => {
  assertEquals(parsePattern("1100 nnd. :dnn"), {
    text: "1100 nnd. :dnn",
    width: 12,
    mask: 0xf00,
    value: 0xc00,
    ignored: 0x018,
    shouldBe: 0x008,
    fields: { n: 0x0c3, d: 0x024 },
  });
});

Deno.test("a bit string may fill 32 bits", () => {
  const { mask, value } = parsePattern("1111 0000 0000 0000 0000 0000 0000 iiii");
  assertEquals([mask, value], [~15, 0xf000_0000 | 0]);
});

Deno.test("a bit string with anything else in it is refused", () => {
  assertThrows(() => parsePattern("01x? 1"), SyntaxError, "Cannot read the bit string");
  assertThrows(() => parsePattern(""), SyntaxError);
  assertThrows(() => parsePattern("0".repeat(33)), SyntaxError);
});

Deno.test("runs of bits come most significant first", () => {
  assertEquals(runsOf(0xf000_0006), [{ at: 28, length: 4 }, { at: 1, length: 2 }]);
  assertEquals(runsOf(-1), [{ at: 0, length: 32 }]);
  assertEquals(runsOf(0), []);
});

Deno.test("gathering joins parts of a field, most significant first", () => {
  const gather = new Function("w", `return ${gatherExpression(0x8000_0006)};`);
  assertEquals(gather(0x8000_0002), 0b101);
  assertEquals(gather(0x7fff_fff9), 0b000);
});

for (const bits of [0, 1, 0x8000_0001, 0x00ff_0f00, 0xf0f0_f0f0, -1, 0x7fff_ffff]) {
  Deno.test(`scattering over 0x${(bits >>> 0).toString(16)} is undone by gathering`, () => {
    const gather = new Function("w", `return (${gatherExpression(bits)}) | 0;`);
    for (const value of [0, 1, 2, 0x5a5a_5a5a, -1]) {
      const word = scatter(bits, value);
      assertEquals(word & ~bits, 0);
      assertEquals(scatter(bits, gather(word)), word);
    }
  });
}

Deno.test("the fields of a bit string are known to the type checker", () => {
  const fields: Fields<"cccc 0010 nn.: S011"> = { c: 1, n: 2, S: 3 };
  // @ts-expect-error: there is no field d
  assertEquals(fields.d, undefined);
  assertEquals(fields.S, 3);
});
