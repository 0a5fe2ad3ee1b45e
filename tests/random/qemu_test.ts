/**
 * Random programs here and on QEMU's Integrator/CP, instruction by instruction through its debugging stub: registers,
 * flags and memory must be the same at the end. `EMU_SEED` runs others.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { ArmRow } from "../../plugins/isa/arm/rows.ts";
import { MODE, PSR } from "../../plugins/isa/arm/state.ts";
import { prng, seedOf } from "../prng.ts";
import { ArmMachine, type End, imageOf, PLACE } from "./arm_machine.ts";
import { type Sequence, SequenceGenerator } from "./arm_sequence.ts";
import { hex, sequenceText, vectorLine } from "./arm_text.ts";
import type { GdbClient } from "./gdb_client.ts";
import { startQemu, WITHOUT_QEMU } from "./qemu.ts";
import { shrink } from "./shrink.ts";

const SEED = seedOf(1);
/** Programs; fewer if they would take longer than `SECONDS`. */
const PROGRAMS = 1500;
const SECONDS = 25;

/**
 * What meets registers that the stub does not show, or devices; and half a BL: QEMU knows it whole only, as the manual
 * allows.
 */
const without = ({ name, needs }: ArmRow) =>
  needs === "vfp" || /^(mcr|mrc|msr|mrs|blx?_(prefix|suffix)$)|_p15$|_user$/.test(name);

/** The stub's registers, as it packs them for clients that do not ask for a description: 16 words, eight FPA registers
 * of 12 bytes and their status, CPSR. */
const REGISTERS = 168, CPSR_AT = 164;

Deno.test({
  name: `random programs leave the same state here and in QEMU${WITHOUT_QEMU}`,
  ignore: WITHOUT_QEMU !== "",
  async fn() {
    await using qemu = await startQemu();
    const { gdb } = qemu, machine = new ArmMachine("interpreter", { vectors: false });
    const generator = new SequenceGenerator({ random: prng(SEED), without, wildEnd: false });
    const until = performance.now() + SECONDS * 1000;
    let programs = 0, steps = 0;
    while (programs < PROGRAMS && performance.now() < until) {
      const sequence = generator.next();
      programs++;
      steps += sequence.steps;
      if ((await differences(sequence, machine, gdb)).length === 0) continue;
      const short = await shrink(sequence, async (shorter) => {
        // Programs that come to have exceptions tell nothing: vectors are elsewhere there.
        const { cpsr } = runHere(machine, shorter).registers;
        return (cpsr & PSR.MODE) === MODE.SVC && (await differences(shorter, machine, gdb)).length > 0;
      });
      throw new Error([
        `seed ${SEED}, program ${programs}: not what QEMU does`,
        ...await differences(short, machine, gdb),
        sequenceText(short),
        vectorLine(short, runHere(machine, short).registers) ?? "",
      ].join("\n"));
    }
    assert(steps > 5 * programs, `${steps} steps in ${programs} programs`);
  },
});

async function differences(sequence: Sequence, machine: ArmMachine, gdb: GdbClient): Promise<string[]> {
  const ours = runHere(machine, sequence), theirs = await runThere(gdb, sequence);
  const names = Object.keys(theirs.registers);
  const texts = names.filter((name) => ours.registers[name] !== theirs.registers[name])
    .map((name) => `${name} is ${hex(ours.registers[name])}, in QEMU ${hex(theirs.registers[name])}`);
  const at = PLACE.data.at - PLACE.ram.at;
  for (let i = 0; i < PLACE.data.size; i++) {
    if (ours.memory[at + i] === theirs.memory[i]) continue;
    const [a, b] = [ours.memory[at + i], theirs.memory[i]].map((byte) => hex(byte, 2));
    texts.push(`[${hex(PLACE.data.at + i)}] is ${a}, in QEMU ${b}`);
  }
  return texts;
}

function runHere(machine: ArmMachine, sequence: Sequence): End {
  machine.begin(sequence);
  machine.run(sequence.steps);
  return machine.end();
}

async function runThere(gdb: GdbClient, sequence: Sequence): Promise<End> {
  const { registers, code, data, steps } = sequence;
  const image = imageOf(code, data);
  await gdb.writeMemory(PLACE.code.at, image.subarray(0, PLACE.code.size));
  await gdb.writeMemory(PLACE.data.at, data);
  const before = new DataView(new ArrayBuffer(REGISTERS));
  for (let n = 0; n < 16; n++) before.setInt32(4 * n, registers[n], true);
  before.setInt32(CPSR_AT, registers[16], true);
  await gdb.writeRegisters(new Uint8Array(before.buffer));
  for (let i = 0; i < steps; i++) await gdb.step();
  const bytes = await gdb.readRegisters();
  assertEquals(bytes.length, REGISTERS, "the stub packs its registers otherwise");
  const view = new DataView(bytes.buffer);
  const names = [...Array.from({ length: 15 }, (_, n) => `r${n}`), "pc"];
  return {
    registers: {
      ...Object.fromEntries(names.map((name, n) => [name, view.getInt32(4 * n, true)])),
      // As the CPSR is here: bits that an ARM926 does not have read as 0.
      cpsr: view.getInt32(CPSR_AT, true) &
        (PSR.N | PSR.Z | PSR.C | PSR.V | PSR.Q | PSR.I | PSR.F | PSR.T | PSR.MODE),
    },
    memory: await gdb.readMemory(PLACE.data.at, PLACE.data.size),
  };
}
