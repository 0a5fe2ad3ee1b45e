import { CPU } from "../../isa/state.ts";
import { JUMP_CACHE, PAGE_MASK, TLB } from "../../softmmu/tlb.ts";
import { EXIT } from "../exits.ts";
import { Bytes, type FunctionBody, TYPE, W } from "./encoder.ts";

/** The first entries of the function table. */
export const STUB = {
  /** Enters a compiled block from the main loop: (vCPU block, table index). */
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

/** The bodies of the stubs, in the order of `STUB`. `jumpCache` is its offset in a vCPU's block. */
export function stubs(jumpCache: number): FunctionBody[] {
  return [enter(), chain(), lookup(), renew(jumpCache)];
}

function body(locals: number, write: (out: Bytes) => void): FunctionBody {
  const out = new Bytes();
  if (locals === 0) out.u32(0);
  else out.u32(1).u32(locals).byte(TYPE.i32);
  write(out);
  return { code: out.byte(W.end).view().slice(), hints: [] };
}

function enter(): FunctionBody {
  return body(0, (out) => out.get(0).constI(0).get(1).byte(W.callIndirect).u32(0).u32(0));
}

function chain(): FunctionBody {
  return body(0, (out) => out.get(0).get(1).mem(W.i32Store, CPU.link.offset).constI(EXIT.CHAIN));
}

function lookup(): FunctionBody {
  return body(0, (out) => out.constI(EXIT.LOOKUP));
}

function renew(jumpCache: number): FunctionBody {
  const ENV = 0, PC = 2, ENTRY = 3, PAGE = 4;
  return body(3, (out) => {
    out.byte(W.block).byte(W.void);
    const leaveUnlessEqual = () => out.byte(W.i32Ne).byte(W.brIf).u32(0);
    jumpCacheEntry(out, PC);
    out.tee(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.pc).get(PC);
    leaveUnlessEqual();
    out.get(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.flags).get(ENV).mem(W.i32Load, CPU.tbflags.offset);
    leaveUnlessEqual();
    out.get(PC).constI(12 - Math.log2(TLB.entrySize)).byte(W.i32ShrU);
    out.constI((TLB.entries - 1) * TLB.entrySize).byte(W.i32And);
    out.get(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.tlb).byte(W.i32Add).get(ENV).byte(W.i32Add);
    out.tee(PAGE).mem(W.i32Load, TLB.tagExecute).get(PC).constI(PAGE_MASK).byte(W.i32And);
    leaveUnlessEqual();
    out.get(PAGE).mem(W.i32Load, TLB.addend).get(PC).byte(W.i32Add);
    out.get(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.host);
    leaveUnlessEqual();
    out.get(ENTRY).get(ENV).mem(W.i32Load, CPU.tbflags.offset);
    out.get(ENV).mem(W.i32Load, CPU.generation.offset).byte(W.i32Or);
    out.mem(W.i32Store, jumpCache + JUMP_CACHE.tag);
    out.get(ENV).constI(0).get(ENTRY).mem(W.i32Load, jumpCache + JUMP_CACHE.index);
    out.byte(W.returnCallIndirect).u32(0).u32(0);
    out.byte(W.end).constI(EXIT.LOOKUP);
  });
}

/** Puts the place of the jump cache's entry for the PC in the state on the stack, and the PC in local `pc`. */
export function jumpCacheEntry(out: Bytes, pc: number): void {
  const ENV = 0;
  out.get(ENV).mem(W.i32Load, CPU.pc.offset).tee(pc);
  out.constI(2).byte(W.i32ShrU).get(pc).constI(16).byte(W.i32ShrU).byte(W.i32Xor);
  out.constI(JUMP_CACHE.entries - 1).byte(W.i32And).constI(Math.log2(JUMP_CACHE.entrySize)).byte(W.i32Shl);
  out.get(ENV).byte(W.i32Add);
}
