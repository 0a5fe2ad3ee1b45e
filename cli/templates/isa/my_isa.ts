import { CPU, defineIsa } from "@emu/core";
import { SmallCpu } from "./cpu.ts";
import { disassemble } from "./disassemble.ts";
import { HELPERS } from "./helpers.ts";
import manifest from "./manifest.json" with { type: "json" };
import { STATE } from "./state.ts";

/** What a CPU of a model has. A row here is a model that boards and `--cpu` can ask for. */
const MODELS = { "my-isa-1": {} } as const;

export default defineIsa(manifest, {
  addressBits: 32,
  bigEndian: false,
  elfMachine: 0, // none of its own
  mmuIndices: 1,
  state: { ...CPU, ...STATE },
  helpers: HELPERS,
  models: MODELS,
  defaultModel: "my-isa-1",
  create: (host) => new SmallCpu(host),
  disassemble,
});
