import type { Machine } from "../core/machine/machine.ts";

/** Counters of a machine as lines of "name value". */
export function statsText(machine: Machine): string {
  const { loop, cpu } = machine;
  const counters: Record<string, number> = {
    "instructions": loop.executed,
    "virtual-ms": Math.round(loop.now() / 1e6),
    ...prefixed("loop", loop.stats),
    ...prefixed("cpu", cpu.stats),
    ...prefixed("translate", cpu.tbs.stats),
    ...prefixed("mmu", cpu.mmu.stats),
    ...prefixed("wasm", (cpu.compiler as { readonly stats?: Record<string, number> }).stats ?? {}),
  };
  const width = Math.max(...Object.keys(counters).map((name) => name.length));
  return Object.entries(counters).map(([name, value]) => `${name.padEnd(width)} ${Math.round(value)}`).join(
    "\n",
  );
}

function prefixed(prefix: string, counters: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).map(([name, value]) => [`${prefix}.${name}`, value]));
}
