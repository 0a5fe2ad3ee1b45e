import { ARITY, Block, STRIDE } from "../ir/block.ts";
import { OP, OP_ROWS } from "../ir/ops.ts";
import { Scratch } from "./scratch.ts";

const KIND = { other: 0, pure: 1, get: 2, set: 3, kept: 4, insn: 5, memory: 6, call: 7 } as const;
const KINDS = Uint8Array.from(OP_ROWS, ({ effect }, op) => {
  if (op === OP.insn) return KIND.insn;
  if (effect === undefined) return KIND.pure;
  if (effect === "get" || effect === "set" || effect === "memory" || effect === "call") return KIND[effect];
  return effect === "host" ? KIND.kept : KIND.other;
});

/** Who asks for an `insn`: nobody, an access of memory, or a call. */
const WANTED = { no: 0, byMemory: 1, inPlace: 2 } as const;

const usedWords = new Scratch(), renamedWords = new Scratch();
/** By field: the epoch in which it was seen to be written, with nothing before that could read it or leave the block. */
const overwritten = new Uint32Array(1024);
let epoch = 0;

/**
 * Removes operations whose result nobody uses, and writes to state fields that are overwritten before anything can
 * see them. Walks backwards, so one pass is enough; returns a block that takes no more room than it needs.
 *
 * Orders the rest so that tier 0 has little to do: constants come first. An `insn` is needed by what may raise an
 * exception. If that is only accesses of memory it becomes a record at the start of the block, which they refer to.
 */
export function deadCode(block: Block): Block {
  const { length, code } = block;
  const used = usedWords.zeros(length);
  let kept = 0, records = 0, constants = 0;
  let wanted: number = WANTED.no;
  epoch++;
  for (let i = length - 1, p = i * STRIDE; i >= 0; i--, p -= STRIDE) {
    const op = code[p];
    switch (KINDS[op]) {
      case KIND.set: {
        const field = code[p + 4] >> 2;
        if (overwritten[field] === epoch) continue;
        overwritten[field] = epoch;
        break;
      }
      case KIND.get:
        if (used[i] === 0) continue;
        overwritten[code[p + 4] >> 2] = 0;
        break;
      case KIND.pure:
        if (used[i] === 0) continue;
        if (op === OP.const) constants++;
        break;
      case KIND.insn:
        used[i] = wanted;
        if (wanted !== WANTED.no) kept++;
        if (wanted === WANTED.byMemory) records++;
        wanted = WANTED.no;
        continue;
      case KIND.memory:
        if (wanted === WANTED.no) wanted = WANTED.byMemory;
        epoch++;
        break;
      case KIND.call:
        wanted = WANTED.inPlace;
        epoch++;
        break;
      case KIND.other:
        epoch++;
        break;
    }
    used[i] = 1;
    kept++;
    for (let k = 1; k <= ARITY[op]; k++) {
      const operand = code[p + k];
      if (operand >= 0) used[operand] = 1;
    }
  }
  const out = Block.compact(kept), to = out.code;
  out.labels = block.labels;
  out.records = records;
  const renamed = renamedWords.words(length);
  let nextRecord = 0, nextConstant = records, next = records + constants, record = -1;
  for (let i = 0, p = 0; i < length; i++, p += STRIDE) {
    const op = code[p];
    if (op === OP.insn) record = -1;
    if (used[i] === 0) continue;
    const arity = ARITY[op];
    const a = code[p + 1], b = code[p + 2];
    let c = code[p + 3];
    let at: number;
    if (op === OP.const) at = nextConstant++;
    else if (op === OP.insn && used[i] === WANTED.byMemory) at = record = nextRecord++;
    else {
      at = next++;
      if (KINDS[op] === KIND.memory) c = record;
    }
    renamed[i] = at;
    const q = out.start + at * STRIDE;
    to[q] = op;
    to[q + 1] = arity > 0 && a >= 0 ? renamed[a] : a;
    to[q + 2] = arity > 1 && b >= 0 ? renamed[b] : b;
    to[q + 3] = arity > 2 && c >= 0 ? renamed[c] : c;
    to[q + 4] = code[p + 4];
  }
  return out;
}
