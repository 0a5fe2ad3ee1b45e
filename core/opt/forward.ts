import { ARITY, type Block, STRIDE } from "../ir/block.ts";
import { OP, OP_ROWS } from "../ir/ops.ts";
import { fold } from "./fold.ts";
import { Scratch } from "./scratch.ts";

const HAS_FORMULA = Uint8Array.from(OP_ROWS, (op) => op.js === undefined ? 0 : 1);

const renamedWords = new Scratch();

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
  const renamed = renamedWords.words(block.length);
  const known = KNOWN;
  known.clear();
  // What is known on the way to labels that have been branched to.
  let arriving: (Known | undefined)[] | undefined;
  let arrivals = 0;
  const { code } = block;
  for (let i = 0, p = 0; i < block.length; i++, p += STRIDE) {
    const op = code[p], x = code[p + 4], arity = ARITY[op];
    let a = code[p + 1], b = code[p + 2], c = code[p + 3];
    if (arity > 0 && a >= 0) a = renamed[a];
    if (arity > 1 && b >= 0) b = renamed[b];
    if (arity > 2 && c >= 0) c = renamed[c];
    switch (op) {
      case OP.get:
      case OP.get64: {
        const have = known.get(x);
        if (have < 0) {
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
      case OP.label: {
        const arrived = arriving?.[x];
        if (arrived !== undefined) {
          if (falls(out)) known.meet(arrived);
          else known.copy(arrived);
        } else if (!falls(out)) known.clear();
        out.push(op, a, b, c, x);
        break;
      }
      case OP.br:
        arrive(x);
        out.push(op, a, b, c, x);
        break;
      case OP.call:
      case OP.callI:
      case OP.probeWrite:
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
        renamed[i] = HAS_FORMULA[op] === 0 ? out.push(op, a, b, c, x) : fold(out, op, a, b, c);
    }
  }
  return out;

  function arrive(label: number): void {
    arriving ??= [];
    const before = arriving[label];
    if (before === undefined) {
      const snapshot = POOL[arrivals] ??= new Known();
      arrivals++;
      snapshot.copy(known);
      arriving[label] = snapshot;
    } else before.meet(known);
  }
}

/** Which value is known to be in which state field. Emptied by a new epoch; blocks touch few fields. */
class Known {
  #epoch = 1;
  readonly #stamps = new Uint32Array(1024);
  readonly #values = new Int32Array(1024);
  #fields: number[] = [];

  clear(): void {
    this.#epoch++;
    this.#fields.length = 0;
  }

  /** The value known to be in the field at a byte offset, or -1. */
  get(offset: number): number {
    const field = offset >> 2;
    return this.#stamps[field] === this.#epoch ? this.#values[field] : -1;
  }

  set(offset: number, value: number): void {
    const field = offset >> 2;
    if (this.#stamps[field] !== this.#epoch) {
      this.#stamps[field] = this.#epoch;
      this.#fields.push(offset);
    }
    this.#values[field] = value;
  }

  copy(other: Known): void {
    this.clear();
    for (const offset of other.#fields) {
      const value = other.get(offset);
      if (value >= 0) this.set(offset, value);
    }
  }

  /** Keeps what both agree on. */
  meet(other: Known): void {
    for (const offset of this.#fields) {
      if (this.get(offset) !== other.get(offset)) this.#values[offset >> 2] = -1;
    }
  }
}

const KNOWN = new Known();
/** For what arrives at labels; reused from block to block. */
const POOL: Known[] = [];

/** Whether control can go on behind the last operation. */
function falls(out: Block): boolean {
  const op = out.length === 0 ? OP.insn : out.op(out.length - 1);
  return op !== OP.br && OP_ROWS[op].effect !== "exit";
}
