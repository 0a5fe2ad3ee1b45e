import { CPU, defineIsa } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { ToyCpu } from "./cpu.ts";
import { HELPERS } from "./helpers.ts";
import { ROWS } from "./rows.ts";
import { TOY } from "./state.ts";

/** The toy instruction set. */
export default defineIsa(manifest, {
  addressBits: 32,
  bigEndian: false,
  elfMachine: 0,
  mmuIndices: 2,
  state: { ...CPU, ...TOY },
  helpers: HELPERS,
  models: { toy: {} },
  defaultModel: "toy",
  create: (host) => new ToyCpu(host),
  disassemble: (bytes) => {
    const word = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
    return { text: ROWS.find(word)?.name ?? "?", length: 4 };
  },
});
