import { CPU } from "@emu/core";
import { switchMode } from "./banks.ts";
import { CONTROL } from "./cp15_bits.ts";
import type { ArmCpu } from "./cpu.ts";
import { readCpsr } from "./psr.ts";
import { ARM, EXCEPTION, MODE, PSR, TB } from "./state.ts";

/**
 * Exception entry (DDI 0100, A2.6).
 *
 * @module
 */

const PC = CPU.pc.index, TBFLAGS = CPU.tbflags.index, STAGED = CPU.exception.index, HALTED = CPU.halted.index;
const MODE_WORD = ARM.mode.index, SPSR = ARM.spsr.index, R14 = ARM.r14.index;
const IRQ_LINE = ARM.irqLine.index, FIQ_LINE = ARM.fiqLine.index;
const CONTROL_WORD = ARM.c1_control.index;
const PENDING_FSR = ARM.pendingFsr.index, PENDING_FAR = ARM.pendingFar.index;
const DFSR = ARM.c5_dfsr.index, IFSR = ARM.c5_ifsr.index, FAR = ARM.c6_far.index, IFAR = ARM.c6_ifar.index;

const VECTOR = {
  UNDEFINED: 0x04,
  SUPERVISOR_CALL: 0x08,
  PREFETCH_ABORT: 0x0c,
  DATA_ABORT: 0x10,
  IRQ: 0x18,
  FIQ: 0x1c,
} as const;

/** What the fault status register says of a breakpoint. */
const FSR_DEBUG_EVENT = 2;

/** Takes the exception that is staged in `CPU.exception`; `CPU.pc` is the address of the instruction at fault. */
export function deliver(cpu: ArmCpu): void {
  const { i32 } = cpu;
  const kind = i32[STAGED], pc = i32[PC], length = i32[TBFLAGS] & TB.T ? 2 : 4;
  i32[STAGED] = 0;
  switch (kind) {
    case EXCEPTION.UNDEFINED:
      return enter(cpu, VECTOR.UNDEFINED, MODE.UND, pc + length);
    case EXCEPTION.SEMIHOSTING:
      if (cpu.semihosting) {
        i32[PC] = pc + length;
        return cpu.semihosting.run();
      }
      return enter(cpu, VECTOR.SUPERVISOR_CALL, MODE.SVC, pc + length);
    case EXCEPTION.SUPERVISOR_CALL:
      return enter(cpu, VECTOR.SUPERVISOR_CALL, MODE.SVC, pc + length);
    case EXCEPTION.BREAKPOINT:
      i32[IFSR] = FSR_DEBUG_EVENT;
      return enter(cpu, VECTOR.PREFETCH_ABORT, MODE.ABT, pc + 4);
    case EXCEPTION.PREFETCH_ABORT:
      i32[IFSR] = i32[PENDING_FSR];
      i32[IFAR] = i32[PENDING_FAR];
      return enter(cpu, VECTOR.PREFETCH_ABORT, MODE.ABT, pc + 4);
    case EXCEPTION.DATA_ABORT:
      i32[DFSR] = i32[PENDING_FSR];
      i32[FAR] = i32[PENDING_FAR];
      return enter(cpu, VECTOR.DATA_ABORT, MODE.ABT, pc + 8);
  }
}

/** The exception that was taken last, in words; 0 stands for an interrupt. */
export function exceptionText({ i32 }: ArmCpu, kind: number): string {
  const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
  switch (kind) {
    case EXCEPTION.UNDEFINED:
      return "undefined instruction";
    case EXCEPTION.SUPERVISOR_CALL:
      return "supervisor call";
    case EXCEPTION.SEMIHOSTING:
      return "semihosting call";
    case EXCEPTION.BREAKPOINT:
      return "breakpoint";
    case EXCEPTION.PREFETCH_ABORT:
      return `prefetch abort (IFSR ${hex(i32[IFSR])}, address ${hex(i32[IFAR])})`;
    case EXCEPTION.DATA_ABORT:
      return `data abort (DFSR ${hex(i32[DFSR])}, address ${hex(i32[FAR])})`;
    default:
      return (i32[PC] & 0x1f) === VECTOR.FIQ ? "FIQ" : "IRQ";
  }
}

/** Takes FIQ or IRQ, if one is up and not masked; `CPU.pc` is the address of the next instruction. */
export function interrupt(cpu: ArmCpu): boolean {
  const { i32 } = cpu;
  if (i32[FIQ_LINE] && !(i32[MODE_WORD] & PSR.F)) {
    enter(cpu, VECTOR.FIQ, MODE.FIQ, i32[PC] + 4);
    i32[MODE_WORD] |= PSR.F;
    return true;
  }
  if (i32[IRQ_LINE] && !(i32[MODE_WORD] & PSR.I)) {
    enter(cpu, VECTOR.IRQ, MODE.IRQ, i32[PC] + 4);
    return true;
  }
  return false;
}

function enter(cpu: ArmCpu, vector: number, mode: number, link: number): void {
  const { i32 } = cpu, cpsr = readCpsr(cpu);
  switchMode(i32, mode);
  i32[SPSR] = cpsr;
  i32[R14] = link;
  i32[MODE_WORD] |= PSR.I;
  i32[TBFLAGS] &= ~TB.T;
  i32[PC] = vector | (i32[CONTROL_WORD] & CONTROL.V ? 0xffff_0000 : 0);
  i32[HALTED] = 0;
}
