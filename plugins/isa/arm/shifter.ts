import type { Value } from "@emu/core";
import type { Arm } from "./translator.ts";

/** Shift types as encoded (DDI 0100, A5.1). */
export const SHIFT = { LSL: 0, LSR: 1, ASR: 2, ROR: 3 } as const;

/** A shifter operand. Without `carry` the C flag stays as it is. */
export interface Shifted {
  readonly value: Value;
  readonly carry?: Value;
}

/**
 * Shifts by a constant, 0–31 as encoded: LSR and ASR by 0 mean 32, ROR by 0 is RRX (DDI 0100, A5.1.5–A5.1.13).
 * The carry is made only if `wantCarry`.
 */
export function shiftByConstant(
  t: Arm,
  source: Value,
  { type, amount, wantCarry }: { type: number; amount: number; wantCarry: boolean },
): Shifted {
  const { ir } = t;
  const bit = (n: number) => {
    const low = n === 0 ? source : ir.shrU(source, ir.const(n));
    return n === 31 ? low : ir.and(low, ir.const(1));
  };
  const by = () => ir.const(amount);
  const withCarry = (value: Value, carryBit: number): Shifted =>
    wantCarry ? { value, carry: bit(carryBit) } : { value };
  switch (type) {
    case SHIFT.LSL:
      return amount === 0 ? { value: source } : withCarry(ir.shl(source, by()), 32 - amount);
    case SHIFT.LSR:
      return amount === 0 ? withCarry(ir.const(0), 31) : withCarry(ir.shrU(source, by()), amount - 1);
    case SHIFT.ASR:
      return amount === 0
        ? withCarry(ir.shrS(source, ir.const(31)), 31)
        : withCarry(ir.shrS(source, by()), amount - 1);
    default:
      return amount === 0
        ? withCarry(ir.or(ir.shl(t.carry(), ir.const(31)), ir.shrU(source, ir.const(1))), 0)
        : withCarry(ir.rotr(source, by()), amount - 1);
  }
}

/**
 * Shifts by the low byte of a register, 0–255 (DDI 0100, A5.1.6 and on). An amount of 0 leaves value and carry.
 * IR shifts take their count modulo 32, so amounts from 32 on are selected away.
 */
export function shiftByRegister(
  t: Arm,
  source: Value,
  { type, by, wantCarry }: { type: number; by: Value; wantCarry: boolean },
): Shifted {
  const { ir } = t;
  const amount = ir.and(by, ir.const(0xff));
  const zero = () => ir.const(0);
  const atMost31 = (value: Value) => ir.select(value, ir.const(31), ir.ltU(value, ir.const(32)));
  const below32 = (value: Value) => ir.select(value, zero(), ir.ltU(amount, ir.const(32)));
  /** The carry out of an amount of 1 to 32, else 0. */
  const upTo32 = (value: Value) =>
    ir.select(ir.and(value, ir.const(1)), zero(), ir.leU(amount, ir.const(32)));
  const lastOut = () => ir.sub(amount, ir.const(1));
  const withCarry = (value: Value, carry: () => Value): Shifted =>
    wantCarry ? { value, carry: ir.select(carry(), t.carry(), amount) } : { value };
  switch (type) {
    case SHIFT.LSL:
      return withCarry(
        below32(ir.shl(source, amount)),
        () => upTo32(ir.shrU(source, ir.sub(ir.const(32), amount))),
      );
    case SHIFT.LSR:
      return withCarry(below32(ir.shrU(source, amount)), () => upTo32(ir.shrU(source, lastOut())));
    case SHIFT.ASR:
      return withCarry(
        ir.shrS(source, atMost31(amount)),
        () => ir.and(ir.shrS(source, atMost31(lastOut())), ir.const(1)),
      );
    default: {
      const value = ir.rotr(source, amount);
      return withCarry(value, () => ir.shrU(value, ir.const(31)));
    }
  }
}
