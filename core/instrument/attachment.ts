import type { InlineWriter, RegisterAccess } from "./api.ts";

/** Comparisons of a counter with a constant, both unsigned. */
export type CounterTest = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Which accesses to memory are meant. */
export type AccessKind = "read" | "write" | "both";

/** A function that translated code calls. */
export interface Callback {
  /** Number in the table of probes. */
  readonly number: number;
  readonly registers: RegisterAccess;
  /** Not at once, but when enough such calls have come together. */
  readonly later: boolean;
  readonly data: unknown;
}

/** What a plugin wants done at a place in a block. */
export type Action =
  | { readonly do: "add"; readonly cell: number; readonly amount: number }
  | { readonly do: "set"; readonly cell: number; readonly value: bigint }
  | { readonly do: "inline"; readonly write: InlineWriter; readonly failed: (error: unknown) => void }
  | { readonly do: "call"; readonly callback: Callback }
  | {
    readonly do: "callIf";
    readonly callback: Callback;
    readonly cell: number;
    readonly is: CounterTest;
    readonly value: bigint;
  };

/** Everything attached to one block. `cell`s are offsets in machine memory. */
export interface Attachments {
  /** Before the first instruction; belongs to the block. */
  readonly start: Action[];
  /** Before each instruction. */
  readonly before: (Action[] | undefined)[];
  /** After each access to memory of an instruction. */
  readonly access: ({ readonly kind: AccessKind; readonly action: Action }[] | undefined)[];
}
