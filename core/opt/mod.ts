/**
 * The optimizer: a list of passes, each of which rewrites a block into another or trims it in place. They run for
 * every block, so each is one walk over its operations.
 *
 * A pass must not delay or drop a `set` past an operation that may leave the block (memory, raising helpers, exits):
 * exceptions are precise because the state in memory is, at every such operation.
 *
 * @module
 */
import type { Block } from "../ir/block.ts";
import { deadCode } from "./dead_code.ts";
import { forward } from "./forward.ts";

/** Which passes run; all by default. */
export interface Passes {
  readonly forward: boolean;
  readonly deadCode: boolean;
}

/** All passes on. */
export const ALL_PASSES: Passes = { forward: true, deadCode: true };

/** Runs the passes and returns a block of its own size. `scratch` is reused between calls. */
export function optimize(block: Block, scratch: Block, passes: Passes): Block {
  let current = block;
  if (passes.forward) current = forward(current, scratch);
  return passes.deadCode ? deadCode(current) : current.trimmed();
}
