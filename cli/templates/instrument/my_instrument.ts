import { type Counter, type Cpu, defineInstrument, type MemoryAccess } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

export default defineInstrument(manifest, (emu, { top, watch }) => {
  const counters = new Map<string, Counter>();

  // Runs when a block is translated, not when it is executed: what is attached here is what costs later.
  emu.onTranslate((block) => {
    for (const instruction of block.instructions) {
      const [name] = instruction.text.split(" ", 1);
      const counter = counters.get(name) ?? emu.counter();
      counters.set(name, counter);
      instruction.add(counter); // becomes a part of the translated code: by far the cheapest
      if (watch >= 0) {
        instruction.onAccess("write", stored, { registers: "read", data: instruction.text });
      }
    }
  });

  /** Runs at every store. `access` is reused: keep nothing of it. */
  function stored(cpu: Cpu, { address, size, value }: MemoryAccess, text: string): void {
    if (watch < address || watch >= address + size) return;
    const pc = hex(cpu.pc);
    emu.print(`${pc}: ${hex(value)} to ${hex(address)} by ${text}`, { pc, address, size, value, text });
  }

  const counts = () =>
    [...counters].map(([name, counter]) => ({ name, count: counter.sum() }))
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)).slice(0, top);

  // Written at the end, as `format=text` or `format=json` says, to `out=FILE` or standard error.
  emu.report({
    text: () => counts().map(({ name, count }) => `${count} ${name}`).join("\n"),
    json: counts,
  });
});

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
