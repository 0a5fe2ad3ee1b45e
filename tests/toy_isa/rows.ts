import {
  type Builder,
  CPU,
  decoder,
  type Fields,
  inst,
  MEM,
  memSize,
  type Translation,
  type Value,
} from "@emu/core";
import { HELPERS } from "./helpers.ts";
import { CAUSE, REGISTERS, TOY, USER } from "./state.ts";

const row = <const P extends string>(
  name: string,
  bits: P,
  emit: (t: Translation, fields: Fields<P>) => void,
) => inst<Translation, P>(name, bits, "{name}", emit);

/** Access descriptor bits that an instruction may choose. */
const CHOICE = MEM.u64 | MEM.signed | MEM.bigEndian | MEM.aligned;

export const ROWS = decoder<Translation>([
  row(
    "mov",
    "0000 0001 rrrr .... iiii iiii iiii iiii",
    ({ ir }, { r, i }) => ir.set(reg(r), ir.const(signed(i))),
  ),
  row(
    "addi",
    "0000 0010 rrrr ssss iiii iiii iiii iiii",
    ({ ir }, { r, s, i }) => ir.set(reg(r), ir.add(ir.get(reg(s)), ir.const(signed(i)))),
  ),
  row(
    "add",
    "0000 0011 rrrr ssss tttt .... .... ....",
    ({ ir }, { r, s, t }) => ir.set(reg(r), ir.add(ir.get(reg(s)), ir.get(reg(t)))),
  ),
  row(
    "div",
    "0000 0100 rrrr ssss tttt .... .... ....",
    ({ ir }, { r, s, t }) => ir.set(reg(r), ir.callI(HELPERS.divide, ir.get(reg(s)), ir.get(reg(t)))),
  ),
  row("load", "0000 0101 rrrr ssss mmmm mmmm mmmm mmmm", (t, { r, s, m }) => {
    const { ir } = t, mem = descriptor(t, m);
    if (memSize(mem) < 8) return ir.set(reg(r), ir.load(ir.get(reg(s)), mem));
    const value = ir.load64(ir.get(reg(s)), mem);
    ir.set64(TOY.wide, value);
    ir.set(reg(r), ir.wrap(value));
    ir.set(reg(r + 1), ir.wrap(ir.shrU64(value, ir.const64(32n))));
  }),
  row("store", "0000 0110 rrrr ssss mmmm mmmm mmmm mmmm", (t, { r, s, m }) => {
    const { ir } = t, mem = descriptor(t, m), address = ir.get(reg(s));
    if (memSize(mem) < 8) return ir.store(address, ir.get(reg(r)), mem);
    const high = ir.shl64(ir.extendU(ir.get(reg(r + 1))), ir.const64(32n));
    ir.store64(address, ir.or64(ir.extendU(ir.get(reg(r))), high), mem);
    ir.set64(TOY.wide, high);
  }),
  row("jump", "0000 0111 .... .... iiii iiii iiii iiii", (t, { i }) => t.jump(t.pc + 4 * signed(i))),
  row("bnz", "0000 1000 rrrr .... iiii iiii iiii iiii", (t, { r, i }) => {
    // Both ways end the block: the one that is not taken too is a direct exit.
    const { ir } = t, taken = ir.label();
    ir.brIf(ir.get(reg(r)), taken);
    t.jump(t.pc + 4);
    ir.place(taken);
    t.jump(t.pc + 4 * signed(i));
  }),
  row("jumpr", "0000 1001 rrrr .... .... .... .... ....", (t, { r }) => {
    t.ir.set(CPU.pc, t.ir.get(reg(r)));
    t.jumpIndirect();
  }),
  row("trap", "0000 1010 .... .... iiii iiii iiii iiii", (t, { i }) => raise(t, i)),
  row("get", "0000 1011 rrrr .... .... .... .... .nnn", (t, { r, n }) => {
    if (!privileged(t)) return;
    t.ir.set(reg(r), t.ir.callI(HELPERS.get, t.ir.const(n)));
  }),
  row("put", "0000 1100 rrrr .... .... .... .... .nnn", (t, { r, n }) => {
    if (!privileged(t)) return;
    t.ir.call(HELPERS.put, t.ir.const(n), t.ir.get(reg(r)));
    next(t);
    t.exit();
  }),
  row("return", "0000 1101 .... .... .... .... .... ....", (t) => {
    if (!privileged(t)) return;
    t.ir.call(HELPERS.leave);
    t.exit();
  }),
  row("wait", "0000 1110 .... .... .... .... .... ....", (t) => {
    if (!privileged(t)) return;
    t.ir.set(CPU.halted, t.ir.const(1));
    next(t);
    t.exit();
  }),
]);

/** Translates the instruction at `t.pc`. */
export function translate(t: Translation): number {
  const word = t.fetch32(t.pc), found = ROWS.find(word);
  if (found === undefined) raise(t, CAUSE.undefined);
  else found.emit(t, word);
  return 4;
}

function reg(number: number) {
  return REGISTERS[number & 15];
}

function signed(i: number): number {
  return i << 16 >> 16;
}

/** The mode is part of the block's key, so that translation may depend on it: here it picks the MMU index. */
function descriptor({ flags }: Translation, m: number): number {
  return m & CHOICE | (flags & USER) << MEM.mmuShift;
}

function next({ ir, pc }: Translation): Value {
  const after = ir.const(pc + 4);
  ir.set(CPU.pc, after);
  return after;
}

/** Whether a system instruction may be translated; if not, it has become an exception. */
function privileged(t: Translation): boolean {
  if ((t.flags & USER) === 0) return true;
  raise(t, CAUSE.privilege);
  return false;
}

function raise(t: Translation & { readonly ir: Builder }, cause: number): void {
  t.ir.call(HELPERS.raise, t.ir.const(cause));
  t.exit();
}
