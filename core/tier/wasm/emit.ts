import { ARITY, type Block } from "../../ir/block.ts";
import { MEM, memMmu, memSize, OP, OP_ROWS, resultType } from "../../ir/ops.ts";
import type { Probes } from "../../instrument/probes.ts";
import type { Helper } from "../../isa/isa.ts";
import { CPU } from "../../isa/state.ts";
import { JUMP_CACHE, jumpCacheHash, PAGE_MASK, PAGE_SIZE, TLB, TLB_SIZE } from "../../softmmu/tlb.ts";
import { Bytes, type FunctionImport, type Signature, TYPE, W } from "./encoder.ts";
import { jumpCacheEntry, STUB } from "./stubs.ts";
import { INLINE, isLong, type Plan } from "./plan.ts";

const I = TYPE.i32, L = TYPE.i64;

/** Signature of a compiled block: (jump slot it was entered through) → `EXIT`. */
export const TB_SIGNATURE: Signature = { params: [I], results: [I] };

/** Slow-path imports, by name. */
export const SLOW_PATH: Readonly<Record<string, Signature>> = {
  load: { params: [I, I, I, I], results: [I] },
  store: { params: [I, I, I, I, I], results: [] },
  load64: { params: [I, I, I, I], results: [L] },
  store64: { params: [I, L, I, I, I], results: [] },
};

/** What emitted code depends on beside the block. */
export interface EmitContext {
  readonly helpers: readonly Helper[];
  readonly probes: Probes;
  /**
   * Offset of the vCPU's block in machine memory. A constant, so that what lies there needs neither a register nor a
   * check of bounds; every vCPU compiles for itself.
   */
  readonly env: number;
  /** Offset of its jump cache in machine memory. */
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

/**
 * Locals of every function: the parameter, which is for the stub that notes it; scratch; from `free` on what the kind
 * of function adds, then the values of blocks.
 */
export const LOCAL = { slot: 0, address: 1, entry: 2, value: 3, free: 4 } as const;

/** i64 locals of every function, for scratch. */
export const LONG_SCRATCH = 2;

/** Bytes that accesses through one look-up may span. */
const MAX_SPAN = 1024;

/** What is being written; one function at a time is. */
const BODY = new Bytes();

/** An open WebAssembly block, by what branches to it mean. */
export type Frame = string | number;

/**
 * Writes the code of blocks. What differs between a block on its own and a block in a region is left to the
 * subclasses: where registers live, how the budget is charged, where exits lead.
 */
export abstract class Emitter {
  protected readonly out = BODY.clear();
  protected readonly context: EmitContext;
  protected readonly env: number;
  protected source!: EmitSource;
  /** WebAssembly blocks open around the code being written, outermost first. */
  protected readonly frames: Frame[] = [];
  #block!: Block;
  #plan!: Plan;
  #firstInt = 0;
  #firstLong = 0;
  #longValue = 0;
  /** A TLB entry's addend and a tag. */
  #pair = 0;
  protected pc = 0;
  protected left = 0;
  /** What leaving through an exception has to note for instrumentation; 0 for nothing. */
  protected undo = 0;

  constructor(context: EmitContext) {
    this.context = context;
    this.env = context.env;
  }

  /** Sets where the locals of values begin: `ints` i32 ones from `firstInt` on, then `LONG_SCRATCH` i64 ones. */
  protected layOut(firstInt: number, ints: number): void {
    this.#firstInt = firstInt;
    this.#longValue = firstInt + ints;
    this.#pair = firstInt + ints + 1;
    this.#firstLong = firstInt + ints + LONG_SCRATCH;
  }

  /** Charges the block's instructions, or leaves if the budget does not reach. */
  protected abstract charge(): void;
  /** Puts the value of a register on the stack. */
  protected abstract getField(offset: number): void;
  /** Sets a register to the value that `push` puts on the stack. */
  protected abstract setField(offset: number, push: () => void): void;
  /** Goes back to the main loop if an exception was raised; `refund` instructions have to be given back first. */
  protected abstract leaveIfRaised(refund: number): void;
  protected abstract exitMain(): void;
  protected abstract gotoTb(slot: number): void;
  /** `target` is undefined for an address in the state. */
  protected abstract lookup(target: number | undefined): void;
  /** Adds the i64 that `push` puts on the stack to a counter in machine memory. */
  protected addTo(counter: number, push: () => void): void {
    const { out } = this;
    out.constI(0).constI(0).mem(W.i64Load, counter, 3);
    push();
    out.byte(OP_ROWS[OP.add64].wasm!).mem(W.i64Store, counter, 3);
  }
  /** Somebody is going to look at counters. */
  protected settleCounters(): void {}
  /** Around calls of the slow path and of helpers. */
  protected abstract beforeCall(state: Helper["state"]): void;
  protected abstract afterCall(state: Helper["state"]): void;

  /** Writes the code of one block. */
  protected emitBlock(source: EmitSource, planned: Plan): void {
    const outer = { source: this.source, block: this.#block, plan: this.#plan, pc: this.pc, left: this.left };
    const outerUndo = this.undo, { block } = source;
    this.undo = 0;
    this.source = source;
    this.#block = block;
    this.#plan = planned;
    this.charge();
    // Labels nest by where they are placed: the last is the outermost.
    for (let i = block.length - 1; i >= 0; i--) {
      if (block.op(i) === OP.label) this.open(W.block, block.x(i));
    }
    for (let i = 0; i < block.length; i++) {
      const last = this.#groupFrom(i);
      if (last > i) {
        this.#accessGroup(i, last);
        i = last;
      } else this.#statement(i);
    }
    this.source = outer.source;
    this.#block = outer.block;
    this.#plan = outer.plan;
    this.pc = outer.pc;
    this.left = outer.left;
    this.undo = outerUndo;
  }

  protected open(op: number, frame: Frame, type: number = W.void): void {
    this.out.byte(op).byte(type);
    this.frames.push(frame);
  }

  protected close(): void {
    this.out.byte(W.end);
    this.frames.pop();
  }

  /** Branches to an open block. */
  protected branch(frame: Frame, op: number = W.br): void {
    this.out.byte(op).u32(this.frames.length - 1 - this.frames.lastIndexOf(frame));
  }

  /** Stores a constant to the state's PC. */
  protected setPc(pc: number): void {
    this.out.constI(0).constI(pc).mem(W.i32Store, this.env + CPU.pc.offset);
  }

  #statement(i: number): void {
    const out = this.out, block = this.#block, op = block.op(i), x = block.x(i);
    switch (op) {
      case OP.insn:
        return this.#begin(i);
      case OP.label:
        return this.close();
      case OP.br:
        return this.branch(x);
      case OP.brIf:
        this.#push(block.a(i));
        return this.branch(x, W.brIf);
      case OP.set:
        return this.setField(x, () => this.#push(block.a(i)));
      case OP.set64:
        out.constI(0);
        this.#push(block.a(i));
        out.mem(W.i64Store, this.env + x, 3);
        return;
      case OP.store:
      case OP.store64:
        return this.#store(i);
      case OP.call:
      case OP.callI:
        return this.#call(i);
      case OP.gotoTb:
        return this.gotoTb(x);
      case OP.lookup:
        return this.lookup(x === 0 ? undefined : block.b(i));
      case OP.exit:
        return this.exitMain();
      case OP.count:
      case OP.countAt:
        return this.#count(i);
      case OP.poke64:
        out.constI(0);
        this.#push(block.a(i));
        out.mem(W.i64Store, x, 3);
        return;
      case OP.peek64:
        out.constI(0).mem(W.i64Load, x, 3);
        return this.#keep(i);
      case OP.probe:
        return this.#callProbe(i, "none");
      case OP.probeRead:
        return this.#callProbe(i, "read");
      case OP.probeWrite:
        return this.#callProbe(i, "write");
      case OP.probeLater:
        return this.#callLater(x);
      case OP.undo:
        this.undo = x;
        return;
      case OP.load:
      case OP.load64:
        this.#load(i);
        return this.#keep(i);
      case OP.get:
      case OP.get64:
        if (this.#plan.uses[i] === 0) return;
        if (op === OP.get) this.getField(x);
        else out.constI(0).mem(W.i64Load, this.env + x, 3);
        return this.#keep(i);
      default:
        // Pure: either part of a later expression, or kept.
        if (this.#plan.local[i] === INLINE) return;
        this.#expression(i);
        this.#keep(i);
    }
  }

  /** What follows belongs to the instruction of an `insn`. */
  #begin(i: number): void {
    this.pc = this.#block.x(i);
    this.left = this.source.insns - this.#block.b(i) - 1;
  }

  /** The same for an access of memory, which may name its `insn`. */
  #beginAccess(i: number): void {
    const record = this.#block.c(i);
    if (record >= 0) this.#begin(record);
  }

  #localOf(i: number): number {
    const local = this.#plan.local[i];
    return isLong(this.#block.op(i)) ? this.#firstLong + local : this.#firstInt + local;
  }

  /** Takes the value on the stack into its local. */
  #keep(i: number): void {
    if (this.#plan.local[i] === INLINE) this.out.byte(W.drop);
    else this.out.set(this.#localOf(i));
  }

  /** Puts a value on the stack. */
  #push(i: number): void {
    if (this.#plan.local[i] !== INLINE) this.out.get(this.#localOf(i));
    else this.#expression(i);
  }

  #expression(i: number): void {
    const out = this.out, block = this.#block, op = block.op(i);
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
    this.out.set(scratch);
    return scratch;
  }

  /** Puts on the stack whether the page of an access is in the TLB. */
  #probe(address: number, mem: number, access: "read" | "write"): void {
    const out = this.out, size = memSize(mem);
    const shift = 12 - Math.log2(TLB.entrySize);
    out.get(address).constI(shift).byte(W.i32ShrU).constI((TLB.entries - 1) * TLB.entrySize).byte(W.i32And);
    // One load for tag and addend, as each load costs a check of bounds.
    const first = access === "read" ? TLB.tagRead : TLB.addend;
    out.mem(W.i64Load, this.#tlb(mem) + first).tee(this.#pair);
    this.#half(access === "read" ? "low" : "high");
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
  #place(address: number, access: "read" | "write"): void {
    this.out.get(this.#pair);
    this.#half(access === "read" ? "high" : "low");
    this.out.get(address).byte(W.i32Add);
  }

  /** Makes half of the i64 on the stack of it. */
  #half(half: "low" | "high"): void {
    if (half === "high") this.out.byte(W.i64Const).s32(32).byte(W.i64ShrU);
    this.out.byte(W.i32WrapI64);
  }

  /** Where the TLB begins that an access uses. */
  #tlb(mem: number): number {
    return this.env + TLB.offset + memMmu(mem) * TLB_SIZE;
  }

  #slow(name: string): void {
    if (this.context.probes.exact) this.settleCounters();
    this.out.byte(W.call).u32(this.context.use({ name, signature: SLOW_PATH[name] }));
  }

  /** Root and constant of an address: `add(root, constant)`, or the root itself. */
  #rootOf(i: number): number {
    const block = this.#block;
    return block.op(i) === OP.add && block.isConst(block.b(i)) && this.#plan.local[i] === INLINE
      ? block.a(i)
      : i;
  }

  #deltaOf(i: number): number {
    return this.#rootOf(i) === i ? 0 : this.#block.x(this.#block.b(i));
  }

  /**
   * The end of a run of word accesses that begins at operation `first`: same kind, same instruction, constant
   * distances, and nothing between them but parts of their own operands. LDM, STM, LDRD make them.
   */
  #groupFrom(first: number): number {
    const block = this.#block, op = block.op(first), mem = block.x(first);
    if (op !== OP.load && op !== OP.store) return first;
    if ((mem & (3 | MEM.aligned | MEM.bigEndian)) !== (MEM.u32 | MEM.aligned)) return first;
    const root = this.#rootOf(block.a(first));
    let last = first;
    for (let i = first + 1; i < block.length; i++) {
      const next = block.op(i);
      if (next === op) {
        if (block.x(i) !== mem || block.c(i) !== block.c(first)) break;
        if (this.#rootOf(block.a(i)) !== root) break;
        if (Math.abs(this.#deltaOf(block.a(i)) - this.#deltaOf(block.a(first))) >= MAX_SPAN) break;
        last = i;
      } else if (OP_ROWS[next].effect !== undefined || this.#plan.local[i] !== INLINE) break;
    }
    return last;
  }

  /** Accesses that share one look-up in the TLB, as long as they lie in one page. */
  #accessGroup(first: number, last: number): void {
    const out = this.out, block = this.#block, op = block.op(first), mem = block.x(first);
    this.#beginAccess(first);
    const members: number[] = [];
    for (let i = first; i <= last; i++) if (block.op(i) === op) members.push(i);
    const deltas = members.map((i) => this.#deltaOf(block.a(i)));
    const low = Math.min(...deltas), span = Math.max(...deltas) + 4 - low;
    this.#push(this.#rootOf(block.a(first)));
    if (low !== 0) out.constI(low).byte(W.i32Add);
    out.set(LOCAL.address);
    const access = op === OP.load ? "read" : "write";
    this.#probe(LOCAL.address, mem, access);
    out.get(LOCAL.address).constI(PAGE_SIZE - 1).byte(W.i32And).constI(PAGE_SIZE - span).byte(W.i32LeU);
    out.byte(W.i32And).hint(true);
    this.open(W.if, "if");
    this.#place(LOCAL.address, access);
    out.set(LOCAL.entry);
    for (const [k, i] of members.entries()) {
      out.get(LOCAL.entry);
      if (op === OP.load) {
        out.mem(W.i32Load, deltas[k] - low);
        this.#keep(i);
      } else {
        this.#push(block.b(i));
        out.mem(W.i32Store, deltas[k] - low);
      }
    }
    out.byte(W.else);
    this.beforeCall("none");
    for (const [k, i] of members.entries()) {
      out.get(LOCAL.address).constI(deltas[k] - low).byte(W.i32Add);
      if (op === OP.store) this.#push(block.b(i));
      out.constI(mem).constI(this.pc).constI(this.left);
      this.#slow(op === OP.load ? "load" : "store");
      if (op === OP.load) this.#keep(i);
      this.leaveIfRaised(0);
    }
    this.afterCall("none");
    this.close();
  }

  #load(i: number): void {
    const out = this.out, block = this.#block, mem = block.x(i), long = block.op(i) === OP.load64;
    this.#beginAccess(i);
    const address = this.#hold(block.a(i), LOCAL.address);
    this.#probe(address, mem, "read");
    out.hint(true);
    this.open(W.if, "if", long ? L : I);
    this.#place(address, "read");
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
    this.beforeCall("none");
    out.get(address).constI(mem).constI(this.pc).constI(this.left);
    this.#slow(long ? "load64" : "load");
    this.leaveIfRaised(0);
    this.afterCall("none");
    this.close();
  }

  #store(i: number): void {
    const out = this.out, block = this.#block, mem = block.x(i), long = block.op(i) === OP.store64;
    this.#beginAccess(i);
    const address = this.#hold(block.a(i), LOCAL.address);
    const constant = block.isConst(block.b(i));
    const value = constant ? -1 : this.#hold(block.b(i), long ? this.#longValue : LOCAL.value);
    const pushValue = () => constant ? out.constI(block.x(block.b(i))) : out.get(value);
    this.#probe(address, mem, "write");
    out.hint(true);
    this.open(W.if, "if");
    this.#place(address, "write");
    pushValue();
    const size = mem & 3;
    const op = long ? W.i64Store : size === 2 ? W.i32Store : size === 1 ? W.i32Store16 : W.i32Store8;
    out.mem(op, 0, (mem & MEM.aligned) !== 0 ? size : 0);
    out.byte(W.else);
    this.beforeCall("none");
    out.get(address);
    pushValue();
    out.constI(mem).constI(this.pc).constI(this.left);
    this.#slow(long ? "store64" : "store");
    this.leaveIfRaised(0);
    this.afterCall("none");
    this.close();
  }

  #call(i: number): void {
    const out = this.out, block = this.#block, helper = this.context.helpers[block.x(i)];
    const result = resultType(OP_ROWS[block.op(i)]) === "i";
    if (helper.raises) this.setPc(this.pc);
    this.beforeCall(helper.state);
    const operands = [block.a(i), block.b(i), block.c(i)].slice(0, helper.args);
    for (const operand of operands) this.#push(operand);
    const signature = { params: operands.map(() => I), results: result ? [I] : [] };
    const name = `${result ? "i" : "h"}${block.x(i)}`;
    out.byte(W.call).u32(this.context.use({ name, signature }));
    if (result) this.#keep(i);
    this.afterCall(helper.state);
    if (helper.raises) this.leaveIfRaised(this.left);
  }

  /** Adds to a 64-bit counter of the instrumentation. */
  #count(i: number): void {
    const out = this.out, block = this.#block, x = block.x(i), amount = block.a(i);
    const pushAmount = () => {
      if (block.isConst(amount)) out.byte(W.i64Const).s64(BigInt(block.x(amount) >>> 0));
      else {
        this.#push(amount);
        out.byte(OP_ROWS[OP.extendU].wasm!);
      }
    };
    if (block.op(i) === OP.count) return this.addTo(x, pushAmount);
    this.#push(block.b(i));
    out.tee(LOCAL.address).get(LOCAL.address).mem(W.i64Load, x, 3);
    pushAmount();
    out.byte(OP_ROWS[OP.add64].wasm!).mem(W.i64Store, x, 3);
  }

  #callProbe(i: number, state: Helper["state"]): void {
    const out = this.out, block = this.#block, site = block.x(i);
    if (state !== "none") this.setPc(this.pc);
    this.settleCounters();
    this.beforeCall(state);
    out.constI(site);
    const operands = [block.a(i), block.b(i), block.c(i)].filter((operand) => operand >= 0);
    for (const operand of operands) this.#push(operand);
    const signature = { params: [I, ...operands.map(() => I)], results: [] };
    const name = `p${this.context.probes.callbackOf[site]}`;
    out.byte(W.call).u32(this.context.use({ name, signature }));
    this.afterCall(state);
    if (state === "write") this.leaveIfRaised(this.left);
  }

  /** Appends a site to those whose calls wait; calls for them when there is no room for more. */
  #callLater(site: number): void {
    const out = this.out, { next, end } = this.context.probes.queue, at = LOCAL.address;
    out.constI(0).mem(W.i32Load, next).tee(at).constI(site).mem(W.i32Store, 0);
    out.constI(0).get(at).constI(4).byte(W.i32Add).tee(at).mem(W.i32Store, next);
    out.get(at).constI(end).byte(W.i32Eq).hint(false);
    this.open(W.if, "if");
    this.settleCounters();
    this.beforeCall("none");
    out.byte(W.call).u32(this.context.use({ name: "settle", signature: { params: [], results: [] } }));
    this.afterCall("none");
    this.close();
  }

  /** Notes, before an exception is delivered, what has been counted ahead of it. */
  protected noteUndo(): void {
    if (this.undo !== 0) this.out.constI(0).constI(this.undo).mem(W.i32Store, this.env + CPU.undo.offset);
  }

  /**
   * Finds the jump cache's entry for the PC in the state: leaves its place in `LOCAL.entry` and puts on the stack
   * whether it is right.
   */
  protected probeJumpCache(): void {
    const out = this.out, { jumpCache } = this.context, pc = LOCAL.address, entry = LOCAL.entry;
    jumpCacheEntry(out, { env: this.env, pc });
    out.tee(entry).mem(W.i32Load, jumpCache + JUMP_CACHE.pc);
    out.get(pc).byte(W.i32Eq);
    out.get(entry).mem(W.i32Load, jumpCache + JUMP_CACHE.tag);
    this.#jumpTag();
    out.byte(W.i32Eq).byte(W.i32And);
  }

  /** Puts on the stack whether the jump cache knows a constant PC as block number `tb`. */
  protected probeConstant(pc: number, tb: number): void {
    const out = this.out, at = this.context.jumpCache + jumpCacheHash(pc) * JUMP_CACHE.entrySize;
    out.constI(0).mem(W.i32Load, at + JUMP_CACHE.tb).constI(tb).byte(W.i32Eq);
    out.constI(0).mem(W.i32Load, at + JUMP_CACHE.tag);
    this.#jumpTag();
    out.byte(W.i32Eq).byte(W.i32And);
  }

  #jumpTag(): void {
    this.out.constI(0).mem(W.i32Load, this.env + CPU.tbflags.offset);
    this.out.constI(0).mem(W.i32Load, this.env + CPU.generation.offset).byte(W.i32Or);
  }

  /** Goes where the PC in the state says by way of the TLB, or back to the main loop. */
  protected renew(): void {
    this.out.constI(0).constI(STUB.renew).byte(W.returnCallIndirect).u32(0).u32(0);
  }

  /** Goes to the block of the entry in `LOCAL.entry`. */
  protected jumpToEntry(): void {
    this.out.constI(0).get(LOCAL.entry).mem(W.i32Load, this.context.jumpCache + JUMP_CACHE.index);
    this.out.byte(W.returnCallIndirect).u32(0).u32(0);
  }
}
