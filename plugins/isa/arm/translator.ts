import { type Builder, CPU, MEM, type Translation, type Value } from "@emu/core";
import { CONDITION, failsCondition } from "./conditions.ts";
import { type ArmDecoders, decodersFor } from "./decoders.ts";
import { HELPERS } from "./helpers.ts";
import type { ArmFeatures } from "./rows.ts";
import { ALIGN, ARM, EXCEPTION, MMU, mmuIndexOf, R, TB } from "./state.ts";

/** Access descriptors without MMU index. Loads of words rotate where `LDR` does (DDI 0100, A2.8). */
const ACCESS = {
  u8: MEM.u8,
  s8: MEM.u8 | MEM.signed,
  u16: MEM.u16 | MEM.aligned,
  s16: MEM.u16 | MEM.aligned | MEM.signed,
  u32: MEM.u32 | MEM.aligned,
  rotated: MEM.u32 | MEM.aligned | ALIGN.ROTATE,
  pair: MEM.u32 | MEM.aligned | ALIGN.ALWAYS,
} as const;

/** How memory is accessed: the name of an access descriptor. */
export type AccessKind = keyof typeof ACCESS;

/** The flags an instruction writes: values in the form in which `state.ts` keeps each, those left out stay. */
export interface FlagValues {
  /** N and Z are those of this word. */
  readonly nz?: Value;
  /** 0 or 1. */
  readonly c?: Value | undefined;
  /** Bit 31. */
  readonly v?: Value;
}

/**
 * One instruction while it is being translated: what the rows of all tables write with.
 *
 * Rules that keep faults precise: everything that can fault comes before the first write of a register; the PC is
 * written last.
 */
export class Arm {
  t!: Translation;
  ir!: Builder;
  /** Address of the instruction. */
  pc = 0;
  /** Bytes of the instruction. */
  length = 4;
  thumb = false;
  user = false;
  features!: ArmFeatures;
  /** Values of the registers that this instruction has read or written, so that none is read twice. */
  readonly #values = new Array<Value>(16).fill(0 as Value);
  /** For which registers there is one: a bit each. */
  #known = 0;

  begin(t: Translation, features: ArmFeatures): void {
    this.t = t;
    this.ir = t.ir;
    this.pc = t.pc;
    this.thumb = (t.flags & TB.T) !== 0;
    this.user = (t.flags & TB.USER) !== 0;
    this.length = this.thumb ? 2 : 4;
    this.features = features;
    this.#known = 0;
  }

  /** Address of the next instruction. */
  get next(): number {
    return this.pc + this.length | 0;
  }

  const(value: number): Value {
    return this.ir.const(value);
  }

  /** A register. The PC reads as two instructions ahead. */
  reg(n: number): Value {
    if (!(this.#known >> n & 1)) {
      this.#known |= 1 << n;
      this.#values[n] = n === 15 ? this.ir.const(this.pcValue()) : this.ir.get(R[n]);
    }
    return this.#values[n];
  }

  /** What the PC reads as. */
  pcValue(): number {
    return this.pc + (this.thumb ? 4 : 8) | 0;
  }

  /** Writes a register; a write to the PC branches, without change of state, and ends the path. */
  setReg(n: number, value: Value): void {
    if (n === 15) return this.branch(value);
    this.#known |= 1 << n;
    this.#values[n] = value;
    this.ir.set(R[n], value);
  }

  /** A register plus a constant. */
  addConst(value: Value, amount: number): Value {
    return amount === 0 ? value : this.ir.add(value, this.ir.const(amount));
  }

  carry(): Value {
    return this.ir.get(ARM.cf);
  }

  setFlags({ nz, c, v }: FlagValues): void {
    if (nz !== undefined) {
      this.ir.set(ARM.nf, nz);
      this.ir.set(ARM.zf, nz);
    }
    if (c !== undefined) this.ir.set(ARM.cf, c);
    if (v !== undefined) this.ir.set(ARM.vf, v);
  }

  /** Sets Q if bit 31 of `overflow` is set. */
  saturated(overflow: Value): void {
    const { ir } = this;
    ir.set(ARM.qf, ir.or(ir.get(ARM.qf), ir.shrU(overflow, ir.const(31))));
  }

  // Memory.

  load(address: Value, kind: AccessKind, mmu = this.mmu()): Value {
    return this.ir.load(address, ACCESS[kind] | mmu << MEM.mmuShift);
  }

  store(address: Value, value: Value, kind: AccessKind, mmu = this.mmu()): void {
    this.ir.store(address, value, ACCESS[kind] | mmu << MEM.mmuShift);
  }

  /** MMU index of ordinary accesses. */
  mmu(): number {
    return mmuIndexOf(this.t.flags);
  }

  /** MMU index of accesses as from user mode. */
  userMmu(): number {
    return this.mmu() | MMU.USER;
  }

  // Control.

  /** Translates `body` so that it runs only if the condition holds. */
  when(condition: number, body: () => void): void {
    if (condition >= CONDITION.AL) return body();
    const skip = this.ir.label();
    this.ir.brIf(failsCondition(this.ir, condition), skip);
    body();
    this.ir.place(skip);
  }

  /** Branches to a constant address in the same state. */
  jump(target: number): void {
    this.t.jump(target | 0);
  }

  /** Branches to an address in the same state. Its low bits are ignored. */
  branch(address: Value): void {
    const { ir } = this;
    ir.set(CPU.pc, ir.and(address, ir.const(this.thumb ? ~1 : ~3)));
    this.t.jumpIndirect();
  }

  /** Branches, and takes the state from bit 0 of the address. */
  branchExchange(address: Value): void {
    const { ir } = this;
    const bit = ir.and(address, ir.const(1));
    ir.set(CPU.tbflags, ir.or(bit, ir.const(this.t.flags & ~TB.T)));
    ir.set(CPU.pc, ir.xor(address, bit));
    this.t.jumpIndirect();
  }

  /** Branches to an address that was loaded: ARMv5 takes the state from it (DDI 0100, A2.4.3). */
  branchLoaded(address: Value): void {
    return this.features.v5 ? this.branchExchange(address) : this.branch(address);
  }

  /** Branches to a constant address of the other state. */
  branchOtherState(target: number): void {
    this.ir.set(CPU.tbflags, this.ir.const(this.t.flags ^ TB.T));
    this.ir.set(CPU.pc, this.ir.const(target));
    this.t.jumpIndirect();
  }

  /** Writes a register with a loaded word. */
  setLoaded(n: number, value: Value): void {
    return n === 15 ? this.branchLoaded(value) : this.setReg(n, value);
  }

  /** Ends the path after a change of the CPSR's control bits; `CPU.pc` and `CPU.tbflags` are set. */
  endAfterUnmasking(): void {
    const { ir } = this;
    const pending = ir.label();
    ir.brIf(ir.get(CPU.interrupt), pending);
    this.t.jumpIndirect();
    ir.place(pending);
    this.t.exit();
  }

  /** CPSR = SPSR and a branch. User mode has no SPSR: UNPREDICTABLE, taken as undefined. */
  exceptionReturn(address: Value): void {
    if (this.user) return this.undefined();
    this.ir.call(HELPERS.exceptionReturn, address);
    this.endAfterUnmasking();
  }

  /** Raises an exception at this instruction, and ends the path. */
  raise(kind: number): void {
    this.ir.set(CPU.pc, this.ir.const(this.pc));
    this.ir.call(HELPERS.raise, this.ir.const(kind));
    this.t.exit();
  }

  undefined(): void {
    this.raise(EXCEPTION.UNDEFINED);
  }
}

/** One for all: translation is not reentrant. */
const context = new Arm();

/**
 * Translates the instruction at `t.pc`, A32 or Thumb as `t.flags` says, for a CPU with the given features; returns
 * its length in bytes.
 */
export function translateArm(t: Translation, model: { readonly features: ArmFeatures }): number {
  context.begin(t, model.features);
  const decoders = decodersFor(model.features);
  if (context.thumb) translateThumb(t, decoders);
  else translateA32(t, decoders);
  return context.length;
}

function translateThumb(t: Translation, { t16 }: ArmDecoders): void {
  const word = t.fetch16(t.pc);
  const row = t16.find(word);
  if (row) row.emit(context, word);
  else context.undefined();
}

function translateA32(t: Translation, { a32, unconditional }: ArmDecoders): void {
  // BX to an address with bits 1–0 = 2 is UNPREDICTABLE: the bit is dropped here, off the path of every BX.
  if (t.pc & 3) {
    t.ir.set(CPU.pc, t.ir.const(t.pc & ~3));
    return t.jumpIndirect();
  }
  const word = t.fetch32(t.pc);
  const condition = word >>> 28;
  const row = condition === CONDITION.NV ? unconditional.find(word) : a32.find(word);
  context.when(condition, () => row ? row.emit(context, word) : context.undefined());
}
