import type { Field } from "../isa/state.ts";
import { Block } from "./block.ts";
import { OP, OP_NAMES, OP_ROWS, operandTypes, type OpName, type OPS } from "./ops.ts";

/** Where a value carries its type; nothing has such a member. */
export declare const type: unique symbol;
/** A value of the block being built: an index, branded with its type. */
export type Value<T extends "i" | "l" = "i"> = number & { readonly [type]: T };
/** A forward label: branch to it, then place it, once. */
export type Label = number & { readonly [type]: "label" };

/** Operand types of a row's `type`, "i i -> i". */
export type Operands<T extends string> = T extends `${infer Head} ${infer Rest}`
  ? [...Operand<Head>, ...Operands<Rest>]
  : Operand<T>;
/** One of them. */
export type Operand<T extends string> = T extends "i" | "l" ? [Value<T>] : [];
/** The method that a row's `type` makes. */
export type Method<T extends string> = T extends `${infer A}-> ${infer R extends "i" | "l"}`
  ? (...operands: Operands<A>) => Value<R>
  : never;
/** Names of operations without an effect. */
export type PureName = { [K in OpName]: typeof OPS[K] extends { js: string } ? K : never }[OpName];
/** A method for each operation without an effect. */
export type PureMethods = { readonly [K in PureName]: Method<typeof OPS[K]["type"]> };

/** Something of the ISA that translated code can call, by its number in the ISA's helper list. */
export interface HelperRef {
  /** In the order of `defineHelpers`. */
  readonly index: number;
}

/** Writes the operations of one block. Has a method for each pure operation (`ir.add(a, b)`), made from `OPS`. */
export interface Builder extends PureMethods {
  /** The operations written so far. */
  readonly block: Block;
}

/** See the interface of the same name for the methods made from `OPS`. */
export class Builder {
  /** The operations written so far. */
  readonly block: Block = new Block(256);

  /** A 32-bit constant, of which the low 32 bits count. */
  const(value: number): Value {
    return this.block.push(OP.const, -1, -1, -1, value | 0) as Value;
  }

  /** A 64-bit constant, of which the low 64 bits count. */
  const64(value: bigint): Value<"l"> {
    const low = Number(BigInt.asIntN(32, value)), high = Number(BigInt.asIntN(32, value >> 32n));
    return this.block.push(OP.const64, -1, -1, high, low) as Value<"l">;
  }

  /** Reads a state field. */
  get(field: Field<"i32">): Value {
    return this.block.push(OP.get, -1, -1, -1, field.offset) as Value;
  }
  /** Reads a state field of 64 bits. */
  get64(field: Field<"i64">): Value<"l"> {
    return this.block.push(OP.get64, -1, -1, -1, field.offset) as Value<"l">;
  }
  /** Writes a state field. */
  set(field: Field<"i32">, value: Value): void {
    this.block.push(OP.set, value, -1, -1, field.offset);
  }
  /** Writes a state field of 64 bits. */
  set64(field: Field<"i64">, value: Value<"l">): void {
    this.block.push(OP.set64, value, -1, -1, field.offset);
  }

  /** Loads from guest memory; `mem` as in `MEM`. May leave the block with an exception. */
  load(address: Value, mem: number): Value {
    return this.block.push(OP.load, address, -1, -1, mem) as Value;
  }
  /** The same for 64 bits. */
  load64(address: Value, mem: number): Value<"l"> {
    return this.block.push(OP.load64, address, -1, -1, mem) as Value<"l">;
  }
  /** Stores to guest memory; `mem` as in `MEM`. May leave the block with an exception. */
  store(address: Value, value: Value, mem: number): void {
    this.block.push(OP.store, address, value, -1, mem);
  }
  /** The same for 64 bits. */
  store64(address: Value, value: Value<"l">, mem: number): void {
    this.block.push(OP.store64, address, value, -1, mem);
  }

  /** Calls a helper that returns nothing. */
  call(helper: HelperRef, a?: Value, b?: Value, c?: Value): void {
    this.block.push(OP.call, a ?? -1, b ?? -1, c ?? -1, helper.index);
  }
  /** Calls a helper that returns an i32. */
  callI(helper: HelperRef, a?: Value, b?: Value, c?: Value): Value {
    return this.block.push(OP.callI, a ?? -1, b ?? -1, c ?? -1, helper.index) as Value;
  }

  /** A new label, not placed yet. */
  label(): Label {
    return this.block.labels++ as Label;
  }
  /** Puts the label here. What was made before it on one path only must not be used behind it. */
  place(label: Label): void {
    this.block.push(OP.label, -1, -1, -1, label);
  }
  /** Goes on at the label. */
  br(label: Label): void {
    this.block.push(OP.br, -1, -1, -1, label);
  }
  /** Branches if the condition is not zero. */
  brIf(condition: Value, label: Label): void {
    this.block.push(OP.brIf, condition, -1, -1, label);
  }

  // Signed and unsigned "greater" are "less" with the operands swapped.
  /** a > b, signed: 1 or 0. */
  gtS(a: Value, b: Value): Value {
    return this.ltS(b, a);
  }
  /** a > b, unsigned: 1 or 0. */
  gtU(a: Value, b: Value): Value {
    return this.ltU(b, a);
  }
  /** a ≥ b, signed: 1 or 0. */
  geS(a: Value, b: Value): Value {
    return this.leS(b, a);
  }
  /** a ≥ b, unsigned: 1 or 0. */
  geU(a: Value, b: Value): Value {
    return this.leU(b, a);
  }
  /** All bits of a inverted. */
  not(a: Value): Value {
    return this.xor(a, this.const(-1));
  }
  /** 0 − a. */
  neg(a: Value): Value {
    return this.sub(this.const(0), a);
  }
}

// One method per pure operation, of fixed arity, so that each call site stays monomorphic.
for (const [op, name] of OP_NAMES.entries()) {
  if (!("js" in OP_ROWS[op])) continue;
  const n = operandTypes(OP_ROWS[op]).length;
  Object.defineProperty(Builder.prototype, name, {
    value: n === 1
      ? function (this: Builder, a: number) {
        return this.block.push(op, a, -1, -1, 0);
      }
      : n === 2
      ? function (this: Builder, a: number, b: number) {
        return this.block.push(op, a, b, -1, 0);
      }
      : function (this: Builder, a: number, b: number, c: number) {
        return this.block.push(op, a, b, c, 0);
      },
  });
}
