import { defineIsa, type IsaPlugin } from "@emu/core";
import { ArmCpu } from "./cpu.ts";
import { type Model, MODELS } from "./cpus.ts";
import { disassembleArm } from "./disassemble.ts";
import { HELPERS } from "./helpers.ts";
import manifest from "./manifest.json" with { type: "json" };
import { ARM, MMU } from "./state.ts";

/** ELF machine number EM_ARM. */
const EM_ARM = 40;

/** Arm, ARMv4T to ARMv5TEJ, with VFPv2. */
export default defineIsa<Model>(manifest, {
  addressBits: 32,
  bigEndian: false,
  elfMachine: EM_ARM,
  mmuIndices: MMU.COUNT,
  state: ARM,
  helpers: HELPERS,
  models: MODELS,
  defaultModel: "arm926",
  create: (host, model) => new ArmCpu(host, model),
  disassemble: disassembleArm,
}) satisfies IsaPlugin<Model>;
