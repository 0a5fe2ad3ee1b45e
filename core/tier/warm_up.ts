/**
 * Practice for tier 0. The engine compiles the cases of the interpreter's `switch` that have run, for the numbers that
 * they have seen, and starts over, slowly, whenever a guest does anything else: a dozen times in a boot of Linux. So
 * every case runs some times before there is a guest.
 *
 * @module
 */
import { Block } from "../ir/block.ts";
import { MEM, OP, OP_NAMES, OP_ROWS, operandTypes } from "../ir/ops.ts";
import type { Helper } from "../isa/isa.ts";
import { CPU, HEADER_SIZE } from "../isa/state.ts";
import type { GuestMemory } from "../memory/guest_memory.ts";
import type { SoftMmu } from "../softmmu/softmmu.ts";
import { PAGE_SIZE, TAG, TLB } from "../softmmu/tlb.ts";
import { Tb } from "../translator/tb.ts";

const ROUNDS = 3;

/** Sums of them overflow in either direction, as signed and as unsigned numbers. */
const OPERANDS = [[-1, -0x8000_0000], [0x7fff_ffff, 1], [3, 5], [-0x8000_0000, -1], [0, 0]] as const;

/** Things of as many shapes as make the engine give up to foresee which is called. */
const SHAPES = [0, 1, 2, 3, 4, 5];

/** To be called by number, as helpers are. */
export const PRACTICE_HELPERS: readonly Helper[] = SHAPES.map((n) => ({
  [`shape${n}`]: 0,
  run: new Function(`return ${n}`) as () => number,
  args: 3,
  raises: n % 2 === 0,
  state: "write" as const,
}));

/** The slow path of memory accesses, as far as tier 0 calls it. */
export type SlowPath = Pick<SoftMmu, "load" | "store" | "load64" | "store64">;

const PRACTICE_MMUS: readonly SlowPath[] = SHAPES.map((n) => ({
  [`shape${n}`]: 0,
  load: new Function(`return ${n}`) as SlowPath["load"],
  store: new Function("") as SlowPath["store"],
  load64: new Function(`return ${n}n`) as SlowPath["load64"],
  store64: new Function("") as SlowPath["store64"],
}));

/** What the interpreter works on while it practises; it is left as it was. */
export interface Practice {
  readonly memory: GuestMemory;
  /** Offset of the vCPU's block. */
  readonly env: number;
  /** Number of the first of `PRACTICE_HELPERS` among the helpers. */
  readonly helper: number;
  /** Makes it use another slow path. */
  use(mmu: SlowPath): void;
}

/** Runs blocks of all operations but those of instrumentation. */
export function warmUp(interpret: (tb: Tb) => number, { memory, env, helper, use }: Practice): void {
  const blocks = practice(helper).map((block) => new Tb(0, 0, 0, 0, 4, 1, block, [], false));
  const state = memory.i32.subarray(env >> 2, env + HEADER_SIZE >> 2);
  const page = memory.i32.subarray(env + TLB.offset >> 2, env + TLB.offset + 2 * TLB.entrySize >> 2);
  const before = [state.slice(), page.slice()];
  // Guest page 0 is the vCPU's block itself, page 1 is nowhere.
  page.fill(TAG.INVALID);
  page[TLB.tagRead >> 2] = page[TLB.tagWrite >> 2] = 0;
  page[TLB.addend >> 2] = env;
  for (let n = 0; n < ROUNDS; n++) {
    use(PRACTICE_MMUS[n % PRACTICE_MMUS.length]);
    for (const exception of [0, 1]) {
      for (const block of blocks) {
        state.fill(0);
        state[CPU.exception.index] = exception;
        interpret(block);
      }
    }
  }
  state.set(before[0]);
  page.set(before[1]);
}

function practice(helper: number): Block[] {
  const calls = SHAPES.flatMap((n) => [OP.call, OP.callI].map((op) => ({ op, x: helper + n })));
  return [
    blockOf((block) => OPERANDS.forEach((pair) => everyOperation(block, pair))),
    ...calls.map(({ op, x }) =>
      blockOf((block) => {
        const a = block.push(OP.const, -1, -1, -1, 1);
        block.push(op, a, a, a, x);
        block.push(op, -1, -1, -1, x);
      })
    ),
    ...[OP.load, OP.store, OP.load64, OP.store64].flatMap((op) => [slowAccess(op, -1), slowAccess(op, 0)]),
    ...([[OP.gotoTb, 0], [OP.lookup, 0], [OP.lookup, 1]] as const).map(([op, x]) =>
      blockOf((block) => void block.push(op, -1, 0, -1, x))
    ),
  ];
}

function blockOf(write: (block: Block) => void): Block {
  const block = new Block();
  block.push(OP.insn, -1, 0, -1, 0);
  block.push(OP.undo, -1, -1, -1, 0);
  write(block);
  block.push(OP.exit, -1, -1, -1, 0);
  return block;
}

/** An access to page 1, by the instruction before it or the one that it names. */
function slowAccess(op: number, record: number): Block {
  return blockOf((block) => {
    const address = block.push(OP.const, -1, -1, -1, PAGE_SIZE);
    const wide = op === OP.store64;
    const value = block.push(wide ? OP.const64 : OP.const, -1, -1, 0, 1);
    block.push(op, address, op === OP.store || wide ? value : -1, record, MEM.u32);
  });
}

function everyOperation(block: Block, pair: readonly [number, number]): void {
  const [a, b] = pair.map((value) => block.push(OP.const, -1, -1, -1, value));
  const [wideA, wideB] = pair.map((value) => block.push(OP.const64, -1, -1, value, value));
  for (const [op, name] of OP_NAMES.entries()) {
    const row = OP_ROWS[op];
    if (row.js === undefined) continue;
    const wide = operandTypes(row)[0] === "l";
    block.push(op, wide ? wideA : a, wide ? wideB : b, name === "select" ? b : -1, 0);
  }
  const { offset } = CPU.pc;
  block.push(OP.set, a, -1, -1, offset);
  block.push(OP.get, -1, -1, -1, offset);
  block.push(OP.set64, wideA, -1, -1, offset);
  block.push(OP.get64, -1, -1, -1, offset);
  const address = block.push(OP.const, -1, -1, -1, offset);
  for (const size of [MEM.u8, MEM.u16, MEM.u32]) {
    for (const mem of [size, size | MEM.signed, size | MEM.aligned]) {
      block.push(OP.load, address, -1, -1, mem);
      block.push(OP.store, address, a, -1, mem);
    }
  }
  const label = block.labels++;
  block.push(OP.brIf, a, -1, -1, label);
  block.push(OP.br, -1, -1, -1, label);
  block.push(OP.label, -1, -1, -1, label);
}
