import { CPU } from "../../isa/state.ts";
import { EXIT } from "../exits.ts";
import { type EmitContext, type EmitSource, Emitter, LOCAL, LONG_SCRATCH } from "./emit.ts";
import { type FunctionBody, TYPE, W } from "./encoder.ts";
import { passingPlan } from "./plan.ts";

/** Tier 1: one block, one function; registers stay in memory. */
class BlockEmitter extends Emitter {
  body(source: EmitSource): FunctionBody {
    const planned = passingPlan(source.block), { out } = this;
    out.u32(2).u32(LOCAL.free - 1 + planned.ints).byte(TYPE.i32).u32(LONG_SCRATCH + planned.longs).byte(
      TYPE.i64,
    );
    this.layOut(LOCAL.free, planned.ints);
    this.open(W.block, "raised");
    this.emitBlock(source, planned);
    out.byte(W.unreachable);
    this.close();
    return out.constI(EXIT.MAIN).byte(W.end).body();
  }

  protected override charge(): void {
    const { out } = this, { insns, pc } = this.source;
    out.constI(0).constI(0).mem(W.i32Load, this.env + CPU.budget.offset).constI(insns).byte(W.i32Sub).tee(
      LOCAL.address,
    );
    out.constI(0).byte(W.i32LtS).hint(false).byte(W.if).byte(W.void);
    this.setPc(pc);
    out.constI(EXIT.BUDGET).byte(W.return).byte(W.end);
    out.get(LOCAL.address).mem(W.i32Store, this.env + CPU.budget.offset);
  }

  protected override getField(offset: number): void {
    this.out.constI(0).mem(W.i32Load, this.env + offset);
  }

  protected override setField(offset: number, push: () => void): void {
    this.out.constI(0);
    push();
    this.out.mem(W.i32Store, this.env + offset);
  }

  protected override leaveIfRaised(refund: number): void {
    const { out } = this;
    out.constI(0).mem(W.i32Load, this.env + CPU.exception.offset);
    out.hint(false);
    if (refund === 0 && this.undo === 0) return this.branch("raised", W.brIf);
    this.open(W.if, "if");
    this.noteUndo();
    if (refund > 0) {
      out.constI(0).constI(0).mem(W.i32Load, this.env + CPU.budget.offset).constI(refund).byte(W.i32Add);
      out.mem(W.i32Store, this.env + CPU.budget.offset);
    }
    this.branch("raised");
    this.close();
  }

  protected override exitMain(): void {
    this.out.constI(EXIT.MAIN).byte(W.return);
  }

  protected override gotoTb(n: number): void {
    const slot = this.source.slots + 4 * n;
    this.out.constI(slot).constI(0).mem(W.i32Load, slot);
    this.out.byte(W.returnCallIndirect).u32(0).u32(0);
  }

  protected override lookup(target: number | undefined): void {
    if (target !== undefined) this.setPc(target);
    this.probeJumpCache();
    this.out.hint(true).byte(W.if).byte(W.void);
    this.jumpToEntry();
    this.out.byte(W.end);
    this.renew();
  }

  protected override beforeCall(): void {}
  protected override afterCall(): void {}
}

/** Compiles a block to the body of a function. */
export function emitBlock(source: EmitSource, context: EmitContext): FunctionBody {
  return new BlockEmitter(context).body(source);
}
