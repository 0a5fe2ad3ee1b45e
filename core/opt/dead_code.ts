import { ARITY, Block, STRIDE } from "../ir/block.ts";
import { OP, OP_ROWS } from "../ir/ops.ts";
import { Scratch } from "./scratch.ts";

const KIND = { other: 0, pure: 1, get: 2, set: 3, kept: 4 } as const;
const KINDS = Uint8Array.from(
  OP_ROWS,
  ({ effect }, op) =>
    effect === undefined
      ? KIND.pure
      : effect === "get"
      ? KIND.get
      : effect === "set"
      ? KIND.set
      : op === OP.insn || effect === "host"
      ? KIND.kept
      : KIND.other,
);

const usedWords = new Scratch(), renamedWords = new Scratch();
/** By field: the epoch in which it was seen to be written, with nothing before that could read it or leave the block. */
const overwritten = new Uint32Array(1024);
let epoch = 0;

/**
 * Removes operations whose result nobody uses, and writes to state fields that are overwritten before anything can
 * see them. Walks backwards, so one pass is enough; returns a block that takes no more room than it needs.
 */
export function deadCode(block: Block): Block {
  const { length, code } = block;
  const used = usedWords.zeros(length);
  let kept = 0;
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
  const out = Block.compact(kept);
  out.labels = block.labels;
  const renamed = renamedWords.words(length);
  for (let i = 0, p = 0; i < length; i++, p += STRIDE) {
    if (used[i] === 0) continue;
    const op = code[p], arity = ARITY[op];
    const a = code[p + 1], b = code[p + 2], c = code[p + 3];
    renamed[i] = out.push(
      op,
      arity > 0 && a >= 0 ? renamed[a] : a,
      arity > 1 && b >= 0 ? renamed[b] : b,
      arity > 2 && c >= 0 ? renamed[c] : c,
      code[p + 4],
    );
  }
  return out;
}
