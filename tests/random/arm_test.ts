/**
 * Random programs in all tiers: every register, flag and byte of memory must come out alike. A failing program is
 * shrunk and printed, as a line for `tests/vectors/arm` where it can be one. `EMU_SEED` runs others.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { ArmRow } from "../../plugins/isa/arm/rows.ts";
import { prng, seedOf } from "../prng.ts";
import type { TierName } from "../tiers/tiers.ts";
import { ArmMachine, type End, PLACE } from "./arm_machine.ts";
import { type Sequence, SequenceGenerator } from "./arm_sequence.ts";
import { hex, sequenceText, vectorLine } from "./arm_text.ts";
import { shrink } from "./shrink.ts";

const SEED = seedOf(1);
/** Programs; fewer if they would take longer than `SECONDS`. */
const PROGRAMS = 6000;
const SECONDS = 20;

/** Instructions run behind the last: blocks reach to the branch there, and are run whole. */
const BEHIND = 4;

/** Writes to CP15 would take the memory away, or wait for ever. */
const without = ({ name }: ArmRow) => name === "mcr_p15";

Deno.test("random programs leave the same state in the interpreter and as compiled blocks", async () => {
  const reference = new ArmMachine("interpreter"), blocks = new ArmMachine("blocks");
  const generator = new SequenceGenerator({ random: prng(SEED), without, wildEnd: true });
  const until = performance.now() + SECONDS * 1000;
  let steps = 0, thumb = 0, programs = 0;
  while (programs < PROGRAMS && performance.now() < until) {
    const sequence = generator.next();
    programs++;
    steps += sequence.steps;
    for (const { bytes } of sequence.code.values()) if (bytes === 2) thumb++;
    if (differences(sequence, reference, blocks).length === 0) continue;
    throw new Error(await failure(sequence, programs, reference, blocks));
  }
  assert(steps > 5 * programs && thumb > programs, `${steps} steps, ${thumb} Thumb instructions`);
  assert(blocks.cpu.stats.entries > programs, "nothing was compiled");
});

/** What differs between two machines, as texts: at the end, and with a slice that ends on the way. */
function differences(sequence: Sequence, reference: ArmMachine, other: ArmMachine): string[] {
  const { steps } = sequence, end = steps + BEHIND;
  // Blocks are compiled once they have run a few times.
  for (let warm = 0; warm < 3; warm++) run(other, sequence, end);
  const atEnd = differencesAt(end, { sequence, reference, other });
  return atEnd.length > 0 ? atEnd : differencesAt(1 + (steps >> 1), { sequence, reference, other });
}

function differencesAt(
  count: number,
  { sequence, reference, other }: { sequence: Sequence; reference: ArmMachine; other: ArmMachine },
): string[] {
  const expected = run(reference, sequence, count), actual = run(other, sequence, count);
  return [
    ...Object.keys(expected.registers).filter((name) => expected.registers[name] !== actual.registers[name])
      .map((name) => `${name} is ${hex(actual.registers[name])}, not ${hex(expected.registers[name])}`),
    ...differentBytes(expected, actual),
  ];
}

function run(machine: ArmMachine, sequence: Sequence, count: number): End {
  machine.begin(sequence);
  machine.run(count);
  return machine.end();
}

function differentBytes({ memory: expected }: End, { memory: actual }: End): string[] {
  const texts: string[] = [];
  for (let i = 0; i < expected.length; i++) {
    if (expected[i] !== actual[i]) {
      texts.push(`[${hex(PLACE.ram.at + i)}] is ${hex(actual[i], 2)}, not ${hex(expected[i], 2)}`);
    }
  }
  return texts;
}

async function failure(
  sequence: Sequence,
  number: number,
  reference: ArmMachine,
  other: ArmMachine,
  tier: TierName = "blocks",
): Promise<string> {
  const short = await shrink(sequence, (shorter) => differences(shorter, reference, other).length > 0);
  const { registers } = run(reference, short, short.steps);
  return [
    `seed ${SEED}, program ${number}: ${tier} differs from the interpreter`,
    ...differences(short, reference, other),
    sequenceText(short),
    vectorLine(short, registers) ?? "",
  ].join("\n");
}
