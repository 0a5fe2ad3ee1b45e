/** One word of a vCPU's state block. */
export interface Field<T extends "i32" | "i64" = "i32" | "i64"> {
  /** For debuggers and snapshots; unique in its ISA. */
  readonly name: string;
  /** Its width, as an operation's type. */
  readonly type: T;
  /** Bytes from the start of the state block. */
  readonly offset: number;
  /** The same in 32-bit words, for `cpu.i32[…]`. */
  readonly index: number;
}

/** Bytes at the start of a state block that belong to the core. */
export const HEADER_SIZE = 64;

function word(name: string, offset: number): Field<"i32"> {
  return { name, type: "i32", offset, index: offset >> 2 };
}

/**
 * The fields every vCPU has, whatever its ISA.
 *
 * Translated code does not keep `pc` up to date; it is right when a block is left, and in any helper that may raise
 * an exception (declared so) or a slow-path memory access.
 */
export const CPU = {
  /** Program counter: the address of the next instruction; of the current one inside helpers. */
  pc: word("pc", 0),
  /** Upper half of the PC of 64-bit guests. */
  pcHigh: word("pcHigh", 4),
  /** The state bits that translation depends on: with the address, the key of a block. The ISA maintains it. */
  tbflags: word("tbflags", 8),
  /** Instructions left in this slice. */
  budget: word("budget", 12),
  /** Exception to be delivered: set by a helper or the MMU, 0 if none. Its numbers belong to the ISA. */
  exception: word("exception", 16),
  /** Not zero while an interrupt line is up, masked or not. The ISA maintains it through `CpuHost.interrupt`. */
  interrupt: word("interrupt", 20),
  /** Not zero while the vCPU waits for an interrupt. */
  halted: word("halted", 24),
  /** The jump slot through which a block was left. */
  link: word("link", 28),
  /** Generation of the jump cache, in the upper bits of its tags. */
  generation: word("generation", 32),
  /** What instrumentation has counted ahead of an exception; 0 for nothing. */
  undo: word("undo", 36),
} as const;

/** Fields of a state block by name, as they were declared. */
export type Layout<D> = { readonly [K in keyof D]: Field<D[K] & ("i32" | "i64")> };

/** Lays out an ISA's registers behind the header; offsets are computed, 64-bit fields are aligned. */
export function stateLayout<const D extends Readonly<Record<string, "i32" | "i64">>>(fields: D): Layout<D> {
  let offset = HEADER_SIZE;
  return Object.fromEntries(
    Object.entries(fields).map(([name, type]) => {
      const size = type === "i64" ? 8 : 4;
      offset = Math.ceil(offset / size) * size;
      const field = { name, type, offset, index: offset >> 2 };
      offset += size;
      return [name, field];
    }),
  ) as Layout<D>;
}
