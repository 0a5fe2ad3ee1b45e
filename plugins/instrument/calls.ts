/**
 * Follows calls and returns, for plugins that want to know who called whom.
 *
 * A call is seen by the instruction that ends a block; that it was taken, by the block that follows; a return, by a
 * block that begins where a call that is open wants to go on. Interrupts and exceptions are calls too.
 *
 * @module
 */
import type { Emu, TranslatedBlock } from "@emu/core";

/** A call that is open. */
export interface Frame {
  /** Address of what was called. */
  readonly target: number;
  /** Where it goes on after. */
  readonly back: number;
}

/** What is told of calls. */
export interface CallEvents {
  called?(frame: Frame): void;
  returned?(frame: Frame): void;
}

/** Open calls that are kept: what lies below is forgotten, as are calls that never return. */
const DEEPEST = 512;
/** Frames that one return may close: longjmp, and calls that never return. */
const UNWIND = 64;

const CALL: Readonly<Record<string, RegExp>> = {
  arm: /^blx?(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?\s/,
};
const OTHER_CALL = /^(call|jal|bal|bl)/;

/** The open calls of one vCPU, outermost first. */
export function followCalls(emu: Emu, events: CallEvents = {}): readonly Frame[] {
  const stack: Frame[] = [], isCall = CALL[emu.target.isa] ?? OTHER_CALL;
  let pending = -1, arriving = -1, resume = -1;

  function open(frame: Frame): void {
    if (stack.length === DEEPEST) stack.shift();
    stack.push(frame);
    events.called?.(frame);
  }

  function close(address: number): void {
    const lowest = Math.max(0, stack.length - UNWIND);
    for (let depth = stack.length - 1; depth >= lowest; depth--) {
      const { back } = stack[depth];
      // An exception may go on behind the instruction that raised it.
      if (back !== address && back !== address - 4) continue;
      if (back !== address && depth !== stack.length - 1) continue;
      while (stack.length > depth) {
        const frame = stack.pop()!;
        events.returned?.(frame);
      }
      return;
    }
  }

  function enter(_: unknown, { address, back }: { readonly address: number; readonly back: number }): void {
    if (arriving === address) open({ target: address, back: resume });
    else if (pending >= 0 && address !== pending) open({ target: address, back: pending });
    else if (stack.length > 0) close(address);
    pending = back;
    arriving = -1;
  }

  emu.onDiscontinuity(["interrupt", "exception"], (_, { from, to }) => {
    arriving = to;
    resume = from;
  });
  emu.onTranslate((block) => {
    const last = block.instructions.at(-1)!;
    const back = isCall.test(last.text) || savesReturn(block) ? last.address + last.size : -1;
    block.onExecute(enter, { data: { address: block.address, back } });
  });
  return stack;
}

/** `mov lr, pc` before a jump: a call as old Arm code writes it. */
function savesReturn({ instructions }: TranslatedBlock): boolean {
  return instructions.length > 1 && /^mov\s+lr, ?pc/.test(instructions.at(-2)!.text);
}
