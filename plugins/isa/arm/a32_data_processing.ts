import type { Value } from "@emu/core";
import { add, addWithCarry, subtract, subtractWithCarry } from "./alu.ts";
import { ror } from "./bits.ts";
import { a32, type ArmRow } from "./rows.ts";
import { shiftByConstant, shiftByRegister, type Shifted } from "./shifter.ts";
import type { Arm } from "./translator.ts";

/** What a data-processing operation makes of Rn and the shifter operand; it sets its own flags if `s`. */
type Operation = (t: Arm, n: Value, operand: Shifted, s: boolean) => Value;

/** A logical operation: N and Z from the result, C from the shifter, V stays. */
function logical(result: (t: Arm, n: Value, m: Value) => Value): Operation {
  return (t, n, { value, carry }, s) => {
    const r = result(t, n, value);
    if (s) t.setFlags({ nz: r, c: carry });
    return r;
  };
}

function arithmetic(result: (t: Arm, n: Value, m: Value, s: boolean) => Value): Operation {
  return (t, n, { value }, s) => result(t, n, value, s);
}

const and: Operation = logical(({ ir }, n, m) => ir.and(n, m));
const eor: Operation = logical(({ ir }, n, m) => ir.xor(n, m));
const sub: Operation = arithmetic(subtract);
const rsb: Operation = arithmetic((t, n, m, s) => subtract(t, m, n, s));
const adding: Operation = arithmetic(add);
const adc: Operation = arithmetic(addWithCarry);
const sbc: Operation = arithmetic(subtractWithCarry);
const rsc: Operation = arithmetic((t, n, m, s) => subtractWithCarry(t, m, n, s));
const orr: Operation = logical(({ ir }, n, m) => ir.or(n, m));
const bic: Operation = logical(({ ir }, n, m) => ir.and(n, ir.not(m)));

/** MOV and MVN have no Rn: their operation gets the operand twice. */
const moving: Operation = logical((_t, _n, m) => m);
const mvn: Operation = logical(({ ir }, _n, m) => ir.not(m));

/** What the fields of the three operand forms say. */
interface OperandFields {
  readonly r: number;
  readonly i: number;
  readonly a: number;
  readonly t: number;
  readonly m: number;
  readonly s: number;
}

type OperandForm = (t: Arm, fields: OperandFields, wantCarry: boolean) => Shifted;

function immediate(t: Arm, { r, i }: OperandFields): Shifted {
  const value = ror(i, 2 * r);
  return r === 0 ? { value: t.const(value) } : { value: t.const(value), carry: t.const(value >>> 31) };
}

function shiftedRegister(t: Arm, { a, t: type, m }: OperandFields, wantCarry: boolean): Shifted {
  return shiftByConstant(t, t.reg(m), { type, amount: a, wantCarry });
}

function registerShiftedRegister(t: Arm, { s, t: type, m }: OperandFields, wantCarry: boolean): Shifted {
  return shiftByRegister(t, registerAhead(t, m), { type, by: registerAhead(t, s), wantCarry });
}

/** With a shift by register the PC reads as 12 bytes ahead (the operand is read one cycle later). */
function registerAhead(t: Arm, n: number): Value {
  return n === 15 ? t.const(t.pc + 12) : t.reg(n);
}

/** The forms of the shifter operand: bit 25 and bits 11–0, text (of MOV too, which UAL names after the shift), reader. */
const FORMS = [
  {
    suffix: "imm",
    top: "1",
    low: "rrrr iiii iiii",
    text: "{imm}",
    mov: "mov{S}{c} {d}, {imm}",
    read: immediate,
  },
  {
    suffix: "reg",
    top: "0",
    low: "aaaa att0 mmmm",
    text: "{shifted}",
    mov: "{shift}{S}{c} {d}, {m}{by}",
    read: shiftedRegister,
  },
  {
    suffix: "rsr",
    top: "0",
    low: "ssss 0tt1 mmmm",
    text: "{m}, {type} {s}",
    mov: "{type}{S}{c} {d}, {m}, {s}",
    read: registerShiftedRegister,
  },
] as const;

/** Opcodes with Rn and Rd (DDI 0100, A3.4.1). */
const BINARY = [
  { name: "and", opcode: "0000", operation: and },
  { name: "eor", opcode: "0001", operation: eor },
  { name: "sub", opcode: "0010", operation: sub },
  { name: "rsb", opcode: "0011", operation: rsb },
  { name: "add", opcode: "0100", operation: adding },
  { name: "adc", opcode: "0101", operation: adc },
  { name: "sbc", opcode: "0110", operation: sbc },
  { name: "rsc", opcode: "0111", operation: rsc },
  { name: "orr", opcode: "1100", operation: orr },
  { name: "bic", opcode: "1110", operation: bic },
] as const;

const UNARY = [
  { name: "mov", opcode: "1101", operation: moving },
  { name: "mvn", opcode: "1111", operation: mvn },
] as const;

/** Opcodes that only set flags. */
const COMPARE = [
  { name: "tst", opcode: "1000", operation: and },
  { name: "teq", opcode: "1001", operation: eor },
  { name: "cmp", opcode: "1010", operation: sub },
  { name: "cmn", opcode: "1011", operation: adding },
] as const;

const OPCODES: readonly ArmRow[] = FORMS.flatMap((form) => {
  const { suffix, top, low, text, mov, read } = form;
  const rsr = suffix === "rsr";
  const operand = read as OperandForm;
  const readRn = (t: Arm, n: number) => rsr ? registerAhead(t, n) : t.reg(n);
  /** A shift by register may not name r15. */
  const pcNamed = (f: Readonly<Record<string, number>>) => rsr && [f.n, f.d, f.s, f.m].includes(15);
  const rest = `${low}` as "rrrr iiii iiii aaaa att0 mmmm ssss"; // the type checker needs one set of fields
  return [
    ...BINARY.map(({ name, opcode, operation }) =>
      a32(
        `${name}_${suffix}`,
        `cccc 00${top}${opcode}S nnnn dddd ${rest}`,
        `${name}{S}{c} {d}, {n}, ${text}`,
        (t, f) => {
          const s = f.S === 1 && f.d !== 15;
          const shifted = operand(t, f, s);
          finish(t, f, operation(t, readRn(t, f.n), shifted, s));
        },
        { unpredictable: pcNamed },
      )
    ),
    ...UNARY.map(({ name, opcode, operation }) =>
      a32(
        `${name}_${suffix}`,
        `cccc 00${top}${opcode}S .... dddd ${rest}`,
        name === "mov" ? mov : `${name}{S}{c} {d}, ${text}`,
        (t, f) => {
          const s = f.S === 1 && f.d !== 15;
          const shifted = operand(t, f, s);
          finish(t, f, operation(t, shifted.value, shifted, s));
        },
        { unpredictable: pcNamed },
      )
    ),
    ...COMPARE.map(({ name, opcode, operation }) =>
      a32(
        `${name}_${suffix}`,
        `cccc 00${top}${opcode}1 nnnn .... ${rest}`,
        `${name}{c} {n}, ${text}`,
        (t, f) => void operation(t, readRn(t, f.n), operand(t, f, true), true),
        { unpredictable: pcNamed },
      )
    ),
  ];
});

/** Writes the result. With S and r15 as destination the SPSR comes back (DDI 0100, A4.1.2 and the like). */
function finish(t: Arm, { S, d }: { readonly S: number; readonly d: number }, result: Value): void {
  if (d === 15 && S) return t.exceptionReturn(result);
  t.setReg(d, result);
}

/** Data processing, and CLZ (DDI 0100, A3.4 and A3.7). */
export const DATA_PROCESSING: readonly ArmRow[] = [
  ...OPCODES,
  a32("clz", "cccc 0001 0110 :::: dddd :::: 0001 mmmm", "clz{c} {d}, {m}", (t, { d, m }) => {
    t.setReg(d, t.ir.clz(t.reg(m)));
  }, { needs: "v5", unpredictable: ({ d, m }) => d === 15 || m === 15 }),
];
