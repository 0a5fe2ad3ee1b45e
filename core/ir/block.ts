import { OP, OP_NAMES, OP_ROWS, operandTypes } from "./ops.ts";

/** Words an operation takes: number, three operands, immediate. */
export const STRIDE = 5;

/** Number of operand words that are values, by operation number; the rest are immediates. */
export const ARITY: Uint8Array = Uint8Array.from(OP_ROWS, (op) => operandTypes(op).length);

/**
 * A list of operations, packed in one typed array: words `op a b c x` each. Operand words hold the index of the
 * operation that made the value, or -1.
 */
export class Block {
  /** The words: more than are in use, and maybe other blocks' too. */
  code: Int32Array;
  /** The first word that is this block's. */
  start = 0;
  /** Operations in use. */
  length = 0;
  /** Labels in use. */
  labels = 0;
  /** Operations at the start that are `insn` for the accesses of memory that refer to them by operand c. */
  records = 0;

  /** `capacity`: operations there is room for at first. */
  constructor(capacity = 64) {
    this.code = capacity === 0 ? NOTHING : new Int32Array(capacity * STRIDE);
  }

  /** A block for exactly `length` operations, in an array that it shares: one of its own would cost more. */
  static compact(length: number): Block {
    const block = new Block(0), words = length * STRIDE;
    if (chunkUsed + words > chunk.length) {
      chunk = new Int32Array(Math.max(CHUNK, words));
      chunkUsed = 0;
    }
    block.code = chunk;
    block.start = chunkUsed;
    block.length = length;
    chunkUsed += words;
    return block;
  }

  /** Appends an operation, to a block with an array of its own, and returns its index, the value it makes. */
  push(op: number, a: number, b: number, c: number, x: number): number {
    let { code } = this;
    const at = this.length * STRIDE;
    if (at === code.length) {
      code = new Int32Array(2 * code.length);
      code.set(this.code);
      this.code = code;
    }
    code[at] = op;
    code[at + 1] = a;
    code[at + 2] = b;
    code[at + 3] = c;
    code[at + 4] = x;
    return this.length++;
  }

  /** Takes all operations out, and keeps the room. */
  clear(): void {
    this.length = 0;
    this.labels = 0;
    this.records = 0;
  }

  /** A copy that takes no more room than it needs. */
  trimmed(): Block {
    const copy = Block.compact(this.length);
    copy.code.set(this.code.subarray(this.start, this.start + this.length * STRIDE), copy.start);
    copy.labels = this.labels;
    copy.records = this.records;
    return copy;
  }

  /** Number of operation i (`OP`). */
  op(i: number): number {
    return this.code[this.start + i * STRIDE];
  }
  /** First operand of operation i. */
  a(i: number): number {
    return this.code[this.start + i * STRIDE + 1];
  }
  /** Second operand of operation i. */
  b(i: number): number {
    return this.code[this.start + i * STRIDE + 2];
  }
  /** Third operand of operation i. */
  c(i: number): number {
    return this.code[this.start + i * STRIDE + 3];
  }
  /** Immediate of operation i. */
  x(i: number): number {
    return this.code[this.start + i * STRIDE + 4];
  }

  /** Whether operation i makes a 32-bit constant, which is then `x(i)`. */
  isConst(i: number): boolean {
    return this.code[this.start + i * STRIDE] === OP.const;
  }
}

const CHUNK = 1 << 16;
let chunk = new Int32Array(0), chunkUsed = 0;
const NOTHING = new Int32Array(0);

/** The block as text, an operation a line: for `-d op`, golden files and failing tests. */
export function printBlock(block: Block, fieldName: (offset: number) => string = String): string {
  const lines: string[] = [];
  for (let i = 0; i < block.length; i++) {
    const op = block.op(i), name = OP_NAMES[op], x = block.x(i);
    const operands = [block.a(i), block.b(i), block.c(i)].slice(0, ARITY[op]).filter((v) => v >= 0);
    const values = operands.map((v) => `v${v}`).join(", ");
    const result = /-> (i|l)$/.test(OP_ROWS[op].type) ? `v${i} = ` : "";
    lines.push(`  ${result}${name}${suffix(name, { x, b: block.b(i), c: block.c(i) })} ${values}`.trimEnd());
  }
  return lines.join("\n");

  function suffix(name: string, { x, b, c }: { x: number; b: number; c: number }): string {
    switch (name) {
      case "const":
        return ` ${x < 10 && x > -10 ? x : `0x${(x >>> 0).toString(16)}`}`;
      case "get":
      case "get64":
      case "set":
      case "set64":
        return ` ${fieldName(x)}`;
      case "insn":
        return ` 0x${(x >>> 0).toString(16)} #${b}`;
      case "gotoTb":
        return ` ${x} 0x${(b >>> 0).toString(16)}`;
      case "lookup":
        return x === 0 ? "" : ` 0x${(b >>> 0).toString(16)}`;
      case "label":
      case "br":
      case "brIf":
        return ` L${x}`;
      case "load":
      case "load64":
      case "store":
      case "store64":
        return `.${x.toString(16)}${c < 0 ? "" : `@0x${(block.x(c) >>> 0).toString(16)}`}`;
      case "call":
      case "callI":
      case "probe":
      case "probeRead":
      case "probeWrite":
      case "probeLater":
      case "undo":
        return ` #${x}`;
      case "count":
      case "countAt":
      case "peek64":
      case "poke64":
        return `.0x${(x >>> 0).toString(16)}`;
      default:
        return "";
    }
  }
}
