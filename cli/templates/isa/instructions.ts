import { CPU, decoder, type Field, type Fields, inst, MEM, type Translation, type Value } from "@emu/core";
import { HELPERS } from "./helpers.ts";
import { CAUSE, REGISTERS, SYSTEM_REGISTERS } from "./state.ts";

/**
 * The instructions, a row each: name, bits (equal letters are a field), text, and what it means in operations. The
 * decoder, the disassembler and the assembler of the tests are all made of this table.
 *
 * `emit` runs when code is translated: it *writes* what is to happen. What it may look at is the instruction's own
 * fields and `t.pc`, never the state.
 */
const row = <const P extends string>(
  name: string,
  bits: P,
  operands: string,
  emit: (t: Translation, fields: Fields<P>) => void,
) => inst<Translation, P>(name, bits, `${name} ${operands}`.trim(), emit);

export const INSTRUCTIONS = decoder<Translation>([
  row("li", "0000 0001 dddd .... iiii iiii iiii iiii", "{d}, {i}", ({ ir }, { d, i }) => {
    ir.set(REGISTERS[d], ir.const(signed(i)));
  }),
  row("lui", "0000 0010 dddd .... iiii iiii iiii iiii", "{d}, {i}", ({ ir }, { d, i }) => {
    ir.set(REGISTERS[d], ir.const(i << 16));
  }),
  row("addi", "0000 0011 dddd ssss iiii iiii iiii iiii", "{d}, {s}, {i}", ({ ir }, { d, s, i }) => {
    ir.set(REGISTERS[d], ir.add(ir.get(REGISTERS[s]), ir.const(signed(i))));
  }),
  row("add", "0001 0000 dddd ssss tttt .... .... ....", "{d}, {s}, {t}", binary("add")),
  row("sub", "0001 0001 dddd ssss tttt .... .... ....", "{d}, {s}, {t}", binary("sub")),
  row("mul", "0001 0010 dddd ssss tttt .... .... ....", "{d}, {s}, {t}", binary("mul")),
  row("and", "0001 0011 dddd ssss tttt .... .... ....", "{d}, {s}, {t}", binary("and")),
  row("or", "0001 0100 dddd ssss tttt .... .... ....", "{d}, {s}, {t}", binary("or")),
  row("xor", "0001 0101 dddd ssss tttt .... .... ....", "{d}, {s}, {t}", binary("xor")),
  row("shl", "0001 0110 dddd ssss tttt .... .... ....", "{d}, {s}, {t}", binary("shl")),
  row("shr", "0001 0111 dddd ssss tttt .... .... ....", "{d}, {s}, {t}", binary("shrU")),

  // Memory at register s + i.
  row("ldw", "0010 0000 dddd ssss iiii iiii iiii iiii", "{d}, {s}, {i}", load(MEM.u32)),
  row("ldb", "0010 0001 dddd ssss iiii iiii iiii iiii", "{d}, {s}, {i}", load(MEM.u8)),
  row("stw", "0010 0010 dddd ssss iiii iiii iiii iiii", "{d}, {s}, {i}", store(MEM.u32)),
  row("stb", "0010 0011 dddd ssss iiii iiii iiii iiii", "{d}, {s}, {i}", store(MEM.u8)),

  // Branches: i counts instructions from this one.
  row("beq", "0011 0000 dddd ssss iiii iiii iiii iiii", "{d}, {s}, {to}", branch("eq")),
  row("bne", "0011 0001 dddd ssss iiii iiii iiii iiii", "{d}, {s}, {to}", branch("ne")),
  row("blt", "0011 0010 dddd ssss iiii iiii iiii iiii", "{d}, {s}, {to}", branch("ltS")),
  row("jump", "0011 0011 .... .... iiii iiii iiii iiii", "{to}", (t, { i }) => t.jump(target(t, i))),
  row("call", "0011 0100 dddd .... iiii iiii iiii iiii", "{d}, {to}", (t, { d, i }) => {
    t.ir.set(REGISTERS[d], t.ir.const(t.pc + 4));
    t.jump(target(t, i));
  }),
  row("jr", "0011 0101 .... ssss .... .... .... ....", "{s}", (t, { s }) => {
    t.ir.set(CPU.pc, t.ir.get(REGISTERS[s]));
    t.jumpIndirect();
  }),

  // System.
  row("trap", "0100 0000 .... .... .... .... iiii iiii", "{i}", (t, { i }) => raise(t, i)),
  row("get", "0100 0001 dddd .... .... .... .... ..nn", "{d}, {n}", ({ ir }, { d, n }) => {
    ir.set(REGISTERS[d], ir.get(SYSTEM_REGISTERS[n]));
  }),
  row("put", "0100 0010 dddd .... .... .... .... ..nn", "{n}, {d}", (t, { d, n }) => {
    t.ir.set(SYSTEM_REGISTERS[n], t.ir.get(REGISTERS[d]));
    leaveBlock(t); // interrupts may have been enabled: the main loop looks
  }),
  row("rti", "0100 0011 .... .... .... .... .... ....", "", (t) => {
    t.ir.call(HELPERS.leave);
    t.exit();
  }),
  row("wait", "0100 0100 .... .... .... .... .... ....", "", (t) => {
    t.ir.set(CPU.halted, t.ir.const(1));
    leaveBlock(t);
  }),
]);

/** Translates the instruction at `t.pc`; gives its length. */
export function translate(t: Translation): number {
  const word = t.fetch32(t.pc), found = INSTRUCTIONS.find(word);
  if (found === undefined) raise(t, CAUSE.undefined);
  else found.emit(t, word);
  return 4;
}

type Registers3 = Readonly<Record<"d" | "s" | "t", number>>;
type Registers2 = Readonly<Record<"d" | "s" | "i", number>>;

function binary(op: "add" | "sub" | "mul" | "and" | "or" | "xor" | "shl" | "shrU") {
  return ({ ir }: Translation, { d, s, t }: Registers3) => {
    ir.set(REGISTERS[d], ir[op](ir.get(REGISTERS[s]), ir.get(REGISTERS[t])));
  };
}

function load(mem: number) {
  return (t: Translation, { d, s, i }: Registers2) => {
    t.ir.set(REGISTERS[d], t.ir.load(address(t, REGISTERS[s], i), mem));
  };
}

function store(mem: number) {
  return (t: Translation, { d, s, i }: Registers2) => {
    t.ir.store(address(t, REGISTERS[s], i), t.ir.get(REGISTERS[d]), mem);
  };
}

function branch(condition: "eq" | "ne" | "ltS") {
  return (t: Translation, { d, s, i }: Registers2) => {
    const { ir } = t, taken = ir.label();
    ir.brIf(ir[condition](ir.get(REGISTERS[d]), ir.get(REGISTERS[s])), taken);
    t.jump(t.pc + 4);
    ir.place(taken);
    t.jump(target(t, i));
  };
}

function address({ ir }: Translation, base: Field<"i32">, i: number): Value {
  return ir.add(ir.get(base), ir.const(signed(i)));
}

function target({ pc }: Translation, i: number): number {
  return pc + 4 * signed(i);
}

function signed(i: number): number {
  return i << 16 >> 16;
}

/** Ends the block behind this instruction, and goes back to the main loop. */
function leaveBlock(t: Translation): void {
  t.ir.set(CPU.pc, t.ir.const(t.pc + 4));
  t.exit();
}

function raise(t: Translation, cause: number): void {
  t.ir.call(HELPERS.raise, t.ir.const(cause));
  t.exit();
}
