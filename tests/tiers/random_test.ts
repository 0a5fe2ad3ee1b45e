import { assert, assertEquals } from "@std/assert";
import { disassembleArm } from "../../plugins/isa/arm/disassemble.ts";
import { seedOf } from "../prng.ts";
import { imageOf } from "./assemble.ts";
import { compare, differenceText, type Outcome } from "./compare.ts";
import { layOut } from "./layout.ts";
import { minimise } from "./minimise.ts";
import words from "./programs/words.json" with { type: "json" };
import { type Program, randomProgram } from "./random_program.ts";

/** `EMU_SEED` names the first seed, `EMU_PROGRAMS` how many there are. */
const FIRST = seedOf(1), COUNT = Number(Deno.env.get("EMU_PROGRAMS") ?? 200);
/** Programs a test, so that one tells what of them failed. */
const BATCH = 50;
const FRAME = imageOf(words.frame);

function run(program: Program, seed: number): Outcome {
  return compare({
    image: new Map([...FRAME, ...layOut(program)]),
    steps: [2000, ...Array.from({ length: 12 }, (_, i) => 100 + 31 * i), ...Array(20).fill(1)],
    seed,
  });
}

/** The code of a program, an instruction a line. */
function listing(program: Program): string {
  return [...layOut(program)].flatMap(([start, run]) =>
    run.map((word, i) => {
      const at = start + 4 * i, bytes = new Uint8Array(new Uint32Array([word]).buffer);
      return `${at.toString(16).padStart(5)}: ${word.toString(16).padStart(8, "0")}  ${
        disassembleArm(bytes, at, 0).text
      }`;
    })
  ).join("\n");
}

for (let first = FIRST; first < FIRST + COUNT; first += BATCH) {
  const last = Math.min(first + BATCH, FIRST + COUNT) - 1;
  Deno.test(`tiers agree about the random programs ${first} to ${last}`, () => {
    let regions = 0;
    for (let seed = first; seed <= last; seed++) {
      const program = randomProgram(seed);
      const outcome = run(program, seed);
      regions += Object.values(outcome.regions).reduce((sum, count) => sum + count, 0);
      if (outcome.difference === undefined) continue;
      const small = minimise(program, (smaller) => run(smaller, seed).difference !== undefined);
      const { difference } = run(small, seed);
      throw new Error(`seed ${seed}: ${differenceText(difference!)}\n${listing(small)}`);
    }
    assert(regions > last - first, `${regions} regions were made`);
  });
}

Deno.test("a random program is the same for the same seed", () => {
  assertEquals(layOut(randomProgram(5)), layOut(randomProgram(5)));
});

Deno.test("minimise leaves what makes a program fail", () => {
  const program = randomProgram(3);
  const wanted = JSON.stringify(program).match(/"kind":"loop"/) !== null;
  assertEquals(wanted, true);
  const hasLoop = (candidate: Program) => JSON.stringify(candidate).includes('"kind":"loop"');
  const small = minimise(program, hasLoop);
  assertEquals(small.flat().map(({ kind }) => kind), ["loop"]);
});
