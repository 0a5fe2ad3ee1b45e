import { defineHelpers } from "@emu/core";
import type { ArmCpu } from "./cpu.ts";
import { VFP_HELPERS } from "./vfp_helpers.ts";

/**
 * What translated Arm code calls. Thin: each is one method of the vCPU.
 */
export const HELPERS = defineHelpers({
  /** Stages exception `kind` (`EXCEPTION`). */
  raise: { args: 1, state: "write", raises: true, run: (cpu: ArmCpu, kind) => cpu.raise(kind) },
  readCpsr: { args: 0, state: "read", run: (cpu: ArmCpu) => cpu.readCpsr() },
  /** Writes the CPSR bits under `mask`; user mode changes flags only. May switch the mode's registers and `tbflags`. */
  writeCpsr: { args: 2, state: "write", run: (cpu: ArmCpu, value, mask) => cpu.writeCpsr(value, mask) },
  readSpsr: { args: 0, state: "read", run: (cpu: ArmCpu) => cpu.readSpsr() },
  writeSpsr: { args: 2, state: "write", run: (cpu: ArmCpu, value, mask) => cpu.writeSpsr(value, mask) },
  /** CPSR = SPSR, PC = `address` aligned for the state it enters. */
  exceptionReturn: { args: 1, state: "write", run: (cpu: ArmCpu, address) => cpu.exceptionReturn(address) },
  /** User-bank registers, for LDM/STM with `^`. */
  readUser: { args: 1, state: "read", run: (cpu: ArmCpu, n) => cpu.readUser(n) },
  writeUser: { args: 2, state: "write", run: (cpu: ArmCpu, n, value) => cpu.writeUser(n, value) },
  /** MRC and MCR of CP15; `instruction` is the encoding, of which opc1, CRn, CRm and opc2 count. */
  cp15Read: {
    args: 1,
    state: "write",
    raises: true,
    run: (cpu: ArmCpu, instruction) => cpu.cp15Read(instruction),
  },
  cp15Write: {
    args: 2,
    state: "write",
    raises: true,
    run: (cpu: ArmCpu, instruction, value) => cpu.cp15Write(instruction, value),
  },
  ...VFP_HELPERS,
});
