import { isDeepStrictEqual } from "node:util";
import { MODELS } from "../../plugins/isa/arm/cpus.ts";
import { type RandomInstruction, randomInstructions } from "../../plugins/isa/arm/random.ts";
import type { ArmRow } from "../../plugins/isa/arm/rows.ts";
import { MODE, PSR } from "../../plugins/isa/arm/state.ts";
import type { Random } from "../prng.ts";
import { ArmMachine, PLACE, type PlacedWord, type Start } from "./arm_machine.ts";

/** A random program, and how many instructions of it are run. */
export interface Sequence extends Start {
  readonly steps: number;
}

/** What random programs are made of. */
export interface SequenceOptions {
  readonly random: Random;
  /** Rows that are left out. */
  readonly without: (row: ArmRow) => boolean;
  /** Whether the last instruction may do whatever it likes: fault, trap, change the mode. */
  readonly wildEnd: boolean;
}

const LONGEST = 30;
/** Draws for one place before it is given up. */
const TRIES = 40;

/**
 * Grows random programs along their own execution: where the program counter stands and nothing has been put yet an
 * instruction is drawn, tried, and taken if the machine is still in its mode, its code and its data afterwards.
 * So programs branch and loop, go from A32 to Thumb and back, and reach memory that is there.
 */
export class SequenceGenerator {
  readonly #machine: ArmMachine;
  readonly #options: SequenceOptions;
  readonly #draw: { readonly [K in "arm" | "thumb"]: () => RandomInstruction };

  constructor(options: SequenceOptions) {
    this.#options = options;
    this.#machine = new ArmMachine("interpreter", { vectors: options.wildEnd });
    const { random, without } = options, { features } = MODELS.arm926;
    const bits = () => random.u32() | 0;
    this.#draw = {
      arm: randomInstructions({ features, thumb: false, without }, bits),
      thumb: randomInstructions({ features, thumb: true, without }, bits),
    };
  }

  next(): Sequence {
    for (;;) {
      const sequence = this.#grow(), grown = this.#machine.end();
      this.#machine.begin(sequence);
      this.#machine.run(sequence.steps);
      // Not so if it read code that was not there yet.
      if (isDeepStrictEqual(this.#machine.end(), grown)) return sequence;
    }
  }

  #grow(): Sequence {
    const { random, wildEnd } = this.#options, machine = this.#machine;
    const code = new Map<number, PlacedWord>(), taken = new Set<number>();
    const start = { ...this.#start(), code };
    const length = 1 + random.below(LONGEST), wild = wildEnd && random.oneIn(3);
    machine.begin(start);
    let steps = 0;
    while (steps < length) {
      const pc = machine.pc, there = code.get(pc);
      if (there !== undefined) {
        // A loop: what stands there may not go on as it did the first time, or have been put there in another state.
        if ((there.bytes === 2) !== machine.thumb || !this.#tryOne()) break;
      } else {
        const last = wild && steps === length - 1;
        const placed = this.#place(pc, taken, last);
        if (placed === undefined) break;
        code.set(pc, placed);
        for (let i = 0; i < placed.bytes; i += 2) taken.add(pc + i);
      }
      steps++;
    }
    return { ...start, steps };
  }

  /** Registers: pointers to the middle of the data, small numbers, and anything. */
  #start(): Omit<Sequence, "steps" | "code"> {
    const { random } = this.#options;
    const registers = Int32Array.from({ length: 17 }, () => {
      switch (random.below(4)) {
        case 0:
        case 1:
          return PLACE.data.at + PLACE.data.size / 2 + 4 * (random.below(32) - 16);
        case 2:
          return random.below(40);
        default:
          return random.word();
      }
    });
    const flags = random.u32() & (PSR.N | PSR.Z | PSR.C | PSR.V | PSR.Q);
    registers[15] = PLACE.code.at + 4 * random.below(16);
    registers[16] = flags | PSR.I | PSR.F | MODE.SVC | (random.oneIn(2) ? PSR.T : 0);
    // An exception return leaves the frame, then, unless anything may happen at the end.
    const modes = this.#options.wildEnd ? [MODE.USR, MODE.IRQ, MODE.SVC, MODE.SYS] : [MODE.USR];
    const spsr = random.u32() & (PSR.N | PSR.Z | PSR.C | PSR.V | PSR.T) | PSR.I | PSR.F | random.pick(modes);
    return { registers, spsr, data: random.bytes(PLACE.data.size) };
  }

  /** Draws an instruction for an address and runs it; undefined if none did what it should. */
  #place(pc: number, taken: ReadonlySet<number>, wild: boolean): PlacedWord | undefined {
    const machine = this.#machine, bytes = machine.thumb ? 2 : 4;
    if (bytes === 4 && taken.has(pc + 2)) return undefined;
    const before = this.#save();
    for (let tries = 0; tries < TRIES; tries++) {
      const { word } = this.#draw[bytes === 2 ? "thumb" : "arm"]();
      const placed = { word, bytes } as const;
      machine.poke(pc, placed);
      machine.run(1);
      if (wild || this.#inside(before.ram)) return placed;
      this.#restore(before);
    }
  }

  /** Runs what stands at the program counter; false, and as if nothing had been, if it leaves the frame. */
  #tryOne(): boolean {
    const before = this.#save();
    this.#machine.run(1);
    if (this.#inside(before.ram)) return true;
    this.#restore(before);
    return false;
  }

  #inside(before: Uint8Array): boolean {
    const machine = this.#machine, offset = (machine.pc >>> 0) - PLACE.code.at;
    if ((machine.cpsr & PSR.MODE) !== MODE.SVC || machine.cpu.i32[4] !== 0) return false;
    if (offset < 0 || offset >= PLACE.code.size - 4 || offset % (machine.thumb ? 2 : 4) !== 0) return false;
    // Only the instruction itself may have been put where code is, and nothing beside the data.
    const after = machine.ram, data = PLACE.data.at - PLACE.ram.at;
    return sameBytes(before, after, 0, PLACE.code.size, this.#placedAt) &&
      sameBytes(before, after, PLACE.code.size, data) &&
      sameBytes(before, after, data + PLACE.data.size, after.length);
  }

  #placedAt = -1;

  #save() {
    const { i32 } = this.#machine.cpu;
    this.#placedAt = (this.#machine.pc >>> 0) - PLACE.ram.at;
    return { words: i32.slice(), ram: this.#machine.ram.slice() };
  }

  #restore({ words, ram }: { words: Int32Array; ram: Uint8Array }): void {
    const { cpu } = this.#machine, generation = cpu.i32[8];
    cpu.i32.set(words);
    cpu.i32[8] = generation;
    this.#machine.restoreMemory(ram);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array, from: number, to: number, but = -8): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i] && (i < but || i >= but + 4)) return false;
  return true;
}
