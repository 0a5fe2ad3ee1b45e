import { defineInstrument, type MemoryAccess } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };
import { CacheModel, type Eviction } from "./model.ts";

interface Instruction {
  readonly address: number;
  readonly physical: number;
  readonly text: string;
  readonly symbol: string | undefined;
  dataMisses: number;
  fetchMisses: number;
}

export default defineInstrument(manifest, (emu, p) => {
  const make = (name: string, size: number, ways: number, line: number) =>
    new CacheModel(name, { size, ways, line }, p.evict as Eviction, p.seed);
  const fetches = make("instruction", p.icachesize, p.iassoc, p.iblksize);
  const data = make("data", p.dcachesize, p.dassoc, p.dblksize);
  const second = p.l2 ? make("second-level", p.l2cachesize, p.l2assoc, p.l2blksize) : undefined;
  const instructions = new Map<number, Instruction>();

  const fetch = (_: unknown, instruction: Instruction) => {
    if (fetches.access(instruction.physical)) return;
    instruction.fetchMisses++;
    second?.access(instruction.physical);
  };
  const touch = (_: unknown, access: MemoryAccess, instruction: Instruction) => {
    const { physical } = access;
    if (physical === undefined || !isMemory(physical) || data.access(physical)) return;
    instruction.dataMisses++;
    second?.access(physical);
  };

  /** Devices are not cached. */
  const { ram } = emu.target;
  function isMemory(physical: number): boolean {
    for (const { address, size } of ram) if (physical >= address && physical < address + size) return true;
    return false;
  }

  emu.onTranslate((block) => {
    for (const translated of block.instructions) {
      const { address } = translated, physical = translated.physical ?? address;
      let instruction = instructions.get(address);
      if (instruction?.physical !== physical) {
        const { text, symbol } = translated;
        instruction = { address, physical, text, symbol, dataMisses: 0, fetchMisses: 0 };
        instructions.set(address, instruction);
      }
      translated.onExecute(fetch, { data: instruction });
      translated.onAccess("both", touch, { data: instruction });
    }
  });

  const level = ({ accesses, misses }: CacheModel) => ({
    accesses,
    misses,
    rate: accesses === 0 ? 0 : 100 * misses / accesses,
  });
  const worst = (of: "dataMisses" | "fetchMisses") =>
    [...instructions.values()].filter((one) => one[of] > 0).sort((a, b) => b[of] - a[of]).slice(0, p.limit);
  const lines = (of: "dataMisses" | "fetchMisses") =>
    worst(of).map((one) =>
      `${hex(one.address)}${one.symbol ? ` (${one.symbol})` : ""}, ${one[of]}, ${one.text}`
    );
  const row = (cache: CacheModel) => {
    const { accesses, misses, rate } = level(cache);
    return `${accesses}, ${misses}, ${rate.toFixed(4)}%`;
  };
  emu.report({
    text: () =>
      [
        `core #, data accesses, data misses, dmiss rate, insn accesses, insn misses, imiss rate${
          second ? ", l2 accesses, l2 misses, l2 miss rate" : ""
        }`,
        `0, ${row(data)}, ${row(fetches)}${second ? `, ${row(second)}` : ""}`,
        "",
        "address, data misses, instruction",
        ...lines("dataMisses"),
        "",
        "address, fetch misses, instruction",
        ...lines("fetchMisses"),
      ].join("\n"),
    json: () => ({
      data: level(data),
      instructions: level(fetches),
      ...second && { second: level(second) },
      dataMisses: worst("dataMisses"),
      fetchMisses: worst("fetchMisses"),
    }),
  });
});
