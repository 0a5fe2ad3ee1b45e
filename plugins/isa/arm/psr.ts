import { CPU } from "@emu/core";
import { hasSpsr, isMode, switchMode } from "./banks.ts";
import type { ArmCpu } from "./cpu.ts";
import { ARM, PSR, TB } from "./state.ts";

/**
 * The program status registers (DDI 0100, A2.5), put together from the form the state keeps them in.
 *
 * @module
 */

const NF = ARM.nf.index, ZF = ARM.zf.index, CF = ARM.cf.index, VF = ARM.vf.index, QF = ARM.qf.index;
const MODE_WORD = ARM.mode.index, SPSR = ARM.spsr.index, TBFLAGS = CPU.tbflags.index, PC = CPU.pc.index;

const FLAGS = PSR.N | PSR.Z | PSR.C | PSR.V | PSR.Q;
const CONTROL = PSR.I | PSR.F | PSR.T | PSR.MODE;

export function readCpsr({ i32 }: ArmCpu): number {
  return i32[NF] & PSR.N | (i32[ZF] === 0 ? PSR.Z : 0) | i32[CF] << 29 | i32[VF] >>> 3 & PSR.V |
    i32[QF] << 27 |
    i32[MODE_WORD] | (i32[TBFLAGS] & TB.T ? PSR.T : 0);
}

/** Writes the CPSR bits under `mask`, whatever the mode: exceptions, returns, debuggers. */
export function setCpsr(cpu: ArmCpu, value: number, mask: number): void {
  const { i32 } = cpu;
  if (mask & PSR.N) i32[NF] = value;
  if (mask & PSR.Z) i32[ZF] = value & PSR.Z ? 0 : 1;
  if (mask & PSR.C) i32[CF] = value >>> 29 & 1;
  if (mask & PSR.V) i32[VF] = value << 3;
  if (mask & PSR.Q && cpu.model.features.v5e) i32[QF] = value >>> 27 & 1;
  if (mask & PSR.T) i32[TBFLAGS] = value & PSR.T ? i32[TBFLAGS] | TB.T : i32[TBFLAGS] & ~TB.T;
  const masks = mask & (PSR.I | PSR.F);
  i32[MODE_WORD] = i32[MODE_WORD] & ~masks | value & masks;
  if ((mask & PSR.MODE) !== PSR.MODE) return;
  if (isMode(value)) switchMode(i32, value & PSR.MODE);
  else cpu.host.log.guestError(`mode 0x${(value & PSR.MODE).toString(16)} does not exist: kept the old one`);
}

/** MSR CPSR. T is not written this way (DDI 0100, A4.1.39: unpredictable; QEMU ignores it). */
export function writeCpsr(cpu: ArmCpu, value: number, mask: number): void {
  setCpsr(cpu, value, mask & (cpu.i32[TBFLAGS] & TB.USER ? FLAGS : FLAGS | CONTROL & ~PSR.T));
}

export function writeSpsr(cpu: ArmCpu, value: number, mask: number): void {
  const { i32 } = cpu;
  if (!hasSpsr(i32)) return cpu.host.log.guestError("write of SPSR in a mode that has none: ignored");
  const bits = mask & (FLAGS | CONTROL);
  i32[SPSR] = i32[SPSR] & ~bits | value & bits;
}

/** CPSR = SPSR and PC = `address`, aligned for the state that is entered. */
export function exceptionReturn(cpu: ArmCpu, address: number): void {
  const { i32 } = cpu;
  if (hasSpsr(i32)) setCpsr(cpu, i32[SPSR], FLAGS | CONTROL);
  else cpu.host.log.guestError("exception return in a mode that has no SPSR: a mere jump");
  i32[PC] = address & (i32[TBFLAGS] & TB.T ? ~1 : ~3);
}
