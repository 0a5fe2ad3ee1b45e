import { CPU } from "../../isa/state.ts";
import { JUMP_CACHE, PAGE_MASK, TLB } from "../../softmmu/tlb.ts";
import { EXIT } from "../exits.ts";
import { Bytes, type FunctionBody, TYPE, W } from "./encoder.ts";

/** The first entries of the function table. */
export const STUB = {
  /** Enters a compiled block from the main loop: (table index). */
  enter: 0,
  /** Where jump slots lead that are not chained: notes the slot and goes back to the main loop. */
  chain: 1,
  /** Where jump cache entries lead whose block is not compiled. */
  lookup: 2,
  /** Where a look-up goes whose entry is of an older generation: asks the TLB whether it is still right. */
  renew: 3,
  /** Number of stubs. */
  count: 4,
} as const;

/** Where things lie in machine memory: a vCPU's block, and the jump cache in it. */
export interface Places {
  readonly env: number;
  readonly jumpCache: number;
}

/** The bodies of the stubs, in the order of `STUB`. */
export function stubs(places: Places): FunctionBody[] {
  return [enter(), chain(places), lookup(), renew(places)];
}

function body(locals: number, write: (out: Bytes) => void): FunctionBody {
  const out = new Bytes();
  if (locals === 0) out.u32(0);
  else out.u32(1).u32(locals).byte(TYPE.i32);
  write(out);
  return { code: out.byte(W.end).view().slice(), hints: [] };
}

function enter(): FunctionBody {
  return body(0, (out) => out.constI(0).get(0).byte(W.callIndirect).u32(0).u32(0));
}

function chain({ env }: Places): FunctionBody {
  return body(0, (out) => out.constI(0).get(0).mem(W.i32Store, env + CPU.link.offset).constI(EXIT.CHAIN));
}

function lookup(): FunctionBody {
  return body(0, (out) => out.constI(EXIT.LOOKUP));
}

function renew({ env, jumpCache }: Places): FunctionBody {
  const PC = 1, ENTRY = 2, PAGE = 3;
  return body(3, (out) => {
    out.byte(W.block).byte(W.void);
    const leaveUnlessEqual = () => out.byte(W.i32Ne).byte(W.brIf).u32(0);
    jumpCacheEntry(out, { env, pc: PC });
    out.tee(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.pc).get(PC);
    leaveUnlessEqual();
    out.get(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.flags).constI(0).mem(
      W.i32Load,
      env + CPU.tbflags.offset,
    );
    leaveUnlessEqual();
    out.get(PC).constI(12 - Math.log2(TLB.entrySize)).byte(W.i32ShrU);
    out.constI((TLB.entries - 1) * TLB.entrySize).byte(W.i32And);
    out.get(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.tlb).byte(W.i32Add);
    out.tee(PAGE).mem(W.i32Load, TLB.tagExecute).get(PC).constI(PAGE_MASK).byte(W.i32And);
    leaveUnlessEqual();
    out.get(PAGE).mem(W.i32Load, TLB.addend).get(PC).byte(W.i32Add);
    out.get(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.host);
    leaveUnlessEqual();
    out.get(ENTRY).constI(0).mem(W.i32Load, env + CPU.tbflags.offset);
    out.constI(0).mem(W.i32Load, env + CPU.generation.offset).byte(W.i32Or);
    out.mem(W.i32Store, jumpCache + JUMP_CACHE.tag);
    out.constI(0).get(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.index);
    out.byte(W.returnCallIndirect).u32(0).u32(0);
    out.byte(W.end).constI(EXIT.LOOKUP);
  });
}

/**
 * Puts the place of the jump cache's entry for the PC in the state on the stack, from the beginning of the cache, and
 * the PC in local `pc`.
 */
export function jumpCacheEntry(out: Bytes, { env, pc }: { readonly env: number; readonly pc: number }): void {
  out.constI(0).mem(W.i32Load, env + CPU.pc.offset).tee(pc);
  out.constI(2).byte(W.i32ShrU).get(pc).constI(16).byte(W.i32ShrU).byte(W.i32Xor);
  out.constI(JUMP_CACHE.entries - 1).byte(W.i32And).constI(Math.log2(JUMP_CACHE.entrySize)).byte(W.i32Shl);
}
