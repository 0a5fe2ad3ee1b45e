import type { Block } from "../ir/block.ts";
import { OP, OP_NAMES, OP_ROWS, operandTypes, resultType } from "../ir/ops.ts";

type Eval = (a: number, b: number, c: number) => number;

/** The formulas of the i32 operations, compiled: what the folder computes with. */
const EVAL: readonly (Eval | undefined)[] = OP_ROWS.map((op) =>
  op.js !== undefined && resultType(op) === "i" && operandTypes(op).every((t) => t === "i")
    ? new Function("a", "b", "c", `return ${op.js}`) as Eval
    : undefined
);

const COMMUTES = new Uint8Array(OP_ROWS.length);
for (const op of [OP.add, OP.mul, OP.and, OP.or, OP.xor, OP.eq, OP.ne]) COMMUTES[op] = 1;

/** No simplification was found. */
export const NONE = -1;

/**
 * Appends operation `op a b c` to `out`, or finds a simpler value for it: constants are folded, and identities
 * applied, one a line. Returns the value.
 */
// Called for every operation there is: an options object would cost an allocation each time.
export function fold(out: Block, op: number, a: number, b: number, c: number): number {
  const n = a < 0 ? 0 : b < 0 ? 1 : c < 0 ? 2 : 3;
  const constA = n > 0 && out.isConst(a), constB = n > 1 && out.isConst(b), constC = n > 2 && out.isConst(c);
  const evaluate = EVAL[op];
  if (evaluate !== undefined && constA && (n < 2 || constB) && (n < 3 || constC)) {
    return constant(out, evaluate(out.x(a), n > 1 ? out.x(b) : 0, n > 2 ? out.x(c) : 0));
  }
  if (n === 2) {
    if (constA && COMMUTES[op] !== 0) return fold(out, op, b, a, c);
    const found = constB ? withConstant(out, op, a, out.x(b)) : a === b ? withItself(out, op, a) : NONE;
    if (found !== NONE) return found;
  }
  if (op === OP.select) {
    if (constC) return out.x(c) !== 0 ? a : b; // select(a, b, k) = a or b
    if (a === b) return a; // select(a, a, c) = a
  }
  if (op === OP.eqz && out.op(a) === OP.eqz && isBoolean(out, out.a(a))) return out.a(a); // !!x = x for 0 and 1
  if (op === OP.eqz && out.op(a) === OP.eq) return out.push(OP.ne, out.a(a), out.b(a), -1, 0); // !(a = b) = a ≠ b
  if (op === OP.eqz && out.op(a) === OP.ne) return out.push(OP.eq, out.a(a), out.b(a), -1, 0); // !(a ≠ b) = a = b
  return out.push(op, a, b, c, 0);
}

/** op(a, k) for a constant k. */
function withConstant(out: Block, op: number, a: number, k: number): number {
  switch (op) {
    case OP.add:
      if (k === 0) return a; // a + 0 = a
      if (out.op(a) === OP.add && out.isConst(out.b(a))) { // (a + j) + k = a + (j + k)
        return out.push(OP.add, out.a(a), constant(out, out.x(out.b(a)) + k), -1, 0);
      }
      return NONE;
    case OP.sub:
      return k === 0 ? a : fold(out, OP.add, a, constant(out, -k), -1); // a - k = a + -k
    case OP.or:
    case OP.xor:
      return k === 0 ? a : NONE; // a | 0 = a ^ 0 = a
    case OP.shl:
    case OP.shrU:
    case OP.shrS:
    case OP.rotr:
      return (k & 31) === 0 ? a : NONE; // a << 0 = a
    case OP.and:
      if (k === -1) return a; // a & -1 = a
      return k === 0 ? constant(out, 0) : NONE; // a & 0 = 0
    case OP.mul:
      if (k === 1) return a; // a × 1 = a
      return k === 0 ? constant(out, 0) : NONE; // a × 0 = 0
    case OP.eq:
      return k === 0 ? fold(out, OP.eqz, a, -1, -1) : NONE; // a = 0 is eqz
    case OP.ne:
      return k === 0 && isBoolean(out, a) ? a : NONE; // a ≠ 0 = a for 0 and 1
    case OP.leU:
      return k === -1 ? constant(out, 1) : NONE; // a ≤ 2³²-1
    case OP.ltU:
      return k === 0 ? constant(out, 0) : NONE; // a < 0
    default:
      return NONE;
  }
}

/** op(a, a). */
function withItself(out: Block, op: number, a: number): number {
  switch (op) {
    case OP.sub:
    case OP.xor:
      return constant(out, 0); // a - a = a ^ a = 0
    case OP.and:
    case OP.or:
      return a; // a & a = a | a = a
    case OP.eq:
    case OP.leU:
    case OP.leS:
      return constant(out, 1);
    case OP.ne:
    case OP.ltU:
    case OP.ltS:
      return constant(out, 0);
    default:
      return NONE;
  }
}

const BOOLEAN = Uint8Array.from(OP_NAMES, (name) => /^(eqz?|ne|l[te][SU])(64)?$/.test(name) ? 1 : 0);

function isBoolean(out: Block, value: number): boolean {
  return BOOLEAN[out.op(value)] !== 0 || out.isConst(value) && (out.x(value) & ~1) === 0;
}

function constant(out: Block, value: number): number {
  return out.push(OP.const, -1, -1, -1, value | 0);
}
