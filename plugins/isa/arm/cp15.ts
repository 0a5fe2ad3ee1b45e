import type { Field } from "@emu/core";
import type { ArmCpu } from "./cpu.ts";
import { EXCEPTION } from "./state.ts";

/**
 * The system control coprocessor as a table of registers: what `a32_coprocessor.ts` translates accesses by, and what
 * the two helpers do for those that need code.
 *
 * @module
 */

/** One register, or a group of encodings that mean the same. */
export interface Cp15Register {
  readonly name: string;
  /** CRn, opc1, CRm, opc2, in the order of the manual: "c1 0 c0 0". A star stands for any. */
  readonly at: string;
  /** What is read: a constant, a state field, or the result of a function. Absent: reading is undefined. */
  readonly read?: number | Field<"i32"> | ((cpu: ArmCpu) => number);
  /** What a write does. Absent: writing is undefined. */
  readonly write?: "nothing" | "wait" | Field<"i32"> | ((cpu: ArmCpu, value: number) => void);
}

/** Registers by key (`cp15Key`). */
export type Cp15Table = readonly (Cp15Register | undefined)[];

/** The operands of an MRC or MCR that name the register, as one number below 2^14: CRn, opc1, CRm, opc2. */
export function cp15Key(instruction: number): number {
  return instruction >>> 6 & 0x3c00 | instruction >>> 14 & 0x0380 | instruction << 3 & 0x0078 |
    instruction >>> 5 & 0x0007;
}

/** Makes a table; of rows that mean the same encoding the later one counts. */
export function cp15Table(rows: readonly Cp15Register[]): Cp15Table {
  const table = new Array<Cp15Register | undefined>(1 << 14).fill(undefined);
  for (const row of rows) {
    const [crn, opc1, crm, opc2] = row.at.split(" ").map((part, i) => choices(part, i % 2 === 0 ? 16 : 8));
    for (const n of crn) {
      for (const o of opc1) {
        for (const m of crm) {
          for (const p of opc2) table[n << 10 | o << 7 | m << 3 | p] = row;
        }
      }
    }
  }
  return table;
}

function choices(part: string, count: number): number[] {
  return part === "*" ? Array.from({ length: count }, (_, n) => n) : [Number(part.replace("c", ""))];
}

/** MRC of a register that a function reads, or that does not exist. */
export function cp15Read(cpu: ArmCpu, instruction: number): number {
  const read = cpu.model.features.cp15[cp15Key(instruction)]?.read;
  if (typeof read === "function") return read(cpu);
  unknown(cpu, "read", instruction);
  return 0;
}

/** MCR to a register that a function writes, or that does not exist. */
export function cp15Write(cpu: ArmCpu, instruction: number, value: number): void {
  const write = cpu.model.features.cp15[cp15Key(instruction)]?.write;
  if (typeof write === "function") return write(cpu, value);
  unknown(cpu, "write", instruction);
}

function unknown(cpu: ArmCpu, verb: string, instruction: number): void {
  const key = cp15Key(instruction);
  const at = `c${key >> 10} ${key >> 7 & 7} c${key >> 3 & 15} ${key & 7}`;
  cpu.host.log.unimplemented(`${verb} of CP15 register ${at}: undefined`);
  cpu.raise(EXCEPTION.UNDEFINED);
}
