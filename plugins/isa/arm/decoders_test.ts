import { assert, assertEquals } from "@std/assert";
import { MODELS } from "./cpus.ts";
import type { Row } from "./decode.ts";
import { A32, A32_UNCONDITIONAL, decodersFor, T16 } from "./decoders.ts";
import { randomBits, randomInstruction, randomInstructions } from "./random.ts";
import type { Arm } from "./translator.ts";

const FEATURES = MODELS.arm926.features;
const { a32, unconditional, t16 } = decodersFor(FEATURES);

function matches({ pattern }: Row<Arm>, word: number): boolean {
  return (word & pattern.mask) === pattern.value;
}

for (
  const [table, rows, find] of [["A32", A32, a32.find], [
    "A32 with condition 1111",
    A32_UNCONDITIONAL,
    unconditional.find,
  ], ["Thumb", T16, t16.find]] as const
) {
  Deno.test(`arm decoder reaches every row of ${table}`, () => {
    const random32 = randomBits(7);
    const unreached = rows.filter((row) => {
      const words = Array.from({ length: 20 }, () => randomInstruction(row, random32));
      return words.some((word) => word === undefined || find(word) !== row);
    });
    assertEquals(unreached.map(({ name }) => name), []);
  });

  Deno.test(`arm decoder finds the row with the most fixed bits for any word of ${table}`, () => {
    const random32 = randomBits(8);
    const best = (word: number) =>
      rows.filter((row) => matches(row, word)).sort((a, b) => fixedBits(b) - fixedBits(a))[0];
    for (let i = 0; i < 5000; i++) {
      // Opcode bits as some row has them, so that most words mean something.
      const { mask, value } = rows[i % rows.length].pattern;
      const word = i % 3 === 0 ? random32() : random32() & ~mask | value;
      const narrow = table === "Thumb" ? word & 0xffff : word;
      assertEquals(find(narrow)?.name, best(narrow)?.name);
    }
  });

  Deno.test(`arm rows of ${table} have names of their own`, () => {
    const names = rows.map(({ name }) => name);
    assertEquals(names.filter((name, i) => names.indexOf(name) !== i), []);
  });
}

function fixedBits({ pattern }: Row<Arm>): number {
  return Array.from({ length: 32 }, (_, bit) => pattern.mask >>> bit & 1).reduce((a, b) => a + b);
}

Deno.test("arm decoders of ARMv4T know nothing of ARMv5", () => {
  const v4 = decodersFor(MODELS.arm7tdmi.features);
  for (const word of [0xe16f_0f11, 0xe12f_ff31, 0xe120_0070, 0xe102_0051, 0xe1c2_00d0]) {
    assert(a32.find(word));
    assertEquals(v4.a32.find(word), undefined);
  }
  assertEquals(v4.unconditional.find(0xfb00_0000), undefined);
  assertEquals(v4.t16.find(0x4788), undefined);
  assertEquals(v4.a32.find(0xe12f_ff11)?.name, "bx");
});

Deno.test("arm decoders are made once for each model", () => {
  assertEquals(decodersFor(FEATURES), decodersFor(FEATURES));
  assert(decodersFor(FEATURES) === decodersFor(FEATURES));
});

Deno.test("arm random instructions are the same for the same seed", () => {
  const draw = (seed: number) => {
    const next = randomInstructions({ features: FEATURES, thumb: false }, randomBits(seed));
    return Array.from({ length: 50 }, () => next().word);
  };
  assertEquals(draw(3), draw(3));
  assert(draw(3).join() !== draw(4).join());
});

Deno.test("arm random instructions leave out what was asked and what the model lacks", () => {
  const without = ({ name }: { name: string }) => name.startsWith("ld");
  const next = randomInstructions(
    { features: MODELS.arm7tdmi.features, thumb: false, without },
    randomBits(5),
  );
  const names = new Set(Array.from({ length: 2000 }, () => next().row.name));
  assert(names.has("str_imm") && names.has("umlal"));
  assertEquals([...names].filter((name) => name.startsWith("ld") || name === "clz"), []);
});
