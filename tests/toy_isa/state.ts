import { type Field, stateLayout } from "@emu/core";

/** Everything the vCPU holds beside the core's own fields. */
export const TOY = stateLayout({
  r0: "i32",
  r1: "i32",
  r2: "i32",
  r3: "i32",
  r4: "i32",
  r5: "i32",
  r6: "i32",
  r7: "i32",
  r8: "i32",
  r9: "i32",
  r10: "i32",
  r11: "i32",
  r12: "i32",
  r13: "i32",
  r14: "i32",
  r15: "i32",
  /** System registers: see `SYSTEM`. */
  epc: "i32",
  eflags: "i32",
  cause: "i32",
  bad: "i32",
  vector: "i32",
  enabled: "i32",
  table: "i32",
  unaligned: "i32",
  /** The last value loaded or stored with 64 bits. */
  wide: "i64",
});

export const REGISTERS: readonly Field<"i32">[] = Array.from(
  { length: 16 },
  (_, i) => TOY[`r${i}` as "r0"],
);

/** System registers by the number that `get` and `put` take. */
export const SYSTEM = {
  /** Where the exception came from, and the mode there. */
  epc: 0,
  eflags: 1,
  /** What it was: `CAUSE`, or the number of a `trap`. */
  cause: 2,
  /** The address that faulted. */
  bad: 3,
  /** Where exceptions lead. */
  vector: 4,
  /** Not 0: interrupts are taken. */
  enabled: 5,
  /** Physical address of the page table; 0: addresses are physical. */
  table: 6,
  /** What becomes of unaligned accesses: `UNALIGNED`. */
  unaligned: 7,
} as const;

export const SYSTEM_FIELDS: readonly Field<"i32">[] = (Object.keys(SYSTEM) as (keyof typeof SYSTEM)[])
  .map((name) => TOY[name]);

/** Translation flags: user mode. */
export const USER = 1;

export const CAUSE = {
  undefined: 1,
  privilege: 2,
  divide: 3,
  read: 4,
  write: 5,
  execute: 6,
  bus: 7,
  unaligned: 8,
  interrupt: 9,
} as const;

/** Bits of a page table entry, below the page's physical address. */
export const PTE = {
  read: 1,
  write: 2,
  execute: 4,
  user: 8,
  /** Vouches only for the 1 KiB around the address, so that nobody may keep it for the page. */
  small: 16,
} as const;
