import { disassembleArm } from "../../plugins/isa/arm/disassemble.ts";
import { PSR, TB } from "../../plugins/isa/arm/state.ts";
import type { Start } from "./arm_machine.ts";
import type { Sequence } from "./arm_sequence.ts";

/** A program for a failing test's message: its start, and its words with their meaning. */
export function sequenceText({ registers, spsr, code, steps }: Sequence): string {
  const names = [...Array.from({ length: 15 }, (_, n) => `r${n}`), "pc", "cpsr"];
  const start = names.map((name, n) => `${name}=${hex(registers[n])}`).join(" ");
  const lines = [...code].sort(([a], [b]) => a - b).map(([address, { word, bytes }]) => {
    const view = new DataView(new ArrayBuffer(4));
    if (bytes === 2) view.setUint16(0, word, true);
    else view.setUint32(0, word, true);
    const { text } = disassembleArm(new Uint8Array(view.buffer), address, bytes === 2 ? TB.T : 0);
    return `  ${hex(address)}: ${hex(word, 2 * bytes).padEnd(8)} ${text}`;
  });
  return [`${steps} steps from ${start} spsr=${hex(spsr)}`, ...lines].join("\n");
}

/**
 * A program of neighbouring words as a line for `tests/vectors/arm`; undefined if it branches. `after` holds the
 * registers that come out.
 */
export function vectorLine(
  { registers, code }: Start,
  after: Readonly<Record<string, number>>,
): string | undefined {
  const words = [...code].sort(([a], [b]) => a - b);
  if (words.some(([address, { bytes }], i) => i > 0 && words[i - 1][0] + bytes !== address)) return undefined;
  const flags = (cpsr: number) => {
    const { N, Z, C, V, Q } = PSR;
    return Object.entries({ n: N, z: Z, c: C, v: V, q: Q }).map(([name, bit]) =>
      `${name}=${(cpsr & bit) === 0 ? 0 : 1}`
    );
  };
  const before = [...registers.subarray(0, 15)].map((value, n) => `r${n}=${hex(value, 1)}`);
  const changed = before.map((_, n) => n).filter((n) => after[`r${n}`] !== registers[n]);
  return [
    [...before, ...flags(registers[16]), `t=${(registers[16] & PSR.T) === 0 ? 0 : 1}`].join(" "),
    words.map(([, { word, bytes }]) => hex(word, 2 * bytes)).join(" "),
    [...changed.map((n) => `r${n}=${hex(after[`r${n}`], 1)}`), ...flags(after.cpsr)].join(" "),
  ].join(" ; ");
}

export function hex(value: number, digits = 8): string {
  return (value >>> 0).toString(16).padStart(digits, "0");
}
