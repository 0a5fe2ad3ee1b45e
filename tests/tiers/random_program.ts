/**
 * Random programs: instructions in loops, branches, switches and calls, on several pages, with exceptions, interrupts
 * and code that overwrites itself. Trees, so that a failing one can be cut down.
 *
 * Registers: r0–r7 are anything; r8 scratch for addresses; r9 the data; r10–r12 counters of loops, by depth.
 *
 * @module
 */
import { disassembleArm } from "../../plugins/isa/arm/disassemble.ts";
import { MODELS } from "../../plugins/isa/arm/cpus.ts";
import { randomInstructions } from "../../plugins/isa/arm/random.ts";
import type { ArmRow } from "../../plugins/isa/arm/rows.ts";
import { prng, type Random } from "../prng.ts";

/** A piece of a program. */
export type Node =
  | { readonly kind: "words"; readonly words: readonly number[] }
  | { readonly kind: "if"; readonly condition: number; readonly then: Nodes; readonly otherwise: Nodes }
  | { readonly kind: "loop"; readonly count: number; readonly body: Nodes }
  | { readonly kind: "switch"; readonly on: number; readonly cases: readonly Nodes[] }
  | { readonly kind: "call"; readonly to: number; readonly link: "bl" | "blx" }
  /** Goes on at the end of a page, so that what follows crosses into the next. */
  | { readonly kind: "page"; readonly words: number }
  /** An instruction that is replaced by the one or the other, by a condition. */
  | { readonly kind: "patch"; readonly condition: number; readonly words: readonly [number, number] };

export type Nodes = readonly Node[];

/** Functions; the first is run for ever, and each may call those behind it. */
export type Program = readonly Nodes[];

const FUNCTIONS = 4, DEPTH = 3;
/** Rows that compute on registers and do nothing else. */
const COMPUTING =
  /^(and|eor|sub|rsb|add|adc|sbc|rsc|orr|bic|mov|mvn|tst|teq|cmp|cmn)_|^(clz|mul|mla|[us]m(ull|lal))$|^q|^smul|^smla|^mrs$|^v(?!st|ld|m[rs][rs]_fp)/;
const FREE = /^r[0-7]$/;
const ALWAYS = 0xe;

/** Random instructions on r0–r7 and the floating-point registers. */
function computing(random: Random): () => number {
  const { features } = MODELS.arm926;
  const without = ({ name }: ArmRow) => !COMPUTING.test(name);
  const draw = randomInstructions({ features, thumb: false, without }, () => random.u32() | 0);
  return () => {
    for (;;) {
      const { word } = draw();
      const { text } = disassembleArm(new Uint8Array(new Uint32Array([word]).buffer), 0, 0);
      const registers = text.match(/\b(r\d+|sp|lr|pc|spsr)\b/g) ?? [];
      if (registers.every((name) => FREE.test(name))) return word;
    }
  };
}

/** Loads and stores around r9, aligned or not, of all widths; in one of eight cases under a condition. */
function access(random: Random): number[] {
  const condition = (random.oneIn(8) ? random.below(15) : ALWAYS) * 2 ** 28;
  const d = random.below(8), load = random.below(2) << 20, up = random.below(2) << 23;
  const offset = random.oneIn(4) ? random.below(256) : random.below(64) << 2;
  const split = (offset & 0xf0) << 4 | offset & 0xf;
  switch (random.below(7)) {
    case 0: // LDR, STR
      return [condition + (0x0509_0000 | up | load | d << 12 | offset)];
    case 1: // LDRB, STRB
      return [condition + (0x0549_0000 | up | load | d << 12 | offset)];
    case 2: // LDRH, STRH, LDRSB, LDRSH
      return [condition + (0x0149_0090 | up | (random.oneIn(2) ? 0x10_0060 : load | 0x20) | d << 12 | split)];
    case 3: // LDRD, STRD, on doublewords
      return [condition + (0x0149_00d0 | random.below(2) << 5 | up | (d & 6) << 12 | split & 0xf08)];
    case 4: // LDM, STM; IA, IB, DA, DB
      return [condition + (0x0809_0000 | random.below(4) << 23 | load | 1 + random.below(255))];
    case 5: // a register as offset
      return [
        0xe200_80fc | random.below(8) << 16, // and r8, rN, #0xfc
        condition + (0x0709_0008 | up | load | d << 12), // ldr, str rD, [r9, ±r8]
      ];
    default: // with writeback
      return [
        0xe1a0_8009,
        condition + (0x04b8_0000 & ~(1 << 20) & ~(1 << 21) | load | up | d << 12 | offset),
      ];
  }
}

/** What leaves the straight way: exceptions, devices, status registers. */
function disturbance(random: Random): number[] {
  const condition = (random.oneIn(2) ? random.below(15) : ALWAYS) * 2 ** 28, d = random.below(8) << 12;
  switch (random.below(6)) {
    case 0:
      return [condition + 0x0f00_0042]; // svc
    case 1:
      return [0xe7f0_00f0]; // undefined
    case 2:
      return [0xe3a0_8202, condition + (0x0598_0000 | d)]; // mov r8, #0x20000000; ldr: nothing is there
    case 3:
      return [0xe3a0_8202, condition + (0x08a8_00ff)]; // stm r8!
    case 4:
      return [0xe3a0_8201, condition + (0x0598_0000 | d)]; // mov r8, #0x10000000; ldr: the clock
    default:
      return [condition + (0x0128_f000 | random.below(8))]; // msr cpsr_f
  }
}

/** The program of a seed. */
export function randomProgram(seed: number): Program {
  const random = prng(seed), instruction = computing(random);
  const words = (count: number) => Array.from({ length: count }, instruction);

  // Whoever overwrites itself all the time never comes to be compiled.
  const patches = random.oneIn(4);

  function nodes(owner: number, depth: number, least = 1): Nodes {
    return Array.from({ length: least + random.below(4) }, () => node(owner, depth));
  }

  function node(owner: number, depth: number): Node {
    const choice = random.below(depth === 0 ? 5 : 12);
    switch (choice) {
      case 0:
        return { kind: "words", words: access(random) };
      case 1:
        return random.oneIn(2)
          ? { kind: "words", words: disturbance(random) }
          : { kind: "words", words: words(2) };
      case 2:
        return patches && random.oneIn(4)
          ? { kind: "patch", condition: random.below(14), words: [instruction(), instruction()] }
          : { kind: "words", words: access(random) };
      case 5:
      case 6:
        return {
          kind: "if",
          condition: random.below(14),
          then: nodes(owner, depth - 1),
          otherwise: random.oneIn(2) ? nodes(owner, depth - 1) : [],
        };
      case 7:
      case 8:
        return { kind: "loop", count: 2 + random.below(7), body: nodes(owner, depth - 1) };
      case 9:
        return {
          kind: "switch",
          on: random.below(8),
          cases: Array.from({ length: 4 }, () => nodes(owner, depth - 1)),
        };
      case 10:
        return owner + 1 < FUNCTIONS
          ? {
            kind: "call",
            to: owner + 1 + random.below(FUNCTIONS - owner - 1),
            link: random.pick(["bl", "blx"]),
          }
          : { kind: "words", words: words(3) };
      case 11:
        return { kind: "page", words: 1 + random.below(6) };
      default:
        return { kind: "words", words: words(1 + random.below(6)) };
    }
  }

  return Array.from(
    { length: FUNCTIONS },
    (_, owner) => owner === 0 ? nodes(0, DEPTH, 5) : nodes(owner, DEPTH - 1),
  );
}
