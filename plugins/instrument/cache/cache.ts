import { type Cpu, defineInstrument, type MemoryAccess } from "@emu/core";
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

/** The caches of a vCPU. */
interface Core {
  readonly data: CacheModel;
  readonly instructions: CacheModel;
  readonly second?: CacheModel;
}

export default defineInstrument(manifest, (emu, p) => {
  const make = (name: string, size: number, ways: number, line: number) =>
    new CacheModel(name, { size, ways, line }, p.evict as Eviction, p.seed);
  const l2 = p.l2 || p.l2cachesize > 0 || p.l2assoc > 0 || p.l2blksize > 0;
  const cores: readonly Core[] = Array.from({ length: p.cores || emu.target.cpus }, () => ({
    data: make("data", p.dcachesize, p.dassoc, p.dblksize),
    instructions: make("instruction", p.icachesize, p.iassoc, p.iblksize),
    ...l2 && { second: make("second-level", p.l2cachesize || 2 << 20, p.l2assoc || 16, p.l2blksize || 64) },
  }));
  const instructions = new Map<number, Instruction>();

  const fetch = ({ index }: Cpu, instruction: Instruction) => {
    const core = cores[index % cores.length];
    if (core.instructions.access(instruction.physical)) return;
    instruction.fetchMisses++;
    core.second?.access(instruction.physical);
  };
  const touch = ({ index }: Cpu, { physical }: MemoryAccess, instruction: Instruction) => {
    const core = cores[index % cores.length];
    if (physical === undefined || !isMemory(physical) || core.data.access(physical)) return;
    instruction.dataMisses++;
    core.second?.access(physical);
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
          l2 ? ", l2 accesses, l2 misses, l2 miss rate" : ""
        }`,
        ...cores.map(({ data, instructions, second }, core) =>
          `${core}, ${row(data)}, ${row(instructions)}${second ? `, ${row(second)}` : ""}`
        ),
        "",
        "address, data misses, instruction",
        ...lines("dataMisses"),
        "",
        "address, fetch misses, instruction",
        ...lines("fetchMisses"),
      ].join("\n"),
    json: () => ({
      cores: cores.map(({ data, instructions, second }) => ({
        data: level(data),
        instructions: level(instructions),
        ...second && { second: level(second) },
      })),
      dataMisses: worst("dataMisses"),
      fetchMisses: worst("fetchMisses"),
    }),
  });
});
