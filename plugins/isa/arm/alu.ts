import type { Value } from "@emu/core";
import { ARM } from "./state.ts";
import type { Arm } from "./translator.ts";

/**
 * Additions and subtractions, with flags if asked. Overflow is bit 31 of (a ^ r) & (b ^ r) for r = a + b, and of
 * (a ^ b) & (a ^ r) for r = a - b. The carry of a subtraction is "no borrow".
 */
export function add(t: Arm, a: Value, b: Value, setFlags: boolean): Value {
  const { ir } = t;
  const sum = ir.add(a, b);
  if (setFlags) t.setFlags({ nz: sum, c: ir.ltU(sum, a), v: addOverflow(t, [a, b, sum]) });
  return sum;
}

export function subtract(t: Arm, a: Value, b: Value, setFlags: boolean): Value {
  const { ir } = t;
  const difference = ir.sub(a, b);
  if (setFlags) {
    t.setFlags({ nz: difference, c: ir.leU(b, a), v: subtractOverflow(t, [a, b, difference]) });
  }
  return difference;
}

export function addWithCarry(t: Arm, a: Value, b: Value, setFlags: boolean): Value {
  const { ir } = t;
  const carry = t.carry();
  const partial = ir.add(a, b);
  const sum = ir.add(partial, carry);
  if (setFlags) {
    // Out of at most one of the two additions.
    const c = ir.or(ir.ltU(partial, a), ir.ltU(sum, partial));
    t.setFlags({ nz: sum, c, v: addOverflow(t, [a, b, sum]) });
  }
  return sum;
}

/** a - b - !C is a + ~b + C. */
export function subtractWithCarry(t: Arm, a: Value, b: Value, setFlags: boolean): Value {
  return addWithCarry(t, a, t.ir.not(b), setFlags);
}

/** Bit 31 tells whether `a + b`, of which `sum` is the result, overflowed. */
export function addOverflow({ ir }: Arm, [a, b, sum]: readonly [Value, Value, Value]): Value {
  return ir.and(ir.xor(a, sum), ir.xor(b, sum));
}

/** The same for `a - b`. */
export function subtractOverflow({ ir }: Arm, [a, b, difference]: readonly [Value, Value, Value]): Value {
  return ir.and(ir.xor(a, b), ir.xor(a, difference));
}

/** N and Z of a 64-bit result; Z is kept as the or of both halves. */
export function setFlags64({ ir }: Arm, low: Value, high: Value): void {
  ir.set(ARM.nf, high);
  ir.set(ARM.zf, ir.or(low, high));
}
