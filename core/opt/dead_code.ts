import { ARITY, Block } from "../ir/block.ts";
import { OP, OP_ROWS } from "../ir/ops.ts";

/**
 * Removes operations whose result nobody uses, and writes to state fields that are overwritten before anything can
 * see them. Walks backwards, so one pass is enough; returns a block that takes no more room than it needs.
 */
export function deadCode(block: Block): Block {
  const { length, code } = block;
  const used = new Uint8Array(length);
  // Fields that will be written, with nothing in between that could read them or leave the block.
  const overwritten = new Set<number>();
  let kept = 0;
  for (let i = length - 1; i >= 0; i--) {
    const op = block.op(i), effect = OP_ROWS[op].effect;
    if (op === OP.set || op === OP.set64) {
      if (overwritten.has(block.x(i))) continue;
      overwritten.add(block.x(i));
    } else if (effect === undefined || effect === "get") {
      if (used[i] === 0) continue;
      if (effect === "get") overwritten.delete(block.x(i));
    } else if (op !== OP.insn) overwritten.clear();
    used[i] = 1;
    kept++;
    const arity = ARITY[op];
    for (let k = 1; k <= arity; k++) {
      const operand = code[i * 5 + k];
      if (operand >= 0) used[operand] = 1;
    }
  }
  const out = new Block(kept);
  out.labels = block.labels;
  const renamed = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    if (used[i] === 0) continue;
    const op = block.op(i), arity = ARITY[op];
    const a = block.a(i), b = block.b(i), c = block.c(i);
    renamed[i] = out.push(
      op,
      arity > 0 && a >= 0 ? renamed[a] : a,
      arity > 1 && b >= 0 ? renamed[b] : b,
      arity > 2 && c >= 0 ? renamed[c] : c,
      block.x(i),
    );
  }
  return out;
}
