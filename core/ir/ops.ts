/**
 * The operations of the intermediate representation: one row each, read by builder, verifier, printer, folder,
 * interpreter and WebAssembly emitter alike.
 *
 * A block is a list of operations in SSA form: a value *is* the index of the operation that makes it. Values do
 * not cross a label from a path that might not have been taken; what must, goes through a state field (`get`,
 * `set`). Branches lead forward only, so that a block maps to nested WebAssembly blocks.
 *
 * @module
 */

/** Everything the tiers need to know about one operation. */
export interface Op {
  /** Operand and result types: `i` is i32, `l` is i64. At most three operands. */
  readonly type: `${string}-> ${"i" | "l" | "void"}`;
  /** Pure operations: the meaning, as a JavaScript expression over `a`, `b`, `c` (numbers, or BigInts for `l`). */
  readonly js?: string;
  /** Pure operations: the WebAssembly opcode of the same meaning. */
  readonly wasm?: number;
  /**
   * What is touched beside the result: guest registers read or written, guest memory (which may fault), a helper,
   * or control. Operations without an effect may be removed, moved and shared; "host" ones, which touch nothing of the
   * guest's, may not, but nothing else need care about them.
   */
  readonly effect?: "get" | "set" | "memory" | "call" | "control" | "exit" | "host";
}

/** Every operation there is. */
export const OPS = {
  // Constants: the value stands in `x` (and `c`, the upper half of 64 bits).
  const: { type: "-> i" },
  const64: { type: "-> l" },

  add: { type: "i i -> i", js: "a + b | 0", wasm: 0x6a },
  sub: { type: "i i -> i", js: "a - b | 0", wasm: 0x6b },
  mul: { type: "i i -> i", js: "Math.imul(a, b)", wasm: 0x6c },
  and: { type: "i i -> i", js: "a & b", wasm: 0x71 },
  or: { type: "i i -> i", js: "a | b", wasm: 0x72 },
  xor: { type: "i i -> i", js: "a ^ b", wasm: 0x73 },
  /** Shift and rotate counts are taken modulo the width. */
  shl: { type: "i i -> i", js: "a << b", wasm: 0x74 },
  shrS: { type: "i i -> i", js: "a >> b", wasm: 0x75 },
  shrU: { type: "i i -> i", js: "a >>> b | 0", wasm: 0x76 },
  rotr: { type: "i i -> i", js: "a >>> b | a << (32 - b & 31)", wasm: 0x78 },
  clz: { type: "i -> i", js: "Math.clz32(a)", wasm: 0x67 },
  ext8S: { type: "i -> i", js: "a << 24 >> 24", wasm: 0xc0 },
  ext16S: { type: "i -> i", js: "a << 16 >> 16", wasm: 0xc1 },
  eqz: { type: "i -> i", js: "a === 0 ? 1 : 0", wasm: 0x45 },
  eq: { type: "i i -> i", js: "a === b ? 1 : 0", wasm: 0x46 },
  ne: { type: "i i -> i", js: "a !== b ? 1 : 0", wasm: 0x47 },
  ltS: { type: "i i -> i", js: "a < b ? 1 : 0", wasm: 0x48 },
  ltU: { type: "i i -> i", js: "a >>> 0 < b >>> 0 ? 1 : 0", wasm: 0x49 },
  leS: { type: "i i -> i", js: "a <= b ? 1 : 0", wasm: 0x4c },
  leU: { type: "i i -> i", js: "a >>> 0 <= b >>> 0 ? 1 : 0", wasm: 0x4d },
  /** a if c is not zero, else b. */
  select: { type: "i i i -> i", js: "c !== 0 ? a : b", wasm: 0x1b },

  extendS: { type: "i -> l", js: "BigInt(a)", wasm: 0xac },
  extendU: { type: "i -> l", js: "BigInt(a >>> 0)", wasm: 0xad },
  wrap: { type: "l -> i", js: "Number(BigInt.asIntN(32, a))", wasm: 0xa7 },
  add64: { type: "l l -> l", js: "BigInt.asIntN(64, a + b)", wasm: 0x7c },
  sub64: { type: "l l -> l", js: "BigInt.asIntN(64, a - b)", wasm: 0x7d },
  mul64: { type: "l l -> l", js: "BigInt.asIntN(64, a * b)", wasm: 0x7e },
  and64: { type: "l l -> l", js: "a & b", wasm: 0x83 },
  or64: { type: "l l -> l", js: "a | b", wasm: 0x84 },
  xor64: { type: "l l -> l", js: "a ^ b", wasm: 0x85 },
  shl64: { type: "l l -> l", js: "BigInt.asIntN(64, a << (b & 63n))", wasm: 0x86 },
  shrS64: { type: "l l -> l", js: "a >> (b & 63n)", wasm: 0x87 },
  shrU64: { type: "l l -> l", js: "BigInt.asIntN(64, BigInt.asUintN(64, a) >> (b & 63n))", wasm: 0x88 },
  eqz64: { type: "l -> i", js: "a === 0n ? 1 : 0", wasm: 0x50 },
  eq64: { type: "l l -> i", js: "a === b ? 1 : 0", wasm: 0x51 },
  ltS64: { type: "l l -> i", js: "a < b ? 1 : 0", wasm: 0x53 },
  ltU64: { type: "l l -> i", js: "BigInt.asUintN(64, a) < BigInt.asUintN(64, b) ? 1 : 0", wasm: 0x54 },

  /** State field at byte offset `x`. */
  get: { type: "-> i", effect: "get" },
  get64: { type: "-> l", effect: "get" },
  set: { type: "i -> void", effect: "set" },
  set64: { type: "l -> void", effect: "set" },

  /**
   * Guest memory at virtual address a; `x` is the access descriptor (`MEM`). The instruction that it belongs to is the
   * `insn` before it or, in optimized blocks, the one that c names (-1 for none).
   */
  load: { type: "i -> i", effect: "memory" },
  load64: { type: "i -> l", effect: "memory" },
  store: { type: "i i -> void", effect: "memory" },
  store64: { type: "i l -> void", effect: "memory" },

  /** Helper number `x` of the ISA, with 0 to 3 arguments (absent ones are -1). */
  call: { type: "i? i? i? -> void", effect: "call" },
  callI: { type: "i? i? i? -> i", effect: "call" },

  /** Start of the guest instruction at address `x` (upper half in `c`); `b` counts instructions before it. */
  insn: { type: "-> void", effect: "control" },
  /** Forward branches to label number `x`, and the label itself. */
  br: { type: "-> void", effect: "control" },
  brIf: { type: "i -> void", effect: "control" },
  label: { type: "-> void", effect: "control" },

  /** Ends the block: to the constant address `b` (upper half `c`) through jump slot `x` of this block. */
  gotoTb: { type: "-> void", effect: "exit" },
  /**
   * Ends the block: to the translation flags that stand in the state and, if `x` is 1, the constant address `b`
   * (upper half `c`) in another page; if it is 0, the address in the state.
   */
  lookup: { type: "-> void", effect: "exit" },
  /** Ends the block and returns to the main loop: exception or interrupt delivery, halt; the PC is in the state. */
  exit: { type: "-> void", effect: "exit" },

  // Instrumentation: machine memory that is not the guest's, and calls out of the guest's code.
  /** The 64-bit counter at offset `x` of machine memory grows by a (unsigned). */
  count: { type: "i -> void", effect: "host" },
  /** The same for the counter b bytes behind that offset. */
  countAt: { type: "i i -> void", effect: "host" },
  /** The 64-bit word at offset `x` of machine memory. */
  peek64: { type: "-> l", effect: "host" },
  poke64: { type: "l -> void", effect: "host" },
  /** Calls probe `x` with 0 to 3 arguments (absent ones are -1). It sees nothing of the guest's registers. */
  probe: { type: "i? i? i? -> void", effect: "host" },
  /** The same for one that reads registers: they stand in the state, and `CPU.pc` is right. */
  probeRead: { type: "i? i? i? -> void", effect: "call" },
  /** The same for one that writes registers too; it may set `CPU.exception`, and the block is then left. */
  probeWrite: { type: "i? i? i? -> void", effect: "call" },
  /** Notes that probe `x` is to be called; it is when enough have come together. */
  probeLater: { type: "-> void", effect: "host" },
  /** From here on whoever leaves through an exception notes `x` in `CPU.undo`: counted ahead, to be taken back. */
  undo: { type: "-> void", effect: "host" },
} as const satisfies Record<string, Op>;

/** The name of an operation. */
export type OpName = keyof typeof OPS;

/** Operation names by number, the form in which blocks hold them. */
export const OP_NAMES = Object.keys(OPS) as OpName[];

/** Operation numbers by name. */
export const OP = Object.fromEntries(OP_NAMES.map((name, i) => [name, i])) as Record<OpName, number>;

/** Rows by operation number. */
export const OP_ROWS: readonly Op[] = OP_NAMES.map((name) => OPS[name]);

/** Operand types of a row, as letters. */
export function operandTypes(op: Op): string[] {
  return op.type.slice(0, op.type.indexOf("->")).trim().split(" ").filter(Boolean);
}

/** Result type of a row. */
export function resultType(op: Op): "i" | "l" | "void" {
  return op.type.slice(op.type.indexOf("->") + 3) as "i" | "l" | "void";
}

/**
 * How a guest memory access is described, in one number: size, sign, byte order, the alignment that the fast path
 * insists on, the MMU index, and a few bits that belong to the ISA (its `unaligned` sees them).
 */
export const MEM = {
  u8: 0,
  u16: 1,
  u32: 2,
  u64: 3,
  /** Loads: sign-extend. */
  signed: 1 << 2,
  bigEndian: 1 << 3,
  /** Natural alignment is checked; an address without it goes to the ISA's `unaligned`. */
  aligned: 1 << 4,
  /** First of four bits: MMU index. */
  mmuShift: 8,
  /** First of eight bits that belong to the ISA. */
  isaShift: 16,
} as const;

/** Bytes an access descriptor reaches. */
export function memSize(mem: number): number {
  return 1 << (mem & 3);
}

/** MMU index of an access descriptor. */
export function memMmu(mem: number): number {
  return mem >> MEM.mmuShift & 15;
}
