import { compileSyntax, type Disassembly, type Format } from "@emu/core";
import { INSTRUCTIONS } from "./instructions.ts";
import { SYSTEM } from "./state.ts";

const register = (letter: string): Format => (fields) => `r${fields[letter]}`;

/** What stands for the names in braces in an instruction's text. */
const FORMATS: Readonly<Record<string, Format>> = {
  d: register("d"),
  s: register("s"),
  t: register("t"),
  i: ({ i }) => `${i << 16 >> 16}`,
  n: ({ n }) => SYSTEM[n],
  to: ({ i }, address) => `0x${(address + 4 * (i << 16 >> 16) >>> 0).toString(16)}`,
};

const TEXTS = new Map(INSTRUCTIONS.rows.map((row) => [row, compileSyntax(row, FORMATS)]));

/** One instruction as text, for logs, debuggers and instruments. */
export function disassemble(bytes: Uint8Array, address: number): Disassembly {
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const row = INSTRUCTIONS.find(word);
  return {
    text: row ? TEXTS.get(row)!(row.extract(word), address) : `.word 0x${word.toString(16)}`,
    length: 4,
  };
}
