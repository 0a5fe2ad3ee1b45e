import { scatter } from "@emu/core";
import { INSTRUCTIONS } from "./instructions.ts";
import { SYSTEM } from "./state.ts";

/**
 * Assembles a program, for tests and firmware: an instruction a line, as the disassembler writes it, labels with a
 * colon on lines of their own, `.word 5`, `.ascii text` (zeros behind it up to a word), comments behind `;`.
 *
 * As a command: `deno run -A assemble.ts hello.s hello.bin`.
 */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const lines = text.split("\n").map((line) => line.replace(/;.*/, "").trim()).filter(Boolean);
  const labels = new Map<string, number>(), code: { line: string; at: number }[] = [];
  let end = 0;
  for (const line of lines) {
    if (line.endsWith(":")) labels.set(line.slice(0, -1), end);
    else {
      code.push({ line, at: end });
      end += line.startsWith(".ascii ") ? ascii(line).length : 4;
    }
  }
  const bytes = new Uint8Array(end), view = new DataView(bytes.buffer);
  for (const { line, at } of code) {
    if (line.startsWith(".ascii ")) bytes.set(ascii(line), at);
    else view.setUint32(at, word(line, at, labels), true);
  }
  return bytes;
}

function ascii(line: string): Uint8Array {
  const text = new TextEncoder().encode(line.slice(".ascii ".length).replaceAll("\\n", "\r\n"));
  const padded = new Uint8Array((text.length >> 2) + 1 << 2);
  padded.set(text);
  return padded;
}

function word(line: string, at: number, labels: ReadonlyMap<string, number>): number {
  const [name, ...given] = line.split(/[\s,]+/);
  const value = (text: string): number => {
    const register = /^r(\d+)$/.exec(text), number = Number(register?.[1] ?? text);
    if (!Number.isNaN(number)) return number;
    const found = labels.get(text) ?? SYSTEM.indexOf(text as typeof SYSTEM[number]);
    if (found < 0) throw new SyntaxError(`Cannot assemble "${line}": there is no "${text}"`);
    return found;
  };
  if (name === ".word") return value(given[0]);
  const row = INSTRUCTIONS.rows.find((row) => row.name === name);
  const operands = [...`${row?.syntax}`.matchAll(/\{(\w+)\}/g)].map(([, operand]) => operand);
  if (!row || operands.length !== given.length) throw new SyntaxError(`Cannot assemble "${line}"`);
  return operands.reduce((word, operand, n) => {
    // A label where a branch goes, and the place itself where a register is loaded with it.
    const isTarget = operand === "to";
    const bits = row.pattern.fields[isTarget ? "i" : operand];
    return word | scatter(bits, isTarget ? value(given[n]) - at >> 2 : value(given[n]));
  }, row.pattern.value);
}

if (import.meta.main) {
  const [from, to] = Deno.args;
  Deno.writeFileSync(to, assemble(Deno.readTextFileSync(from)));
}
