import type { Sequence } from "./arm_sequence.ts";

const NOP = { 2: 0x46c0, 4: 0xe1a0_0000 } as const;

/** The shortest program found that still fails: fewer steps, and no-operations instead of instructions. */
export async function shrink(
  sequence: Sequence,
  fails: (sequence: Sequence) => boolean | Promise<boolean>,
): Promise<Sequence> {
  let shortest = sequence;
  for (let steps = 1; steps < sequence.steps; steps++) {
    const shorter = { ...sequence, steps };
    if (!await fails(shorter)) continue;
    shortest = shorter;
    break;
  }
  for (const [address, { bytes }] of sequence.code) {
    const code = new Map(shortest.code);
    code.set(address, { word: NOP[bytes], bytes });
    const simpler = { ...shortest, code };
    if (await fails(simpler)) shortest = simpler;
  }
  // What is a no-operation now, and not on the way, need not be there at all.
  for (const [address, { word, bytes }] of shortest.code) {
    if (word !== NOP[bytes]) continue;
    const code = new Map(shortest.code);
    code.delete(address);
    const simpler = { ...shortest, code };
    if (await fails(simpler)) shortest = simpler;
  }
  return shortest;
}
