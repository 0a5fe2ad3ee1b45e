import type { Block } from "../ir/block.ts";

/** `CPU.exception` of the instrumentation's own: go on at the PC in the state. */
export const REDIRECT = -2;

/** Why execution went on elsewhere than the code says. */
export type DiscontinuityKind = "interrupt" | "exception" | "hostcall";

/** A block as the frontend has written it. */
export interface WeaveSource {
  readonly pc: number;
  readonly flags: number;
  /** Offset in machine memory of its code. */
  readonly host: number;
  /** Bytes. */
  readonly size: number;
  readonly insns: number;
  /** Its one instruction has begun before and was broken off: only what it does to memory is still to be seen. */
  readonly again: boolean;
}

/** Adds instrumentation to a block. */
export interface Weaver {
  /** The same block with instrumentation; undefined if that is longer than a block may be. */
  weave(block: Block, source: WeaveSource): Block | undefined;
}

/** What a vCPU tells its instrumentation. */
export interface CpuInstrument extends Weaver {
  /** A slice begins. */
  begin(): void;
  /** A block was left by an exception; `undo` is what it noted (`CPU.undo`), 0 for nothing. */
  raised(undo: number): void;
  /** Execution goes on at the PC in the state instead of at `from`. */
  discontinuity(kind: "interrupt" | "exception", from: number): void;
  /** All translated code was dropped. */
  purged(): void;
  /** The vCPU was reset. */
  reset(): void;
}
