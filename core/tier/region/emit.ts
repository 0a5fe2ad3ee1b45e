import { OP, OP_ROWS } from "../../ir/ops.ts";
import type { Helper } from "../../isa/isa.ts";
import { CPU, HEADER_SIZE } from "../../isa/state.ts";
import { JUMP_CACHE } from "../../softmmu/tlb.ts";
import type { Tb } from "../../translator/tb.ts";
import { EXIT } from "../exits.ts";
import { type FunctionBody, TYPE, W } from "../wasm/encoder.ts";
import { type EmitContext, Emitter, LOCAL, LONG_SCRATCH } from "../wasm/emit.ts";
import { type Plan, plan } from "../wasm/plan.ts";
import type { Growth } from "./grow.ts";
import { type Structure, structure } from "./structure.ts";

/** Locals of a region beside the scratch ones. */
const BUDGET = LOCAL.free, AUX = BUDGET + 1, FIRST_REGISTER = BUDGET + 2;

/** Counters that live in locals: those that are used most. */
const MOST_COUNTERS = 4;

/** A region's function, and the blocks that it came to hold. */
export interface RegionCode {
  readonly body: FunctionBody;
  readonly tbs: readonly Tb[];
}

/** Compiles a region to the body of one function. */
export function emitRegion(growth: Growth, context: EmitContext): RegionCode {
  return new RegionEmitter(growth, context, EXIT.REGION_BUDGET).emit();
}

/** Compiles a block that may lead to itself: a region of one, but what surrounds it may yet become a larger one. */
export function emitLoop(tb: Tb, context: EmitContext): FunctionBody {
  const growth = { tbs: [tb], after: new Map([[tb, [tb]]]), covered: 0 };
  return new RegionEmitter(growth, context, EXIT.BUDGET).emit().body;
}

/**
 * Tier 2: the blocks of a region as one function. Guest registers live in locals, are read in at the entry and
 * written back at the exits; edges inside are WebAssembly's own control flow, and every block charges the budget as
 * it does on its own, so slices end at the same instruction in all tiers.
 *
 * All exits share a few epilogues, so an exit in the middle costs a branch: "return" (local AUX holds the `EXIT`),
 * "raised", "chain" (AUX holds the jump slot), "entry" (AUX holds the jump cache entry) and "renew".
 */
class RegionEmitter extends Emitter {
  readonly #tbs: readonly Tb[];
  readonly #plans: readonly Plan[];
  readonly #number = new Map<Tb, number>();
  readonly #structure: Structure;
  /** Local of each register that the region touches, by offset in the state. */
  readonly #registers = new Map<number, number>();
  readonly #written = new Set<number>();
  /** Local of each counter that the region counts with, by place: what is still to be added there. */
  readonly #counters = new Map<number, number>();
  /** What the end of the budget is reported as. */
  readonly #outOfBudget: number;
  #node = 0;

  constructor(growth: Growth, context: EmitContext, outOfBudget: number) {
    super(context);
    this.#outOfBudget = outOfBudget;
    this.#tbs = growth.tbs;
    for (const [i, tb] of this.#tbs.entries()) this.#number.set(tb, i);
    this.#plans = this.#tbs.map((tb) => plan(tb.block));
    this.#structure = structure(
      this.#tbs.map((tb) => this.#exits(tb, growth.after.get(tb) ?? []).map((to) => this.#number.get(to)!)),
    );
    for (const tb of this.#tbs) this.#collectRegisters(tb);
  }

  /** The counters that most blocks count with and nobody reads on the way. */
  #commonCounters(): number[] {
    const uses = new Map<number, number>();
    for (const { block } of this.#tbs) {
      for (let i = 0; i < block.length; i++) {
        const op = block.op(i), at = block.x(i);
        if (op === OP.count) uses.set(at, (uses.get(at) ?? 0) + 1);
        else if (op === OP.peek64 || op === OP.poke64) uses.set(at, -Infinity);
      }
    }
    return [...uses].filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a)
      .slice(0, MOST_COUNTERS).map(([at]) => at);
  }

  /** The blocks inside the region that a block's exits can lead to. */
  #exits(tb: Tb, after: readonly Tb[]): Tb[] {
    // Whatever was seen to follow comes through one of the exits; which one, `edge` and `lookup` tell.
    const chained = tb.next.filter((next) => next !== undefined && this.#number.has(next)) as Tb[];
    return [...new Set([...after, ...chained])];
  }

  #collectRegisters(tb: Tb): void {
    const { block } = tb;
    for (let i = 0; i < block.length; i++) {
      const op = block.op(i), offset = block.x(i);
      if (op !== OP.get && op !== OP.set || offset < HEADER_SIZE) continue;
      if (!this.#registers.has(offset)) this.#registers.set(offset, FIRST_REGISTER + this.#registers.size);
      if (op === OP.set) this.#written.add(offset);
    }
  }

  emit(): RegionCode {
    const { out } = this;
    const ints = Math.max(...this.#plans.map(({ ints }) => ints));
    const longs = Math.max(...this.#plans.map(({ longs }) => longs));
    const firstInt = FIRST_REGISTER + this.#registers.size;
    this.layOut(firstInt, ints);
    const firstCounter = firstInt + ints + LONG_SCRATCH + longs;
    for (const at of this.#commonCounters()) this.#counters.set(at, firstCounter + this.#counters.size);
    const allLongs = LONG_SCRATCH + longs + this.#counters.size;
    out.u32(2).u32(firstInt + ints - 1).byte(TYPE.i32).u32(allLongs).byte(TYPE.i64);

    out.constI(0).mem(W.i32Load, this.env + CPU.budget.offset).set(BUDGET);
    this.#loadRegisters();
    this.open(W.block, "renew");
    this.open(W.block, "entry");
    this.open(W.block, "chain");
    this.open(W.block, "return");
    this.open(W.block, "raised");
    this.#tree(0);
    out.byte(W.unreachable);
    this.close(); // raised: the slow path has set the budget right
    out.constI(0).mem(W.i32Load, this.env + CPU.budget.offset).set(BUDGET).constI(EXIT.MAIN).set(AUX);
    this.close(); // return
    this.#saveAll();
    out.get(AUX).byte(W.return);
    this.close(); // chain
    this.#saveAll();
    out.get(AUX).get(AUX).mem(W.i32Load, 0).byte(W.returnCallIndirect).u32(0).u32(0);
    this.close(); // entry
    this.#saveAll();
    out.get(AUX).set(LOCAL.entry);
    this.jumpToEntry();
    this.close(); // renew
    this.#saveAll();
    this.renew();
    out.byte(W.end);
    return {
      body: out.body(),
      tbs: this.#tbs.filter((_, node) => this.#structure.order[node] >= 0),
    };
  }

  /** Emits a node and all that it dominates. */
  #tree(node: number): void {
    const { isLoop, merges } = this.#structure;
    if (isLoop[node]) this.open(W.loop, `loop ${node}`);
    // Each merge node follows the block that branches to it leave.
    const inside = merges[node];
    for (const merge of inside) this.open(W.block, `merge ${merge}`);
    const outer = this.#node;
    this.#node = node;
    this.emitBlock(this.#tbs[node], this.#plans[node]);
    this.#node = outer;
    for (let i = inside.length - 1; i >= 0; i--) {
      this.out.byte(W.unreachable);
      this.close();
      this.#tree(inside[i]);
    }
    if (isLoop[node]) {
      this.out.byte(W.unreachable);
      this.close();
    }
  }

  /** Goes from the current block to another one of the region. Nothing may follow. */
  #goto(to: number): void {
    const { order, isMerge } = this.#structure;
    if (order[to] <= order[this.#node]) this.branch(`loop ${to}`);
    else if (isMerge[to]) this.branch(`merge ${to}`);
    else this.#tree(to);
  }

  /** The number of a block inside, if there is an edge to it. */
  #edge(tb: Tb | undefined): number | undefined {
    const to = tb === undefined ? undefined : this.#number.get(tb);
    return to !== undefined && this.#structure.successors[this.#node].includes(to) ? to : undefined;
  }

  #loadRegisters(): void {
    for (const [offset, local] of this.#registers) {
      this.out.constI(0).mem(W.i32Load, this.env + offset).set(local);
    }
  }

  #saveRegisters(): void {
    for (const offset of this.#written) {
      this.out.constI(0).get(this.#registers.get(offset)!).mem(W.i32Store, this.env + offset);
    }
  }

  #saveAll(): void {
    this.#saveRegisters();
    this.#saveCounters();
    this.out.constI(0).get(BUDGET).mem(W.i32Store, this.env + CPU.budget.offset);
  }

  #saveCounters(): void {
    for (const [at, local] of this.#counters) super.addTo(at, () => this.out.get(local));
  }

  #exit(exit: number): void {
    this.out.constI(exit).set(AUX);
    this.branch("return");
  }

  protected override addTo(counter: number, push: () => void): void {
    const local = this.#counters.get(counter);
    if (local === undefined) return super.addTo(counter, push);
    this.out.get(local);
    push();
    this.out.byte(OP_ROWS[OP.add64].wasm!).set(local);
  }

  protected override settleCounters(): void {
    this.#saveCounters();
    for (const local of this.#counters.values()) this.out.byte(W.i64Const).s64(0n).set(local);
  }

  protected override charge(): void {
    const { out } = this, { insns, pc } = this.source;
    out.get(BUDGET).constI(insns).byte(W.i32Sub).tee(BUDGET).constI(0).byte(W.i32LtS).hint(false);
    this.open(W.if, "if");
    out.get(BUDGET).constI(insns).byte(W.i32Add).set(BUDGET);
    this.setPc(pc);
    this.#exit(this.#outOfBudget);
    this.close();
  }

  protected override getField(offset: number): void {
    const local = this.#registers.get(offset);
    if (local === undefined) this.out.constI(0).mem(W.i32Load, this.env + offset);
    else this.out.get(local);
  }

  protected override setField(offset: number, push: () => void): void {
    const local = this.#registers.get(offset);
    if (local === undefined) {
      this.out.constI(0);
      push();
      this.out.mem(W.i32Store, this.env + offset);
    } else {
      push();
      this.out.set(local);
    }
  }

  protected override leaveIfRaised(refund: number): void {
    const { out } = this;
    out.constI(0).mem(W.i32Load, this.env + CPU.exception.offset);
    out.hint(false);
    if (refund === 0 && this.undo === 0) return this.branch("raised", W.brIf);
    this.open(W.if, "if");
    this.noteUndo();
    if (refund === 0) this.branch("raised");
    else {
      out.get(BUDGET).constI(refund).byte(W.i32Add).set(BUDGET);
      this.#exit(EXIT.MAIN);
    }
    this.close();
  }

  protected override exitMain(): void {
    this.#exit(EXIT.MAIN);
  }

  protected override gotoTb(slot: number): void {
    const tb = this.#tbs[this.#node], to = this.#edge(tb.next[slot]);
    if (to !== undefined) return this.#goto(to);
    this.out.constI(tb.slots + 4 * slot).set(AUX);
    this.branch("chain");
  }

  protected override lookup(target: number | undefined): void {
    const { out } = this, tb = this.#tbs[this.#node];
    const targets = this.#structure.successors[this.#node].filter((to) =>
      !tb.next.includes(this.#tbs[to]) && (target === undefined || this.#tbs[to].pc === target)
    );
    if (target !== undefined) {
      // Only if the next page still maps the same.
      for (const to of targets) {
        this.probeConstant(target, this.#tbs[to].id);
        out.hint(true);
        this.open(W.if, "if");
        this.#goto(to);
        this.close();
      }
      this.setPc(target);
    }
    this.probeJumpCache();
    out.hint(true);
    this.open(W.if, "if");
    if (target === undefined) {
      for (const to of targets) {
        out.get(LOCAL.entry).mem(W.i32Load, this.context.jumpCache + JUMP_CACHE.tb).constI(this.#tbs[to].id)
          .byte(W.i32Eq);
        this.open(W.if, "if");
        this.#goto(to);
        this.close();
      }
    }
    out.get(LOCAL.entry).set(AUX);
    this.branch("entry");
    this.close();
    this.branch("renew");
  }

  protected override beforeCall(state: Helper["state"]): void {
    if (state !== "none") this.#saveRegisters();
    this.out.constI(0).get(BUDGET).mem(W.i32Store, this.env + CPU.budget.offset);
  }

  protected override afterCall(state: Helper["state"]): void {
    // A device that raises an interrupt takes the budget away.
    this.out.constI(0).mem(W.i32Load, this.env + CPU.budget.offset).set(BUDGET);
    if (state === "write") this.#loadRegisters();
  }
}
