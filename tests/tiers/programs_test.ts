import { assert, assertEquals } from "@std/assert";
import { assemblePrograms, canAssemble, imageOf } from "./assemble.ts";
import { compare, type Comparison, differenceText } from "./compare.ts";
import words from "./programs/words.json" with { type: "json" };

/** Instructions after which a program has met all that it is about, and runs in regions. */
const WARM = 20_000;

function assertSame(comparison: Comparison): void {
  const { difference, regions } = compare(comparison);
  assert(difference === undefined, difference && differenceText(difference));
  for (const [tier, count] of Object.entries(regions)) assert(count > 0, `no regions were made in ${tier}`);
}

/** Not a program by itself. */
const FRAME = "frame";

for (const program of (Object.keys(words) as (keyof typeof words)[]).filter((name) => name !== FRAME)) {
  Deno.test(`tiers agree about "${program}" all the way`, () => {
    assertSame({ image: imageOf(words[program]), steps: Array.from({ length: 200 }, (_, i) => 300 + i) });
  });

  Deno.test(`tiers stop after exactly so many instructions of "${program}"`, () => {
    assertSame({
      image: imageOf(words[program]),
      steps: [WARM, ...Array.from({ length: 150 }, (_, i) => i + 1), 5000, ...Array(300).fill(1)],
      seed: 77,
    });
  });
}

Deno.test({
  name: "the words of the programs are those of their sources" +
    (canAssemble() ? "" : " (ignored: no arm-none-eabi-as)"),
  ignore: !canAssemble(),
  async fn() {
    assertEquals(await assemblePrograms(), words as Record<string, Record<string, string>>);
  },
});
