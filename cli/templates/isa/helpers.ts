import { defineHelpers } from "@emu/core";
import type { SmallCpu } from "./cpu.ts";

/**
 * What translated code calls for things that are not worth writing as operations. `raises`: it may set an exception,
 * and the block is then left; `state`: whether it reads or writes registers.
 */
export const HELPERS = defineHelpers({
  raise: { run: (cpu: SmallCpu, cause) => cpu.raise(cause), args: 1, raises: true, state: "write" },
  leave: { run: (cpu: SmallCpu) => cpu.leave(), args: 0, state: "write" },
});
