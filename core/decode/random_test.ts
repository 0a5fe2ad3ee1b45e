import { assert, assertEquals } from "@std/assert";
import { inst } from "./inst.ts";
import { randomWord } from "./random.ts";

const nothing = () => {};

function counter(): () => number {
  let x = 0;
  return () => x = Math.imul(x, 0x0019_660d) + 0x3c6e_f35f | 0;
}

Deno.test("random words have fixed bits as they are and ignored bits as they should be", () => {
  const row = inst("add", "1010 ..:: nnnn", "", nothing);
  const random32 = counter();
  const seen = new Set(Array.from({ length: 500 }, () => randomWord(row, random32)));
  assertEquals(seen, new Set(Array.from({ length: 16 }, (_, n) => 0xa30 | n)));
});

Deno.test("random words are none that the manual leaves unpredictable", () => {
  const row = inst("mul", "1111 dddd mmmm 0000 0000 0000 0000 0000", "", nothing, {
    unpredictable: ({ d, m }) => d === m,
  });
  const random32 = counter();
  for (let i = 0; i < 500; i++) {
    const word = randomWord(row, random32)!;
    assert(word > 0xf000_0000 && (word >>> 24 & 15) !== (word >>> 20 & 15));
  }
});

Deno.test("a row of which everything is unpredictable gives no random word", () => {
  const row = inst("never", "iiii", "", nothing, { unpredictable: () => true });
  assertEquals(randomWord(row, counter()), undefined);
});
