/**
 * Puts what is attached to a block into its operations, before the optimizer sees them.
 *
 * Adding a constant to a counter is the commonest thing by far, so it is made cheap: within a stretch of the block in
 * which nobody can look at counters (no call, no inline code) all additions that are certain to be reached are done
 * at once, at the first of them. Who leaves the stretch early, through an exception, notes an entry of a table that
 * tells what was counted ahead (`undo`); it is taken back before the exception is delivered.
 *
 * @module
 */
import { ARITY, type Block } from "../ir/block.ts";
import { Builder, type Value } from "../ir/builder.ts";
import { MEM, memSize, OP, OP_ROWS } from "../ir/ops.ts";
import type { Helper } from "../isa/isa.ts";
import { MAX_VALUES } from "../tier/interpreter.ts";
import type { Action, Attachments, Callback, CounterTest } from "./attachment.ts";
import type { Inline } from "./api.ts";

/** What weaving needs of its surroundings. */
export interface Loom {
  readonly helpers: readonly Helper[];
  /** A new place that calls a callback; `access` tells what was accessed, -1 for none. */
  site(callback: Callback, access: number): number;
  /** A new entry of the table of what is counted ahead: counters and amounts. */
  undo(ahead: ReadonlyMap<number, number>): number;
  /** What inline code of plugins writes with; the values of an access, if there is one. */
  inline(ir: Builder, access: { readonly address: Value; readonly value: Value } | undefined): Inline;
}

/** Bit of an access number that says that it is a store. */
export const STORE = 1 << 30;

const builder = new Builder();

interface Place {
  readonly action: Action;
  /** Operation of the access that it follows, or -1. */
  readonly access: number;
}

/** The operations of `block` with what is attached; undefined if they are more than a block may have. */
export function weave(block: Block, attached: Attachments, loom: Loom): Block | undefined {
  return new Weaving(block, attached, loom).run();
}

class Weaving {
  readonly #block: Block;
  readonly #attached: Attachments;
  readonly #loom: Loom;
  readonly #ir = builder;
  readonly #renamed: Int32Array;
  /** By stretch: all that is counted in it. */
  readonly #totals: Map<number, number>[] = [new Map()];
  /** Of the current stretch: what is still to come; undefined before its first addition. */
  #ahead: Map<number, number> | undefined;
  #stretch = 0;
  /** The entry that whoever leaves now would note; -1 if that depends on the path. */
  #noted = 0;
  /** The entry for what is ahead: 0 for nothing, -1 if it has not been made. */
  #entry = 0;

  constructor(block: Block, attached: Attachments, loom: Loom) {
    this.#block = block;
    this.#attached = attached;
    this.#loom = loom;
    this.#renamed = new Int32Array(block.length);
  }

  run(): Block | undefined {
    // Once to add up, once to write.
    this.#walk((place, certain) => this.#add(place, certain), () => {});
    const { block } = this.#ir;
    block.clear();
    block.labels = this.#block.labels;
    this.#walk((place, certain) => this.#write(place, certain), (i) => this.#copy(i));
    return block.length > MAX_VALUES ? undefined : block;
  }

  /** Visits operations and attachments in order. `certain`: the place is reached whenever the instruction begins. */
  #walk(visit: (place: Place, certain: boolean) => void, copy: (i: number) => void): void {
    const block = this.#block, { start, before, access } = this.#attached;
    let insn = -1, certain = true;
    for (let i = 0; i < block.length; i++) {
      const op = block.op(i);
      if (op === OP.br || op === OP.brIf || op === OP.label || OP_ROWS[op].effect === "exit") certain = false;
      copy(i);
      if (op === OP.insn) {
        insn = block.b(i);
        certain = true;
        if (insn === 0) { for (const action of start) visit({ action, access: -1 }, true); }
        for (const action of before[insn] ?? []) visit({ action, access: -1 }, true);
      } else if (OP_ROWS[op].effect === "memory") {
        const kind = isStore(op) ? "write" : "read";
        for (const attachment of access[insn] ?? []) {
          if (attachment.kind !== "both" && attachment.kind !== kind) continue;
          visit({ action: attachment.action, access: i }, certain);
        }
      }
    }
  }

  #add({ action }: Place, certain: boolean): void {
    const totals = this.#totals;
    if (action.do !== "add") {
      if (looks(action)) totals.push(new Map());
    } else if (certain) {
      const total = totals[totals.length - 1];
      total.set(action.cell, (total.get(action.cell) ?? 0) + action.amount);
    }
  }

  #write(place: Place, certain: boolean): void {
    const { action, access } = place, ir = this.#ir;
    if (action.do === "add") {
      if (certain) this.#count(action.cell, action.amount);
      else this.#push(OP.count, ir.const(action.amount), action.cell);
      return;
    }
    if (looks(action)) {
      this.#stretch++;
      this.#ahead = undefined;
      this.#entry = 0;
    }
    switch (action.do) {
      case "set":
        this.#push(OP.poke64, ir.const64(action.value), action.cell);
        return;
      case "inline":
        try {
          action.write(this.#loom.inline(ir, access < 0 ? undefined : this.#operands(access)));
        } catch (error) {
          action.failed(error);
        }
        return;
      case "call":
        return this.#call(action.callback, access);
      case "callIf": {
        const skip = ir.label();
        ir.brIf(fails(ir, this.#peek(action.cell), action.is, ir.const64(action.value)), skip);
        this.#call(action.callback, access);
        ir.place(skip);
        this.#noted = -1;
      }
    }
  }

  /** An addition that is certain: the first of a stretch does them all. */
  #count(cell: number, amount: number): void {
    if (this.#ahead === undefined) {
      this.#ahead = new Map(this.#totals[this.#stretch]);
      for (const [cell, total] of this.#ahead) this.#push(OP.count, this.#ir.const(total), cell);
    }
    const left = this.#ahead.get(cell)! - amount;
    if (left === 0) this.#ahead.delete(cell);
    else this.#ahead.set(cell, left);
    this.#entry = this.#ahead.size === 0 ? 0 : -1;
  }

  #call(callback: Callback, access: number): void {
    const { registers, later } = callback, descriptor = access < 0 ? -1 : this.#describe(access);
    const site = this.#loom.site(callback, descriptor);
    if (later) return void this.#ir.block.push(OP.probeLater, -1, -1, -1, site);
    const op = registers === "none" ? OP.probe : registers === "read" ? OP.probeRead : OP.probeWrite;
    if (op === OP.probeWrite) this.#note();
    if (access < 0) this.#ir.block.push(op, -1, -1, -1, site);
    else {
      const { address, value, high } = this.#operands(access);
      this.#ir.block.push(op, address, value, high, site);
    }
  }

  #describe(access: number): number {
    return this.#block.x(access) | (isStore(this.#block.op(access)) ? STORE : 0);
  }

  /** Address and value (two halves) of an access. */
  #operands(access: number): { address: Value; value: Value; high: Value } {
    const block = this.#block, ir = this.#ir;
    const address = this.#renamed[block.a(access)] as Value;
    const made = isStore(block.op(access)) ? this.#renamed[block.b(access)] : this.#renamed[access];
    if (memSize(block.x(access)) < 8) {
      const value = made as Value;
      if (!isStore(block.op(access))) return { address, value, high: ir.const(0) };
      // What a narrow store leaves out.
      const size = block.x(access) & 3;
      const narrow = size === MEM.u32 ? value : ir.and(value, ir.const(size === MEM.u8 ? 0xff : 0xffff));
      return { address, value: narrow, high: ir.const(0) };
    }
    const value = made as Value<"l">;
    return { address, value: ir.wrap(value), high: ir.wrap(ir.shrU64(value, ir.const64(32n))) };
  }

  #peek(cell: number): Value<"l"> {
    return this.#ir.block.push(OP.peek64, -1, -1, -1, cell) as Value<"l">;
  }

  #push(op: number, a: number, cell: number): void {
    this.#ir.block.push(op, a, -1, -1, cell);
  }

  /** Notes what is counted ahead, if an exception could leave at the next operation. */
  #note(): void {
    if (this.#entry < 0) this.#entry = this.#loom.undo(this.#ahead!);
    if (this.#noted === this.#entry) return;
    this.#noted = this.#entry;
    this.#ir.block.push(OP.undo, -1, -1, -1, this.#entry);
  }

  #copy(i: number): void {
    const block = this.#block, op = block.op(i), x = block.x(i), arity = ARITY[op];
    if (this.#leaves(op, x)) this.#note();
    const a = block.a(i), b = block.b(i), c = block.c(i), renamed = this.#renamed;
    renamed[i] = this.#ir.block.push(
      op,
      arity > 0 && a >= 0 ? renamed[a] : a,
      arity > 1 && b >= 0 ? renamed[b] : b,
      arity > 2 && c >= 0 ? renamed[c] : c,
      x,
    );
    if (op === OP.label) this.#noted = -1;
  }

  /** Whether an exception may be raised by an operation. */
  #leaves(op: number, x: number): boolean {
    return OP_ROWS[op].effect === "memory" ||
      (op === OP.call || op === OP.callI) && this.#loom.helpers[x].raises === true;
  }
}

function isStore(op: number): boolean {
  return op === OP.store || op === OP.store64;
}

/** Whether counters can be looked at there. */
function looks(action: Action): boolean {
  return action.do !== "call" || !action.callback.later;
}

/** Whether the comparison does not hold. */
function fails(ir: Builder, a: Value<"l">, is: CounterTest, b: Value<"l">): Value {
  switch (is) {
    case "==":
      return ir.eqz(ir.eq64(a, b));
    case "!=":
      return ir.eq64(a, b);
    case "<":
      return ir.eqz(ir.ltU64(a, b));
    case ">=":
      return ir.ltU64(a, b);
    case ">":
      return ir.eqz(ir.ltU64(b, a));
    case "<=":
      return ir.ltU64(b, a);
  }
}
