/**
 * Tier 0: runs the operations of a block one after the other. No compile latency, and the reference for the other
 * tiers. The loop is generated once from `OPS`, so that each operation's formula stands inline in its case.
 *
 * @module
 */
import { ARITY, STRIDE } from "../ir/block.ts";
import { MEM, OP, OP_NAMES, OP_ROWS, resultType } from "../ir/ops.ts";
import { CPU } from "../isa/state.ts";
import type { Helper } from "../isa/isa.ts";
import type { Probes } from "../instrument/probes.ts";
import type { GuestMemory } from "../memory/guest_memory.ts";
import { PAGE_MASK, TLB, TLB_SIZE } from "../softmmu/tlb.ts";
import type { SoftMmu } from "../softmmu/softmmu.ts";
import type { Tb } from "../translator/tb.ts";
import { EXIT } from "./exits.ts";
import { PRACTICE_HELPERS, type SlowPath, warmUp } from "./warm_up.ts";

/** Most operations a block may have here; the translator keeps well below. */
export const MAX_VALUES = 8192;

/** What the interpreter works on. */
export interface InterpreterParts {
  readonly memory: GuestMemory;
  /** Offset of the vCPU's block. */
  readonly env: number;
  readonly mmu: SoftMmu;
  readonly helpers: readonly Helper[];
  /** Passed to the helpers. */
  readonly cpu: unknown;
  readonly probes: Probes;
}

/** Runs a block whose instructions have been charged, and returns an `EXIT`; after CHAIN, `CPU.link` is the exit's number. */
export type Interpreter = (tb: Tb) => number;

const CASES = OP_NAMES.map((name, op) => {
  const row = OP_ROWS[op];
  return `case ${op}: ${row.js === undefined ? SPECIAL(name) : pure(op)} break; // ${name}`;
}).join("\n");

function pure(op: number): string {
  const types = OP_ROWS[op].type.split(" ");
  const [a, b, c] = ["a", "b", "c"].map((_, k) =>
    k < ARITY[op] ? `${types[k] === "l" ? "V" : "v"}[code[p + ${k + 1}]]` : ""
  );
  const result = resultType(OP_ROWS[op]) === "l" ? "V" : "v";
  // Each operand is read once, into a constant, as the formulas may name it several times.
  const names = [["a", a], ["b", b], ["c", c]].filter(([, value]) => value).map(([n, value]) =>
    `${n} = ${value}`
  );
  return `{ const ${names.join(", ")}; ${result}[i] = ${OP_ROWS[op].js}; }`;
}

function SPECIAL(name: string): string {
  const leave = (code: number) => `return ${code};`;
  const raised =
    `if (i32[state + ${CPU.exception.index}] !== 0 && (i32[state + ${CPU.undo.index}] = undo, true))`;
  const branch = `p = find(code, p, code[p + 4]); i = (p - start) / ${STRIDE};`;
  // What may raise an exception has to say where.
  const record = `{ const at = code[p + 3];
       if (at >= 0) { pc = code[start + at * ${STRIDE} + 4]; insn = code[start + at * ${STRIDE} + 2]; } }`;
  // The fast path of an access: index, compare, add.
  const probe = (tag: number) => `
    const x = code[p + 4], address = v[code[p + 1]];
    const entry = tlb + (x >> ${MEM.mmuShift} & 15) * ${TLB_SIZE >> 2} + (address >>> 12 & ${
    TLB.entries - 1
  }) * 4;
    const size = 1 << (x & 3);
    const match = (x & ${MEM.aligned}) !== 0 ? address & (${PAGE_MASK} | size - 1)
      : (address + size - 1) & ${PAGE_MASK} | (address & size - 1 ? 1 : 0);
    const host = address + i32[entry + ${TLB.addend >> 2}] | 0;
    const fast = i32[entry + ${tag >> 2}] === match && (x & ${MEM.bigEndian}) === 0;`;
  switch (name) {
    case "const":
      return `v[i] = code[p + 4];`;
    case "const64":
      return `V[i] = BigInt(code[p + 3]) << 32n | BigInt(code[p + 4] >>> 0);`;
    case "get":
      return `v[i] = i32[state + (code[p + 4] >> 2)];`;
    case "get64":
      return `V[i] = i64[(state >> 1) + (code[p + 4] >> 3)];`;
    case "set":
      return `i32[state + (code[p + 4] >> 2)] = v[code[p + 1]];`;
    case "set64":
      return `i64[(state >> 1) + (code[p + 4] >> 3)] = V[code[p + 1]];`;
    case "load":
      return `{ ${probe(TLB.tagRead)}
        if (fast) {
          switch (x & 7) {
            case 0: v[i] = u8[host >>> 0]; break;
            case 1: v[i] = u16[host >>> 1]; break;
            case ${MEM.signed}: v[i] = u8[host >>> 0] << 24 >> 24; break;
            case ${1 | MEM.signed}: v[i] = u16[host >>> 1] << 16 >> 16; break;
            default: v[i] = i32[host >>> 2];
          }
        } else {
          ${record}
          v[i] = mmu.load(address, x, pc, tb.insns - insn - 1);
          ${raised} ${leave(EXIT.MAIN)}
        } }`;
    case "store":
      return `{ ${probe(TLB.tagWrite)}
        const value = v[code[p + 2]];
        if (fast) {
          if (size === 4) i32[host >>> 2] = value;
          else if (size === 1) u8[host >>> 0] = value;
          else u16[host >>> 1] = value;
        } else {
          ${record}
          mmu.store(address, value, x, pc, tb.insns - insn - 1);
          ${raised} ${leave(EXIT.MAIN)}
        } }`;
    case "load64":
      return `${record} V[i] = mmu.load64(v[code[p + 1]], code[p + 4], pc, tb.insns - insn - 1);
        ${raised} ${leave(EXIT.MAIN)}`;
    case "store64":
      return `${record} mmu.store64(v[code[p + 1]], V[code[p + 2]], code[p + 4], pc, tb.insns - insn - 1);
        ${raised} ${leave(EXIT.MAIN)}`;
    case "call":
    case "callI":
      return `{ const helper = helpers[code[p + 4]], a = code[p + 1], b = code[p + 2], c = code[p + 3];
        if (helper.raises) i32[state] = pc;
        ${
        name === "callI" ? `v[i] = ` : ""
      }helper.run(cpu, a < 0 ? 0 : v[a], b < 0 ? 0 : v[b], c < 0 ? 0 : v[c]);
        if (helper.raises) ${raised} { i32[state + ${CPU.budget.index}] += tb.insns - insn - 1; ${
        leave(EXIT.MAIN)
      } } }`;
    case "count":
      return `addTo(code[p + 4] >>> 2, v[code[p + 1]]);`;
    case "countAt":
      return `addTo(code[p + 4] + v[code[p + 2]] >>> 2, v[code[p + 1]]);`;
    case "peek64":
      return `V[i] = i64[code[p + 4] >>> 3];`;
    case "poke64":
      return `i64[code[p + 4] >>> 3] = V[code[p + 1]];`;
    case "probe":
    case "probeRead":
    case "probeWrite":
      return `{ const a = code[p + 1], b = code[p + 2], c = code[p + 3], site = code[p + 4];
        ${name === "probe" ? "" : "i32[state] = pc;"}
        probes.run[probes.callbackOf[site]](site, a < 0 ? 0 : v[a], b < 0 ? 0 : v[b], c < 0 ? 0 : v[c]);
        ${
        name === "probeWrite"
          ? `${raised} { i32[state + ${CPU.budget.index}] += tb.insns - insn - 1; ${leave(EXIT.MAIN)} }`
          : ""
      } }`;
    case "probeLater":
      return `probes.later(code[p + 4]);`;
    case "undo":
      return `undo = code[p + 4];`;
    case "insn":
      return `pc = code[p + 4]; insn = code[p + 2];`;
    case "label":
      return "";
    case "br":
      return branch;
    case "brIf":
      return `if (v[code[p + 1]] !== 0) { ${branch} }`;
    case "gotoTb":
      return `i32[state + ${CPU.link.index}] = code[p + 4]; ${leave(EXIT.CHAIN)}`;
    case "lookup":
      return `if (code[p + 4] !== 0) i32[state] = code[p + 2]; ${leave(EXIT.LOOKUP)}`;
    case "exit":
      return leave(EXIT.MAIN);
    default:
      throw new Error(`Cannot interpret operation "${name}"`);
  }
}

const MAKE = new Function(
  "parts",
  "v",
  "V",
  "find",
  `"use strict";
  const { memory: { u8, u16, i32, i64 }, env, mmu, helpers, cpu, probes } = parts;
  const state = env >> 2, tlb = env + ${TLB.offset} >> 2;
  function addTo(word, amount) {
    const low = (i32[word] >>> 0) + (amount >>> 0);
    i32[word] = low;
    if (low > 0xffffffff) i32[word + 1]++;
  }
  return function interpret(tb) {
    const { code, start, records } = tb.block;
    // The operation that is run, and the value it makes.
    let p = start + records * ${STRIDE}, i = records, pc = 0, insn = 0, undo = 0;
    for (; code[p] === ${OP.const}; p += ${STRIDE}) v[i++] = code[p + 4];
    for (;;) {
      switch (code[p]) {
        ${CASES}
      }
      p += ${STRIDE};
      i++;
      // Half of all operations; no need to jump for them.
      for (;; p += ${STRIDE}, i++) {
        if (code[p] === ${OP.set}) i32[state + (code[p + 4] >> 2)] = v[code[p + 1]];
        else if (code[p] === ${OP.get}) v[i] = i32[state + (code[p + 4] >> 2)];
        else break;
      }
    }
  };`,
) as (
  parts: Omit<InterpreterParts, "mmu"> & { readonly mmu: SlowPath },
  v: Int32Array,
  V: BigInt64Array,
  find: typeof findLabel,
) => Interpreter;

/** Makes an interpreter bound to one vCPU. */
export function interpreter(parts: InterpreterParts): Interpreter {
  const { memory, env, helpers } = parts;
  let mmu: SlowPath = parts.mmu;
  const slowPath: SlowPath = {
    load: (address, mem, pc, left) => mmu.load(address, mem, pc, left),
    store: (address, value, mem, pc, left) => mmu.store(address, value, mem, pc, left),
    load64: (address, mem, pc, left) => mmu.load64(address, mem, pc, left),
    store64: (address, value, mem, pc, left) => mmu.store64(address, value, mem, pc, left),
  };
  const interpret = MAKE(
    { ...parts, mmu: slowPath, helpers: [...helpers, ...PRACTICE_HELPERS] },
    new Int32Array(MAX_VALUES),
    new BigInt64Array(MAX_VALUES),
    findLabel,
  );
  warmUp(interpret, { memory, env, helper: helpers.length, use: (other) => mmu = other });
  mmu = parts.mmu;
  return interpret;
}

/** Where a label stands. It lies ahead of its branches and not far, so nothing is kept. */
function findLabel(code: Int32Array, from: number, label: number): number {
  for (let p = from; p < code.length; p += STRIDE) {
    if (code[p] === OP.label && code[p + 4] === label) return p;
  }
  throw new Error(`Cannot find label L${label}: the block is not well formed`);
}
