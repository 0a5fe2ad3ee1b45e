import { defineInstrument } from "@emu/core";
import { hex } from "../hex.ts";
import manifest from "./manifest.json" with { type: "json" };

interface Row extends Counts {
  readonly device: string;
  readonly register: string | undefined;
  readonly offset: number;
  /** Accesses by the address of the instruction. */
  readonly sources: Map<number, Counts>;
}

export default defineInstrument(manifest, (emu, { track, device, source, limit }) => {
  const rows = new Map<string, Row>();
  emu.onDevice(({ device, register, offset, write, pc }) => {
    if (track === (write ? "read" : "write")) return;
    const key = `${device} ${offset}`;
    let row = rows.get(key);
    if (row === undefined) {
      rows.set(key, row = { device, register, offset, reads: 0, writes: 0, sources: new Map() });
    }
    count(row, write);
    if (!source || pc === undefined) return;
    let place = row.sources.get(pc);
    if (place === undefined) row.sources.set(pc, place = { reads: 0, writes: 0 });
    count(place, write);
  }, device === "" ? {} : { device });

  const placeOf = (pc: number) => [hex(pc), emu.symbol(pc)?.name].filter(Boolean).join(" ");
  const sourcesOf = ({ sources }: Row) =>
    [...sources].map(([pc, counts]) => ({ pc, symbol: emu.symbol(pc)?.name, ...counts })).sort(byAccesses);
  const busiest = () => [...rows.values()].sort(byAccesses).slice(0, limit);
  emu.report({
    text: () =>
      [
        "Device, Register, Offset, Reads, Writes",
        ...busiest().flatMap((row) => [
          `${row.device}, ${row.register ?? "-"}, 0x${row.offset.toString(16)}, ${row.reads}, ${row.writes}`,
          ...sourcesOf(row).map(({ pc, reads, writes }) => `  pc:${placeOf(pc)}, ${reads}, ${writes}`),
        ]),
      ].join("\n"),
    json: () => ({
      registers: busiest().map(({ sources: _, ...row }, i, all) => ({
        ...row,
        ...source && { sources: sourcesOf(all[i]) },
      })),
    }),
  });
});

interface Counts {
  reads: number;
  writes: number;
}

function count(counts: Counts, write: boolean): void {
  if (write) counts.writes++;
  else counts.reads++;
}

function byAccesses(a: Counts, b: Counts): number {
  return b.reads + b.writes - a.reads - a.writes;
}
