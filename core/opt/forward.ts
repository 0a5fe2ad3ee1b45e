import { ARITY, type Block } from "../ir/block.ts";
import { OP, OP_ROWS } from "../ir/ops.ts";
import { fold } from "./fold.ts";

/**
 * Walks a block once from its start and writes it anew: constants folded, identities applied, a state field read
 * again (or just written) replaced by the value that is known to be in it.
 *
 * At a label only that is known which all paths to it agree on; so what is known was made before they parted. A
 * helper ends all knowledge. A `set` of the value that the field already has is dropped.
 */
export function forward(block: Block, out: Block): Block {
  out.clear();
  out.labels = block.labels;
  const renamed = new Int32Array(block.length);
  let known = new Map<number, number>();
  // What is known on the way to labels that have been branched to.
  const arriving = new Map<number, Map<number, number>>();
  for (let i = 0; i < block.length; i++) {
    const op = block.op(i), x = block.x(i), arity = ARITY[op];
    const a = arity > 0 ? value(block.a(i)) : block.a(i);
    const b = arity > 1 ? value(block.b(i)) : block.b(i);
    const c = arity > 2 ? value(block.c(i)) : block.c(i);
    switch (op) {
      case OP.get:
      case OP.get64: {
        const have = known.get(x);
        if (have === undefined) {
          renamed[i] = out.push(op, -1, -1, -1, x);
          known.set(x, renamed[i]);
        } else renamed[i] = have;
        break;
      }
      case OP.set:
      case OP.set64:
        if (known.get(x) === a) break;
        out.push(op, a, -1, -1, x);
        known.set(x, a);
        break;
      case OP.label:
        known = join(arriving.get(x), falls(out) ? known : undefined);
        out.push(op, a, b, c, x);
        break;
      case OP.br:
        arrive(x);
        out.push(op, a, b, c, x);
        break;
      case OP.call:
      case OP.callI:
        known.clear();
        renamed[i] = out.push(op, a, b, c, x);
        break;
      case OP.brIf:
        if (out.isConst(a)) {
          if (out.x(a) === 0) break;
          out.push(OP.br, -1, -1, -1, x);
        } else out.push(op, a, -1, -1, x);
        arrive(x);
        break;
      default:
        renamed[i] = OP_ROWS[op].js === undefined ? out.push(op, a, b, c, x) : fold(out, op, { a, b, c });
    }
  }
  return out;

  function arrive(label: number): void {
    const before = arriving.get(label);
    arriving.set(label, before === undefined ? new Map(known) : join(before, known));
  }

  function value(old: number): number {
    return old < 0 ? old : renamed[old];
  }
}

/** Whether control can go on behind the last operation. */
function falls(out: Block): boolean {
  const op = out.length === 0 ? OP.insn : out.op(out.length - 1);
  return op !== OP.br && OP_ROWS[op].effect !== "exit";
}

function join(a: Map<number, number> | undefined, b: Map<number, number> | undefined): Map<number, number> {
  if (a === undefined || b === undefined) return a ?? b ?? new Map();
  const both = new Map<number, number>();
  for (const [field, value] of a) if (b.get(field) === value) both.set(field, value);
  return both;
}
