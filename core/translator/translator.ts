import { Builder } from "../ir/builder.ts";
import { Block } from "../ir/block.ts";
import { OP } from "../ir/ops.ts";
import type { Weaver } from "../instrument/hook.ts";
import type { Frontend, Translation } from "../isa/isa.ts";
import type { GuestMemory } from "../memory/guest_memory.ts";
import { optimize, type Passes } from "../opt/mod.ts";
import { PAGE_MASK, PAGE_SIZE } from "../softmmu/tlb.ts";

/** Longest block, in instructions. */
const MAX_INSNS = 64;
/** A block ends when it holds so many operations, whatever its instructions. */
const MAX_OPS = 1500;

const NOWHERE: readonly number[] = [];

/** What one run of the translator made. */
export interface Translated {
  readonly block: Block;
  readonly size: number;
  readonly insns: number;
  readonly targets: readonly number[];
}

/** Turns guest code into blocks: drives the frontend instruction by instruction and ends blocks where they must. */
export class Translator implements Translation {
  readonly ir = new Builder();
  pc = 0;
  flags = 0;
  /** Adds instrumentation to what the frontend wrote. */
  weaver: Weaver | undefined;
  readonly #frontend: Frontend;
  readonly #memory: GuestMemory;
  readonly #passes: Passes;
  readonly #optimized = new Block(256);
  #start = 0;
  #host = 0;
  readonly #targets: number[] = [];
  #exits = 0;

  constructor(frontend: Frontend, memory: GuestMemory, passes: Passes) {
    this.#frontend = frontend;
    this.#memory = memory;
    this.#passes = passes;
  }

  /**
   * Translates from `pc`, whose code lies at `host` in machine memory, for the state bits `flags`. The block does
   * not cross the page; it has at most `limit` instructions. `again`: its first instruction has begun before.
   */
  translate(pc: number, flags: number, host: number, limit = MAX_INSNS, again = false): Translated {
    const { ir } = this, { block } = ir;
    block.clear();
    this.flags = flags;
    this.#start = pc;
    this.#host = host;
    this.#targets.length = 0;
    this.#exits = 0;
    const room = PAGE_SIZE - (pc & (PAGE_SIZE - 1));
    let size = 0, insns = 0;
    do {
      this.pc = pc + size | 0;
      block.push(OP.insn, -1, insns, -1, this.pc);
      size += this.#frontend.translate(this);
      insns++;
    } while (this.#exits === 0 && insns < limit && size < room && block.length < MAX_OPS);
    if (!this.#ended()) this.jump(pc + size | 0);
    const targets = this.#targets.length === 0 ? NOWHERE : this.#targets.slice();
    if (this.weaver !== undefined) {
      const woven = this.weaver.weave(block, { pc, flags, host, size, insns, again });
      // Instrumentation has made it longer than a block may be.
      if (woven === undefined) return this.translate(pc, flags, host, Math.max(1, insns >> 1), again);
      return { block: optimize(woven, this.#optimized, this.#passes), size, insns, targets };
    }
    return { block: optimize(block, this.#optimized, this.#passes), size, insns, targets };
  }

  /** Whether nothing can follow the last operation. A label just placed is where a skipped exit goes on. */
  #ended(): boolean {
    const op = this.ir.block.op(this.ir.block.length - 1);
    return op === OP.gotoTb || op === OP.lookup || op === OP.exit;
  }

  fetch8(address: number): number {
    return this.#memory.u8[this.#at(address)];
  }
  fetch16(address: number): number {
    return this.#memory.u16[this.#at(address) >> 1];
  }
  fetch32(address: number): number {
    return this.#memory.i32[this.#at(address) >> 2];
  }

  #at(address: number): number {
    return this.#host + (address - this.#start | 0);
  }

  jump(target: number): void {
    const { ir } = this;
    this.#exits++;
    if ((target & PAGE_MASK) === (this.#start & PAGE_MASK)) {
      ir.block.push(OP.gotoTb, -1, target | 0, -1, this.#targets.length);
      this.#targets.push(target | 0);
    } else {
      // Another page may come to mean another place: the jump cache knows whether it does.
      ir.block.push(OP.lookup, -1, target | 0, -1, 1);
    }
  }

  jumpIndirect(): void {
    this.#exits++;
    this.ir.block.push(OP.lookup, -1, -1, -1, 0);
  }

  exit(): void {
    this.#exits++;
    this.ir.block.push(OP.exit, -1, -1, -1, 0);
  }
}
