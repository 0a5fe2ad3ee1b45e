import { scatter } from "../../core/decode/pattern.ts";
import { ROWS } from "./rows.ts";

/**
 * Assembles a program: an instruction a line, operands in the order of the fields in its bit string (`addi r1, r2,
 * -3`), labels with a colon on lines of their own, `.word 5`, comments behind `;`. Branches take labels.
 */
export function assemble(text: string): Int32Array<ArrayBuffer> {
  const lines = text.split("\n").map((line) => line.replace(/;.*/, "").trim()).filter(Boolean);
  const labels = new Map<string, number>(), code: string[] = [];
  for (const line of lines) {
    if (line.endsWith(":")) labels.set(line.slice(0, -1), code.length);
    else code.push(line);
  }
  return Int32Array.from(code, (line, at) => word(line, (name) => labelOffset(name, at, labels)));
}

function word(line: string, offset: (label: string) => number): number {
  const [name, ...operands] = line.split(/[\s,]+/);
  const values = operands.map((operand) => {
    const register = /^r(\d+)$/.exec(operand);
    if (register) return Number(register[1]);
    return Number.isNaN(Number(operand)) ? offset(operand) : Number(operand);
  });
  if (name === ".word") return values[0];
  const row = ROWS.rows.find((row) => row.name === name);
  const fields = Object.values(row?.pattern.fields ?? {});
  if (row === undefined || fields.length !== values.length) {
    throw new SyntaxError(`Cannot assemble "${line}"`);
  }
  return fields.reduce((word, bits, i) => word | scatter(bits, values[i]), row.pattern.value);
}

function labelOffset(name: string, at: number, labels: ReadonlyMap<string, number>): number {
  const target = labels.get(name);
  if (target === undefined) throw new SyntaxError(`Cannot assemble: there is no label "${name}"`);
  return target - at;
}
