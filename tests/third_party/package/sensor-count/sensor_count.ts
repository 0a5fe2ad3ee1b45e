import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

export default defineInstrument(manifest, (emu, { device }) => {
  const counts: Record<string, number> = {};
  emu.onDevice(({ register = "?" }) => void (counts[register] = (counts[register] ?? 0) + 1), { device });
  emu.report({
    text: () => Object.entries(counts).map(([name, count]) => `${device}.${name}: ${count}`).join("\n"),
    json: () => counts,
  });
});
