import { assertEquals, assertThrows } from "@std/assert";
import { inst } from "./inst.ts";
import { compileSyntax, type Format } from "./syntax.ts";

const FORMATS: Record<string, Format> = {
  d: ({ d }) => `r${d}`,
  to: ({ i }, at) => `0x${(at + i).toString(16)}`,
};
const nothing = () => {};

Deno.test("a template names formats of fields and address", () => {
  const text = compileSyntax(inst("b", "ddii", "b{d} {to}, [{d}]", nothing), FORMATS);
  assertEquals(text({ d: 1, i: 2 }, 0x10), "br1 0x12, [r1]");
});

Deno.test("a function may take the place of a template", () => {
  const text = compileSyntax(inst("b", "00ii", ({ i }) => `b ${i}`, nothing), FORMATS);
  assertEquals(text({ i: 2 }, 0), "b 2");
});

Deno.test("a template with a name that has no format is refused", () => {
  assertThrows(
    () => compileSyntax(inst("b", "00ii", "b {where}", nothing), FORMATS),
    Error,
    'Cannot print "b": there is no format "where"',
  );
});
