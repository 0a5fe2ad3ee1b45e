import { ARITY, type Block } from "../../ir/block.ts";
import { MEM, memMmu, memSize, OP, OP_ROWS, resultType } from "../../ir/ops.ts";
import type { Helper } from "../../isa/isa.ts";
import { CPU } from "../../isa/state.ts";
import { JUMP_CACHE, PAGE_MASK, TLB, TLB_SIZE } from "../../softmmu/tlb.ts";
import { EXIT } from "../exits.ts";
import { Bytes, type FunctionImport, type Signature, TYPE, W } from "./encoder.ts";
import { INLINE, isLong, type Plan, plan } from "./plan.ts";

const I = TYPE.i32, L = TYPE.i64;

/** Signature of a compiled block: (vCPU block, jump slot it was entered through) → `EXIT`. */
export const TB_SIGNATURE: Signature = { params: [I, I], results: [I] };

/** Slow-path imports, by name. */
export const SLOW_PATH: Readonly<Record<string, Signature>> = {
  load: { params: [I, I, I, I, I], results: [I] },
  store: { params: [I, I, I, I, I, I], results: [] },
  load64: { params: [I, I, I, I, I], results: [L] },
  store64: { params: [I, I, L, I, I, I], results: [] },
};

/** What the code of a block depends on beside the block. */
export interface EmitContext {
  readonly helpers: readonly Helper[];
  readonly jumpCache: number;
  /** Function index of an import in the module being made. */
  use(wanted: FunctionImport): number;
}

/** One block to be compiled. */
export interface EmitSource {
  readonly block: Block;
  readonly pc: number;
  readonly insns: number;
  /** Offset in machine memory of its jump slots. */
  readonly slots: number;
}

// Parameter 1, the jump slot, is for the stub that notes it.
const ENV = 0, FIRST_LOCAL = 2;

/** Compiles a block to the body of a function. */
export function emitBlock(source: EmitSource, context: EmitContext): Uint8Array {
  return new Emitter(source, context).body();
}

class Emitter {
  readonly #source: EmitSource;
  readonly #context: EmitContext;
  readonly #block: Block;
  readonly #plan: Plan;
  readonly #out = new Bytes();
  // Scratch locals, behind those of the plan.
  readonly #address: number;
  readonly #entry: number;
  readonly #value: number;
  readonly #longValue: number;
  /** Labels by nesting: the last placed is the outermost. */
  readonly #open: number[];
  /** `if` blocks open around the code being written. */
  #nesting = 0;
  #pc = 0;
  #left = 0;

  constructor(source: EmitSource, context: EmitContext) {
    this.#source = source;
    this.#context = context;
    this.#block = source.block;
    this.#plan = plan(source.block);
    this.#address = FIRST_LOCAL + this.#plan.ints;
    this.#entry = this.#address + 1;
    this.#value = this.#address + 2;
    this.#longValue = this.#address + 3 + this.#plan.longs;
    this.#open = [];
    for (let i = 0; i < this.#block.length; i++) {
      if (this.#block.op(i) === OP.label) this.#open.unshift(this.#block.x(i));
    }
  }

  body(): Uint8Array {
    const out = this.#out, { ints, longs } = this.#plan;
    out.u32(2).u32(ints + 3).byte(I).u32(longs + 1).byte(L);
    this.#charge();
    for (let i = 0; i < this.#open.length; i++) out.byte(W.block).byte(W.void);
    for (let i = 0; i < this.#block.length; i++) this.#statement(i);
    out.byte(W.unreachable).byte(W.end);
    return out.view().slice();
  }

  /** Takes the block's instructions off the budget, or goes back if it does not reach. */
  #charge(): void {
    const out = this.#out, { insns, pc } = this.#source;
    out.get(ENV).get(ENV).mem(W.i32Load, CPU.budget.offset).constI(insns).byte(W.i32Sub).tee(this.#address);
    out.constI(0).byte(W.i32LtS).byte(W.if).byte(W.void);
    out.get(ENV).constI(pc).mem(W.i32Store, CPU.pc.offset).constI(EXIT.BUDGET).byte(W.return).byte(W.end);
    out.get(this.#address).mem(W.i32Store, CPU.budget.offset);
  }

  #statement(i: number): void {
    const out = this.#out, block = this.#block, op = block.op(i), x = block.x(i);
    switch (op) {
      case OP.insn:
        this.#pc = x;
        this.#left = this.#source.insns - block.b(i) - 1;
        return;
      case OP.label:
        this.#open.pop();
        out.byte(W.end);
        return;
      case OP.br:
        out.byte(W.br).u32(this.#depth(x));
        return;
      case OP.brIf:
        this.#push(block.a(i));
        out.byte(W.brIf).u32(this.#depth(x));
        return;
      case OP.set:
      case OP.set64:
        out.get(ENV);
        this.#push(block.a(i));
        out.mem(op === OP.set ? W.i32Store : W.i64Store, x, op === OP.set ? 2 : 3);
        return;
      case OP.store:
      case OP.store64:
        return this.#store(i);
      case OP.call:
      case OP.callI:
        return this.#call(i);
      case OP.gotoTb: {
        const slot = this.#source.slots + 4 * x;
        out.get(ENV).constI(slot).constI(0).mem(W.i32Load, slot);
        out.byte(W.returnCallIndirect).u32(0).u32(0);
        return;
      }
      case OP.lookup:
        return this.#lookup();
      case OP.exit:
        out.constI(EXIT.MAIN).byte(W.return);
        return;
      case OP.load:
      case OP.load64:
        this.#load(i);
        return this.#keep(i);
      case OP.get:
      case OP.get64:
        if (this.#plan.uses[i] === 0) return;
        out.get(ENV).mem(op === OP.get ? W.i32Load : W.i64Load, x, op === OP.get ? 2 : 3);
        return this.#keep(i);
      default:
        // Pure: either part of a later expression, or kept.
        if (this.#plan.local[i] === INLINE) return;
        this.#expression(i);
        this.#keep(i);
    }
  }

  #depth(label: number): number {
    return this.#open.length - 1 - this.#open.indexOf(label) + this.#nesting;
  }

  #localOf(i: number): number {
    const local = this.#plan.local[i];
    return isLong(this.#block.op(i)) ? this.#address + 3 + local : FIRST_LOCAL + local;
  }

  /** Takes the value on the stack into its local. */
  #keep(i: number): void {
    if (this.#plan.local[i] === INLINE) this.#out.byte(W.drop);
    else this.#out.set(this.#localOf(i));
  }

  /** Puts a value on the stack. */
  #push(i: number): void {
    if (this.#plan.local[i] !== INLINE) this.#out.get(this.#localOf(i));
    else this.#expression(i);
  }

  #expression(i: number): void {
    const out = this.#out, block = this.#block, op = block.op(i);
    if (op === OP.const) return void out.constI(block.x(i));
    if (op === OP.const64) {
      const value = BigInt(block.c(i)) << 32n | BigInt(block.x(i) >>> 0);
      return void out.byte(W.i64Const).s64(value);
    }
    for (let k = 0; k < ARITY[op]; k++) this.#push(k === 0 ? block.a(i) : k === 1 ? block.b(i) : block.c(i));
    out.byte(OP_ROWS[op].wasm!);
  }

  /** Makes a value readable several times: its local, or `scratch` after computing it. */
  #hold(i: number, scratch: number): number {
    if (this.#plan.local[i] !== INLINE) return this.#localOf(i);
    this.#expression(i);
    this.#out.set(scratch);
    return scratch;
  }

  /** Opens the `if` of an access whose page is in the TLB. */
  #probe(address: number, mem: number, tag: number): void {
    const out = this.#out, size = memSize(mem);
    const shift = 12 - Math.log2(TLB.entrySize);
    out.get(address).constI(shift).byte(W.i32ShrU).constI((TLB.entries - 1) * TLB.entrySize).byte(W.i32And);
    out.get(ENV).byte(W.i32Add).tee(this.#entry);
    out.mem(W.i32Load, TLB.offset + memMmu(mem) * TLB_SIZE + tag);
    if ((mem & MEM.aligned) !== 0 || size === 1) {
      out.get(address).constI(PAGE_MASK | size - 1).byte(W.i32And);
    } else {
      // Within a page any alignment will do; the last byte's page tells.
      out.get(address).constI(size - 1).byte(W.i32Add).constI(PAGE_MASK).byte(W.i32And);
    }
    out.byte(W.i32Eq);
    // The slow path is the only one that knows the other byte order.
    if ((mem & MEM.bigEndian) !== 0) out.constI(0).byte(W.i32And);
  }

  /** Puts the place in machine memory of an address that `#probe` has found on the stack. */
  #place(address: number, mem: number): void {
    const out = this.#out;
    out.get(this.#entry).mem(W.i32Load, TLB.offset + memMmu(mem) * TLB_SIZE + TLB.addend);
    out.get(address).byte(W.i32Add);
  }

  /** After a slow path: leaves the block if it raised an exception. The slow path has mended the budget. */
  #leaveIfRaised(): void {
    const out = this.#out;
    out.get(ENV).mem(W.i32Load, CPU.exception.offset).byte(W.if).byte(W.void);
    out.constI(EXIT.MAIN).byte(W.return).byte(W.end);
  }

  #slow(name: string): void {
    this.#out.byte(W.call).u32(this.#context.use({ name, signature: SLOW_PATH[name] }));
  }

  #load(i: number): void {
    const out = this.#out, block = this.#block, mem = block.x(i), long = block.op(i) === OP.load64;
    const address = this.#hold(block.a(i), this.#address);
    this.#probe(address, mem, TLB.tagRead);
    out.byte(W.if).byte(long ? L : I);
    this.#place(address, mem);
    const aligned = (mem & MEM.aligned) !== 0;
    const size = mem & 3, signed = (mem & MEM.signed) !== 0;
    const op = long
      ? W.i64Load
      : size === 2
      ? W.i32Load
      : size === 1
      ? signed ? W.i32Load16S : W.i32Load16U
      : signed
      ? W.i32Load8S
      : W.i32Load8U;
    out.mem(op, 0, aligned ? size : 0);
    out.byte(W.else);
    out.get(ENV).get(address).constI(mem).constI(this.#pc).constI(this.#left);
    this.#slow(long ? "load64" : "load");
    this.#leaveIfRaised();
    out.byte(W.end);
  }

  #store(i: number): void {
    const out = this.#out, block = this.#block, mem = block.x(i), long = block.op(i) === OP.store64;
    const address = this.#hold(block.a(i), this.#address);
    const constant = block.isConst(block.b(i));
    const value = constant ? -1 : this.#hold(block.b(i), long ? this.#longValue : this.#value);
    const pushValue = () => constant ? out.constI(block.x(block.b(i))) : out.get(value);
    this.#probe(address, mem, TLB.tagWrite);
    out.byte(W.if).byte(W.void);
    this.#place(address, mem);
    pushValue();
    const size = mem & 3;
    const op = long ? W.i64Store : size === 2 ? W.i32Store : size === 1 ? W.i32Store16 : W.i32Store8;
    out.mem(op, 0, (mem & MEM.aligned) !== 0 ? size : 0);
    out.byte(W.else);
    out.get(ENV).get(address);
    pushValue();
    out.constI(mem).constI(this.#pc).constI(this.#left);
    this.#slow(long ? "store64" : "store");
    this.#leaveIfRaised();
    out.byte(W.end);
  }

  #call(i: number): void {
    const out = this.#out, block = this.#block, helper = this.#context.helpers[block.x(i)];
    const result = resultType(OP_ROWS[block.op(i)]) === "i";
    if (helper.raises) out.get(ENV).constI(this.#pc).mem(W.i32Store, CPU.pc.offset);
    const operands = [block.a(i), block.b(i), block.c(i)].slice(0, helper.args);
    for (const operand of operands) this.#push(operand);
    const signature = { params: operands.map(() => I), results: result ? [I] : [] };
    const name = `${result ? "i" : "h"}${block.x(i)}`;
    out.byte(W.call).u32(this.#context.use({ name, signature }));
    if (result) this.#keep(i);
    if (!helper.raises) return;
    out.get(ENV).mem(W.i32Load, CPU.exception.offset).byte(W.if).byte(W.void);
    if (this.#left > 0) {
      out.get(ENV).get(ENV).mem(W.i32Load, CPU.budget.offset).constI(this.#left).byte(W.i32Add);
      out.mem(W.i32Store, CPU.budget.offset);
    }
    out.constI(EXIT.MAIN).byte(W.return).byte(W.end);
  }

  /** Goes where PC and flags in the state say, if the jump cache knows the place. */
  #lookup(): void {
    const out = this.#out, { jumpCache } = this.#context, pc = this.#address, entry = this.#entry;
    out.get(ENV).mem(W.i32Load, CPU.pc.offset).tee(pc);
    out.constI(1).byte(W.i32ShrU).get(pc).constI(13).byte(W.i32ShrU).byte(W.i32Xor);
    out.constI(JUMP_CACHE.entries - 1).byte(W.i32And).constI(Math.log2(JUMP_CACHE.entrySize)).byte(W.i32Shl);
    out.get(ENV).byte(W.i32Add).tee(entry).mem(W.i32Load, jumpCache + JUMP_CACHE.pc);
    out.get(pc).byte(W.i32Eq).byte(W.if).byte(W.void);
    out.get(entry).mem(W.i32Load, jumpCache + JUMP_CACHE.tag);
    out.get(ENV).mem(W.i32Load, CPU.tbflags.offset);
    out.get(ENV).mem(W.i32Load, CPU.generation.offset).byte(W.i32Or);
    out.byte(W.i32Eq).byte(W.if).byte(W.void);
    out.get(ENV).constI(0).get(entry).mem(W.i32Load, jumpCache + JUMP_CACHE.index);
    out.byte(W.returnCallIndirect).u32(0).u32(0);
    out.byte(W.end).byte(W.end);
    out.constI(EXIT.LOOKUP).byte(W.return);
  }
}
