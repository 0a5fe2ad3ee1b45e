import { assert, assertEquals } from "@std/assert";
import { CPU } from "@emu/core";
import { type Model, MODELS } from "../../plugins/isa/arm/cpus.ts";
import { disassembleArm } from "../../plugins/isa/arm/disassemble.ts";
import { ARM, MODE, PSR, TB } from "../../plugins/isa/arm/state.ts";
import { type Assignments, parseVectors, type Vector } from "./vector.ts";

/** All of a machine that vectors see. */
export interface ArmVectorState {
  /** Name of a CPU model. */
  readonly model: string;
  /** `CPU.pc`, `CPU.tbflags` and the fields of `ARM`, by name. */
  readonly registers: Readonly<Record<string, number>>;
  /** Physical memory from address 0 on, with no MMU in between. */
  readonly memory: Uint8Array;
}

/**
 * Runs the program at the PC: one instruction after the other, until the PC has left the program's `length` bytes,
 * or as many as `words` have been run. Returns the state after that; the one given stays as it is.
 */
export type RunArmVector = (
  words: readonly number[],
  length: number,
  state: ArmVectorState,
) => ArmVectorState;

const MEMORY = 0x1_0000;
const START = 0x8000;

/** Register fields that are compared; the CP15 and VFP ones have tests of their own. */
const FIELDS = Object.keys(ARM).filter((name) => /^(r\d+|spsr)(_\w+)?$/.test(name) || name === "mode");
const FLAGS = ["n", "z", "c", "v", "q"];

/** What is not mentioned in a vector: two states that differ in every bit. */
const BACKGROUNDS = [0x2929_2929, ~0x2929_2929];

/** Registers one test for each line of each file in `arm/`. */
export function testArmVectors(tier: string, run: RunArmVector): void {
  const folder = new URL("arm/", import.meta.url);
  for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    Deno.test(`arm vectors of ${name} hold on ${tier}`, () => {
      const vectors = parseVectors(Deno.readTextFileSync(new URL(name, folder)), name, "arm926");
      assert(vectors.length > 0, `${name} holds no vectors`);
      const wrong = vectors.flatMap((vector) =>
        BACKGROUNDS.flatMap((fill) => differences(vector, fill, run))
      );
      assertEquals(wrong, []);
    });
  }
}

function differences(vector: Vector, fill: number, run: RunArmVector): string[] {
  const { words, model } = vector;
  const registers = backgroundRegisters(fill, model);
  assign(registers, vector.before, vector.place);
  const memory = new Uint8Array(MEMORY).fill(fill);
  const view = new DataView(memory.buffer);
  for (const [at, value] of Object.entries(vector.before.memory)) view.setInt32(Number(at), value, true);
  let end = registers.pc;
  for (const { value, bytes } of words) {
    if (bytes === 2) view.setUint16(end, value, true);
    else view.setUint32(end, value, true);
    end += bytes;
  }
  const text = textOf(memory, { from: registers.pc, to: end, flags: registers.tbflags });
  const after = run(words.map(({ value }) => value), end - registers.pc, {
    model,
    registers,
    memory: memory.slice(),
  });

  const expected = { ...registers, pc: end };
  assign(expected, vector.after, vector.place);
  for (const [at, value] of Object.entries(vector.after.memory)) view.setInt32(Number(at), value, true);
  return [
    ...(text === vector.text ? [] : [`${vector.place} is "${text}"`]),
    ...differentRegisters(after.registers, expected),
    ...differentMemory(after.memory, memory),
  ].map((what) => `${vector.place} (${vector.text}): ${what}`);
}

function backgroundRegisters(fill: number, model: string): Record<string, number> {
  const set = fill < 0;
  const registers: Record<string, number> = {};
  for (const [n, name] of FIELDS.entries()) registers[name] = fill ^ n;
  const flags = { nf: set ? -1 : 0, zf: set ? 0 : 1, cf: Number(set), vf: set ? -1 : 0 };
  const qf = Number(set && (MODELS as Readonly<Record<string, Model>>)[model].features.v5e);
  return { ...registers, ...flags, qf, mode: MODE.SVC | PSR.I | PSR.F, pc: START, tbflags: 0 };
}

/** Sets registers by the names that vectors use: n z c v q, t for Thumb state. */
function assign(registers: Record<string, number>, { registers: values }: Assignments, place: string): void {
  for (const [name, value] of Object.entries(values)) {
    if (name === "n") registers.nf = -value;
    else if (name === "z") registers.zf = 1 - value;
    else if (name === "c") registers.cf = value;
    else if (name === "v") registers.vf = -value;
    else if (name === "q") registers.qf = value;
    else if (name === "t") setBit(registers, TB.T, value);
    else if (name in registers) registers[name] = value;
    else throw new SyntaxError(`Cannot read ${place}: there is no register ${name}`);
    if (name === "mode") setBit(registers, TB.USER, Number((value & PSR.MODE) === MODE.USR));
  }
}

function setBit(registers: Record<string, number>, bit: number, value: number): void {
  registers.tbflags = registers.tbflags & ~bit | (value ? bit : 0);
}

/** The registers as vectors name them. */
function visible(registers: Readonly<Record<string, number>>): Record<string, number> {
  const { nf, zf, cf, vf, qf, tbflags, pc } = registers;
  const flags = [nf >>> 31, Number(zf === 0), cf, vf >>> 31, qf];
  return {
    ...Object.fromEntries(FIELDS.map((name) => [name, registers[name]])),
    ...Object.fromEntries(FLAGS.map((name, i) => [name, flags[i]])),
    t: tbflags & TB.T,
    user: Number((tbflags & TB.USER) !== 0),
    pc,
  };
}

function differentRegisters(
  actual: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
): string[] {
  const ours = visible(actual), theirs = visible(expected);
  return Object.keys(theirs).filter((name) => ours[name] !== theirs[name]).map((name) =>
    `${name} is ${hex(ours[name])}, not ${hex(theirs[name])}`
  );
}

function differentMemory(actual: Uint8Array, expected: Uint8Array): string[] {
  const a = new DataView(actual.buffer, actual.byteOffset), e = new DataView(expected.buffer);
  return Array.from({ length: MEMORY / 4 }, (_, i) => 4 * i).filter((at) =>
    a.getInt32(at, true) !== e.getInt32(at, true)
  ).map((at) => `[${hex(at)}] is ${hex(a.getInt32(at, true))}, not ${hex(e.getInt32(at, true))}`);
}

function textOf(
  memory: Uint8Array,
  { from, to, flags }: { from: number; to: number; flags: number },
): string {
  const texts = [];
  for (let at = from; at < to;) {
    const { text, length } = disassembleArm(memory.subarray(at, to), at, flags);
    texts.push(text);
    at += length;
  }
  return texts.join("; ");
}

function hex(value: number): string {
  return (value >>> 0).toString(16);
}

/** The fields that a state block is loaded from and read into. */
export const ARM_VECTOR_FIELDS = [
  ...FIELDS.map((name) => (ARM as unknown as Record<string, typeof CPU.pc>)[name]),
  ARM.nf,
  ARM.zf,
  ARM.cf,
  ARM.vf,
  ARM.qf,
  CPU.pc,
  CPU.tbflags,
];
