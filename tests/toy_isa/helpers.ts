import { CPU, defineHelpers } from "@emu/core";
import type { ToyCpu } from "./cpu.ts";
import { CAUSE, SYSTEM_FIELDS } from "./state.ts";

export const HELPERS = defineHelpers({
  raise: { run: (cpu: ToyCpu, cause) => cpu.raise(cause), args: 1, raises: true, state: "write" },
  divide: {
    run(cpu: ToyCpu, a, b) {
      if (b !== 0) return (a >>> 0) / (b >>> 0) | 0;
      cpu.raise(CAUSE.divide);
      return 0;
    },
    args: 2,
    raises: true,
    state: "write",
  },
  put: { run: (cpu: ToyCpu, n, value) => cpu.put(n, value), args: 2, state: "write" },
  get: { run: (cpu: ToyCpu, n) => cpu.host.i32[SYSTEM_FIELDS[n & 7].index], args: 1, state: "read" },
  leave: {
    run(cpu: ToyCpu) {
      const { i32 } = cpu.host;
      i32[CPU.pc.index] = i32[SYSTEM_FIELDS[0].index];
      i32[CPU.tbflags.index] = i32[SYSTEM_FIELDS[1].index];
      cpu.put(5, 1);
    },
    args: 0,
    state: "write",
  },
});
