import {
  ACCESS,
  ARITY,
  Builder,
  CPU,
  type CpuHost,
  MEM,
  memSize,
  OP_NAMES,
  type OpName,
  OPS,
  type Translation,
  UNALIGNED,
} from "@emu/core";
import { ArmCpu } from "./cpu.ts";
import { type Model, MODELS } from "./cpus.ts";
import { HELPERS } from "./helpers.ts";
import { ARM } from "./state.ts";

/**
 * Runs translated instructions straight from the formulas in `OPS`, for tests: slow, and with nothing in it that
 * could be wrong in the same way as a tier. Memory is flat: addresses are physical.
 *
 * @module
 */

const STATE_WORDS = (ARM.fpinst2.index + 16) & ~15;
const HELPER_LIST = Object.values(HELPERS);

type Word = number | bigint;
const FORMULAS = Object.fromEntries(
  Object.entries(OPS).flatMap(([name, op]) =>
    "js" in op ? [[name, new Function("a", "b", "c", `return ${op.js};`)]] : []
  ),
) as Partial<Record<OpName, (a: Word, b: Word, c: Word) => Word>>;

/** A guest memory access that an instruction made. */
export interface SeenAccess {
  readonly address: number;
  /** Where it went: the address, aligned. */
  readonly at: number;
  readonly size: number;
  /** What was there before a store; nothing for loads. */
  readonly overwritten: Uint8Array;
}

/** A vCPU with flat memory from address 0, run one instruction at a time. Accesses past the memory fault. */
export class Evaluator {
  readonly i32 = new Int32Array(STATE_WORDS);
  readonly memory: DataView<ArrayBuffer>;
  readonly cpu: ArmCpu;
  /** Accesses that the last instruction made. */
  accesses: SeenAccess[] = [];

  constructor(model: Model = MODELS.arm926, size = 0x1_0000) {
    this.memory = new DataView(new ArrayBuffer(size));
    this.cpu = new ArmCpu(this.#host(), model);
    this.cpu.reset();
  }

  /** Runs the instruction at the PC; returns the operations it was translated to. */
  step(): Builder {
    const pc = this.i32[CPU.pc.index];
    const { ir, length } = this.translate(pc);
    this.i32[CPU.pc.index] = pc; // right in helpers
    this.accesses = [];
    if (!this.#run(ir)) this.i32[CPU.pc.index] = pc + length;
    return ir;
  }

  /** Takes back what the last instruction wrote to memory. */
  undoStores(): void {
    const bytes = new Uint8Array(this.memory.buffer);
    for (const { at, overwritten } of this.accesses.reverse()) {
      if (overwritten.length > 0) bytes.set(overwritten, at);
    }
  }

  /** Translates the instruction at an address. */
  translate(pc: number): { readonly ir: Builder; readonly length: number } {
    const ir = new Builder();
    const jump = (target: number) => {
      ir.set(CPU.pc, ir.const(target));
      ir.block.push(OP_NAMES.indexOf("lookup"), -1, -1, -1, 0);
    };
    const t: Translation = {
      ir,
      pc,
      flags: this.i32[CPU.tbflags.index],
      fetch8: (address) => this.memory.getUint8(address),
      fetch16: (address) => this.memory.getUint16(address, true),
      fetch32: (address) => this.memory.getUint32(address, true),
      jump,
      jumpIndirect: () => void ir.block.push(OP_NAMES.indexOf("lookup"), -1, -1, -1, 0),
      exit: () => void ir.block.push(OP_NAMES.indexOf("exit"), -1, -1, -1, 0),
    };
    return { ir, length: this.cpu.translate(t) };
  }

  /** Says whether the block was left. */
  #run({ block }: Builder): boolean {
    const values: Word[] = [];
    for (let i = 0; i < block.length; i++) {
      const name = OP_NAMES[block.op(i)], x = block.x(i);
      const operands = [block.a(i), block.b(i), block.c(i)];
      for (const operand of operands.slice(0, ARITY[block.op(i)])) {
        if (operand >= 0 && values[operand] === undefined) {
          throw new Error(`v${i} ${name} uses v${operand}, which was not made`);
        }
      }
      const [a, b, c] = operands.map((v) => values[v]);
      const formula = FORMULAS[name];
      if (formula) {
        values[i] = formula(a, b, c);
        continue;
      }
      switch (name) {
        case "const":
          values[i] = x;
          break;
        case "const64":
          values[i] = BigInt.asIntN(64, BigInt(block.c(i)) << 32n | BigInt(x >>> 0));
          break;
        case "get":
          values[i] = this.i32[x >> 2];
          break;
        case "set":
          this.i32[x >> 2] = a as number;
          break;
        case "load": {
          const value = this.#load(a as number, x);
          if (value === undefined) return this.#faulted();
          values[i] = value;
          break;
        }
        case "store":
          if (!this.#store(a as number, b as number, x)) return this.#faulted();
          break;
        case "call":
        case "callI":
          values[i] = HELPER_LIST[x].run(this.cpu, a as number, b as number, c as number) ?? 0;
          break;
        case "br":
          i = this.#target(block, x);
          break;
        case "brIf":
          if (a !== 0) i = this.#target(block, x);
          break;
        case "label":
          break;
        case "lookup":
          return true;
        case "exit":
          if (this.i32[CPU.exception.index]) this.cpu.deliver();
          return true;
        default:
          throw new Error(`Cannot evaluate ${name}: not an operation that Arm code is made of`);
      }
    }
    return false;
  }

  #target(block: Builder["block"], label: number): number {
    for (let i = 0; i < block.length; i++) {
      if (OP_NAMES[block.op(i)] === "label" && block.x(i) === label) return i;
    }
    throw new Error(`Cannot branch to label ${label}: it was not placed`);
  }

  #faulted(): true {
    this.cpu.deliver();
    return true;
  }

  /** The address to access, and how far a loaded word is rotated; undefined after a fault. */
  #place(address: number, mem: number, write: boolean): { at: number; rotate: number } | undefined {
    const access = write ? ACCESS.write : ACCESS.read;
    const odd = address & memSize(mem) - 1;
    let at = address >>> 0, rotate = 0;
    if (mem & MEM.aligned && odd) {
      const decision = this.cpu.unaligned(address, mem, access);
      if (decision === UNALIGNED.fault) return undefined;
      if (decision === UNALIGNED.rotate) rotate = 8 * odd;
      at = (at & -memSize(mem)) >>> 0;
    }
    const end = write ? at + memSize(mem) : at;
    const overwritten = new Uint8Array(this.memory.buffer.slice(at, end));
    this.accesses.push({ address: address >>> 0, at, size: memSize(mem), overwritten });
    if (at + memSize(mem) > this.memory.byteLength) {
      this.cpu.busError(address, access, mem >> MEM.mmuShift & 15);
      return undefined;
    }
    return { at, rotate };
  }

  #load(address: number, mem: number): number | undefined {
    const place = this.#place(address, mem, false);
    if (!place) return undefined;
    const { at, rotate } = place;
    const signed = (mem & MEM.signed) !== 0;
    switch (memSize(mem)) {
      case 1:
        return signed ? this.memory.getInt8(at) : this.memory.getUint8(at);
      case 2:
        return signed ? this.memory.getInt16(at, true) : this.memory.getUint16(at, true);
      default: {
        const word = this.memory.getInt32(at, true);
        return rotate ? word >>> rotate | word << (32 - rotate) : word;
      }
    }
  }

  #store(address: number, value: number, mem: number): boolean {
    const place = this.#place(address, mem, true);
    if (!place) return false;
    if (memSize(mem) === 1) this.memory.setInt8(place.at, value);
    else if (memSize(mem) === 2) this.memory.setInt16(place.at, value, true);
    else this.memory.setInt32(place.at, value, true);
    return true;
  }

  #host(): CpuHost {
    const { i32, memory } = this;
    const nothing = () => {};
    return {
      i32,
      flushTlb: nothing,
      flushTlbPage: nothing,
      interrupt: (pending) => void (i32[CPU.interrupt.index] = pending ? 1 : 0),
      readPhysical32: (address) =>
        address + 4 <= memory.byteLength ? memory.getInt32(address, true) : undefined,
      readVirtual: () => false,
      writeVirtual: () => false,
      semihosting: undefined,
      log: { guestError: nothing, unimplemented: nothing },
      now: () => 0,
    };
  }
}
