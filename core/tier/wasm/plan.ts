import { ARITY, type Block, STRIDE } from "../../ir/block.ts";
import { Scratch } from "../../opt/scratch.ts";
import { OP, OP_ROWS, resultType } from "../../ir/ops.ts";

/** A value that is written where it is used, not kept in a local. */
export const INLINE = -1;

const IS_PURE = Uint8Array.from(OP_ROWS, (op) => op.effect === undefined ? 1 : 0);
const IS_LONG = Uint8Array.from(OP_ROWS, (op) => resultType(op) === "l" ? 1 : 0);
const MAKES_VALUE = Uint8Array.from(OP_ROWS, (op) => resultType(op) === "void" ? 0 : 1);

const rootWords = new Scratch(), lastWords = new Scratch();

/** Where each value of a block lives while it runs as WebAssembly. */
export interface Plan {
  /** By value: number of the local among those of its type, or `INLINE`. */
  readonly local: Int32Array;
  /** By value: how often it is used. */
  readonly uses: Uint16Array;
  /** Locals needed. */
  readonly ints: number;
  readonly longs: number;
}

/** Whether an operation's result is an i64. */
export function isLong(op: number): boolean {
  return IS_LONG[op] !== 0;
}

/**
 * Decides which values become part of the expression that uses them (pure, used once; constants always) and gives
 * the others locals, as few as their lifetimes allow: a function pays for each of its locals when it is entered.
 */
export function plan(block: Block): Plan {
  return fill(block, new Int32Array(block.length), new Uint16Array(block.length));
}

/** The same, good until the next is asked for. */
export function passingPlan(block: Block): Plan {
  if (block.length > passing.local.length) {
    passing = { local: new Int32Array(2 * block.length), uses: new Uint16Array(2 * block.length) };
  }
  return fill(block, passing.local, passing.uses);
}

let passing = { local: new Int32Array(4096), uses: new Uint16Array(4096) };

function fill(block: Block, local: Int32Array, uses: Uint16Array): Plan {
  const { length, code, start } = block;
  uses.fill(0, 0, length);
  for (let i = 0; i < length; i++) {
    const p = start + i * STRIDE;
    for (let k = 1; k <= ARITY[code[p]]; k++) {
      const operand = code[p + k];
      if (operand >= 0) uses[operand]++;
    }
  }
  local.fill(INLINE, 0, length);
  // The operation at whose place a value is computed, and the last place that reads it.
  const root = rootWords.words(length), last = lastWords.words(length).fill(-1, 0, length);
  const inlined = (i: number) => {
    const op = code[start + i * STRIDE];
    return op === OP.const || op === OP.const64 || IS_PURE[op] !== 0 && uses[i] === 1;
  };
  for (let i = length - 1; i >= 0; i--) {
    const p = start + i * STRIDE, op = code[p];
    if (op === OP.const || op === OP.const64) continue;
    if (!inlined(i)) root[i] = i;
    for (let k = 1; k <= ARITY[op]; k++) {
      const operand = code[p + k];
      if (operand < 0) continue;
      if (inlined(operand)) root[operand] = root[i];
      else last[operand] = Math.max(last[operand], root[i]);
    }
  }
  // Linear scan: lifetimes are intervals, because control only goes forward.
  const free: number[][] = [[], []], ends: { at: number; kind: number; local: number }[] = [];
  const count = [0, 0];
  for (let i = 0; i < length; i++) {
    const op = code[start + i * STRIDE];
    if (MAKES_VALUE[op] === 0 || inlined(i) || uses[i] === 0) continue;
    for (let e = ends.length - 1; e >= 0; e--) {
      if (ends[e].at > i) continue;
      free[ends[e].kind].push(ends[e].local);
      ends[e] = ends[ends.length - 1];
      ends.pop();
    }
    const kind = IS_LONG[op];
    local[i] = free[kind].pop() ?? count[kind]++;
    ends.push({ at: last[i], kind, local: local[i] });
  }
  return { local, uses, ints: count[0], longs: count[1] };
}
