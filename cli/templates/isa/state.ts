import { type Field, stateLayout } from "@emu/core";

const NAMES = [
  ...["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"],
  ...["r9", "r10", "r11", "r12", "r13", "r14", "r15"],
] as const;

/** System registers, in the order of the numbers by which `get` and `put` know them. */
export const SYSTEM = ["vector", "epc", "cause", "enable"] as const;

/** All that a vCPU holds beside the core's own fields (`CPU`: pc and others). Offsets are computed. */
export const STATE = stateLayout(
  Object.fromEntries([...NAMES, ...SYSTEM].map((name) => [name, "i32"])) as Record<
    typeof NAMES[number] | typeof SYSTEM[number],
    "i32"
  >,
);

/** The general registers, by number. */
export const REGISTERS: readonly Field<"i32">[] = NAMES.map((name) => STATE[name]);
/** The system registers, by number. */
export const SYSTEM_REGISTERS: readonly Field<"i32">[] = SYSTEM.map((name) => STATE[name]);

/** What `cause` holds: why the vCPU went to `vector`. A `trap` puts its own number there. 0 means no exception. */
export const CAUSE = { undefined: 1, bus: 2, interrupt: 3 } as const;
