import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** What looking at blocks costs, with nothing attached. */
export default defineInstrument(manifest, (emu) => {
  emu.onTranslate(() => {});
});
