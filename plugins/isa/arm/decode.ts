// The one door of this plugin to the core's decoder tables, until `@emu/core` exports them.
export * from "../../../core/decode/mod.ts";
