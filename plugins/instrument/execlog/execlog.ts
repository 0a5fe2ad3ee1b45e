import { type Cpu, defineInstrument, type MemoryAccess } from "@emu/core";
import { addressOf } from "../address.ts";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

interface Line {
  readonly address: number;
  readonly word: string;
  readonly text: string;
  readonly symbol: string | undefined;
}

interface Access {
  readonly write: boolean;
  readonly address: number;
  readonly device: string | undefined;
}

/** A line is written when the next instruction begins: its accesses and its changes of registers are known then. */
export default defineInstrument(manifest, (emu, { ifilter, afilter, reg, limit }) => {
  const texts = listOf(ifilter), registers = listOf(reg).map((text) => ({ text, pattern: patternOf(text) }));
  const addresses = listOf(afilter).map((text) => addressOf(emu, text));
  const wanted = (line: Line) =>
    texts.length + addresses.length === 0 || addresses.includes(line.address) ||
    texts.some((text) => line.text.startsWith(text));
  let current: Line | undefined, accesses: Access[] = [], changes: string[] = [], lines = 0;
  const before = new Map<string, number>();

  const finish = () => {
    if (current === undefined) return;
    const { address, word, text, symbol } = current;
    const parts = [
      "0",
      hex(address),
      word,
      JSON.stringify(text),
      ...symbol === undefined ? [] : [symbol],
      ...accesses.map(({ write, address, device }) =>
        `${write ? "store" : "load"}, ${hex(address)}, ${device ?? "RAM"}`
      ),
      ...changes,
    ];
    emu.print(parts.join(", "), { cpu: 0, address, word, text, symbol, accesses, changes });
    current = undefined;
    accesses = [];
    if (++lines === limit) emu.clear();
  };
  const begin = (_: unknown, line: Line) => {
    finish();
    current = line;
  };
  const beginWithRegisters = (cpu: Cpu, line: Line | undefined) => {
    changes = [];
    for (const { name, value } of cpu.registers()) {
      if (!registers.some(({ pattern }) => pattern.test(name))) continue;
      const old = before.get(name);
      if (old !== undefined && old !== value) changes.push(`${name} -> ${hex(value)}`);
      before.set(name, value);
    }
    finish();
    current = line;
  };
  const see = (_: unknown, { write, address, device }: MemoryAccess) => {
    if (current !== undefined) accesses.push({ write, address, device });
  };

  emu.onCpuInit((cpu) => {
    const names = cpu.registers().map(({ name }) => name);
    const wrong = registers.find(({ pattern }) => !names.some((name) => pattern.test(name)));
    if (wrong) throw new Error(`Cannot log register "${wrong.text}": there are ${names.join(", ")}`);
  });
  emu.onTranslate((block) => {
    for (const instruction of block.instructions) {
      const { address, bytes, text, symbol } = instruction;
      const line = { address, word: `0x${[...bytes].reverse().map(byteText).join("")}`, text, symbol };
      const data = wanted(line) ? line : undefined;
      if (registers.length > 0) instruction.onExecute(beginWithRegisters, { data, registers: "read" });
      else if (data !== undefined) instruction.onExecute(begin, { data });
      else instruction.onExecute(finish);
      if (data !== undefined) instruction.onAccess("both", see);
    }
  });
  emu.onExit(finish);
});

/** The texts of a property that may come several times. */
function listOf(text: string): string[] {
  return text.split(";").filter(Boolean);
}

function patternOf(text: string): RegExp {
  const escaped = text.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}

function byteText(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
