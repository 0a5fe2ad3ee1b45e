import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

interface Row {
  readonly device: string;
  readonly register: string | undefined;
  readonly offset: number;
  reads: number;
  writes: number;
}

export default defineInstrument(manifest, (emu, { track, device, limit }) => {
  const rows = new Map<string, Row>();
  emu.onDevice(({ device, register, offset, write }) => {
    if (track === (write ? "read" : "write")) return;
    const key = `${device} ${offset}`;
    let row = rows.get(key);
    if (row === undefined) rows.set(key, row = { device, register, offset, reads: 0, writes: 0 });
    if (write) row.writes++;
    else row.reads++;
  }, device === "" ? {} : { device });

  const busiest = () =>
    [...rows.values()].sort((a, b) => b.reads + b.writes - a.reads - a.writes).slice(0, limit);
  emu.report({
    text: () =>
      [
        "Device, Register, Offset, Reads, Writes",
        ...busiest().map(({ device, register, offset, reads, writes }) =>
          `${device}, ${register ?? "-"}, 0x${offset.toString(16)}, ${reads}, ${writes}`
        ),
      ].join("\n"),
    json: () => ({ registers: busiest() }),
  });
});
