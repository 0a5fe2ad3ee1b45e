import { CPU, type Field } from "@emu/core";
import type { Cp15Register } from "./cp15.ts";
import { CONTROL } from "./cp15_bits.ts";
import type { ArmCpu } from "./cpu.ts";
import { extendedPermissions, standardPermissions } from "./mpu.ts";
import { ARM, DACR_SLOTS, TB } from "./state.ts";

/**
 * CP15 registers, in the groups that CPU models share. Caches are not modelled: what maintains them does nothing.
 *
 * @module
 */

const CONTROL_WORD = ARM.c1_control.index, TBFLAGS = CPU.tbflags.index;
const DACR0 = ARM.c3_dacr0.index;

/** A register that holds what is written. */
const stored = (name: string, at: string, field: Field<"i32">): Cp15Register => ({
  name,
  at,
  read: field,
  write: field,
});

/** Main ID, cache type, TCM status; the other opcodes of c0 give the main ID (DDI 0100, B2.3). */
export function identification(
  { midr, cacheType, tcmStatus }: { midr: number; cacheType: number; tcmStatus: number },
): Cp15Register[] {
  return [
    { name: "MIDR", at: "c0 0 c0 *", read: midr },
    { name: "CTR", at: "c0 0 c0 1", read: cacheType },
    { name: "TCMSR", at: "c0 0 c0 2", read: tcmStatus },
  ];
}

/** The control register. */
export const SYSTEM: Cp15Register[] = [
  { name: "SCTLR", at: "c1 0 c0 0", read: ARM.c1_control, write: writeControl },
];

function writeControl(cpu: ArmCpu, value: number): void {
  const { i32, model: { control }, host } = cpu;
  const old = i32[CONTROL_WORD];
  const now = old & ~control.writable | value & control.writable;
  i32[CONTROL_WORD] = now;
  if ((old ^ now) & (CONTROL.M | CONTROL.S | CONTROL.R)) cpu.flushTlb();
  if (now & CONTROL.B && !(old & CONTROL.B)) host.log.unimplemented("big-endian memory (control bit B)");
}

/** c2, c3, c5, c6, c8 and c10 of a core with an MMU. */
export const MMU_REGISTERS: Cp15Register[] = [
  stored("TTBR", "c2 * * *", ARM.c2_ttbr),
  {
    name: "DACR",
    at: "c3 * * *",
    read: ({ i32 }) => i32[DACR0 + domainSlot(i32)],
    write: writeDomains,
  },
  stored("DFSR", "c5 0 c0 0", ARM.c5_dfsr),
  stored("IFSR", "c5 0 c0 1", ARM.c5_ifsr),
  stored("FAR", "c6 0 c0 0", ARM.c6_far),
  { name: "TLBI", at: "c8 0 * 0", write: (cpu) => cpu.flushTlb() },
  { name: "TLBIMVA", at: "c8 0 * 1", write: (cpu, address) => cpu.flushTlbPage(address) },
  { name: "TLBLOCK", at: "c10 0 * *", read: 0, write: "nothing" },
  stored("TLBLOCK", "c10 0 c0 0", ARM.c10_tlbLock),
];

function domainSlot(i32: Int32Array): number {
  return (i32[TBFLAGS] & TB.DACR) >> TB.DACR_SHIFT;
}

/** See `TB.DACR_SHIFT`: a value that a slot remembers costs no flush. */
function writeDomains(cpu: ArmCpu, value: number): void {
  const { i32 } = cpu;
  let slot = 0;
  while (slot < DACR_SLOTS && i32[DACR0 + slot] !== value) slot++;
  if (slot === DACR_SLOTS) {
    slot = (domainSlot(i32) + 1) % DACR_SLOTS;
    i32[DACR0 + slot] = value;
    cpu.flushTlb();
  }
  i32[TBFLAGS] = i32[TBFLAGS] & ~TB.DACR | slot << TB.DACR_SHIFT;
}

/** c7 and c9: caches, write buffer, lockdown. */
export const CACHES: Cp15Register[] = [
  { name: "CACHE", at: "c7 0 * *", write: "nothing" },
  stored("DLOCK", "c9 0 c0 0", ARM.c9_dlock),
  stored("ILOCK", "c9 0 c0 1", ARM.c9_ilock),
];

/** MCR that waits for an interrupt, as ARM926, ARM1026 and their successors have it (DDI 0198, 2.3.8). */
export const WAIT_FOR_INTERRUPT: Cp15Register = { name: "WFI", at: "c7 0 c0 4", write: "wait" };
/** The older encoding of the same (DDI 0151 2.3.9, DDI 0201 2.3.9). */
export const WAIT_FOR_INTERRUPT_V4: Cp15Register = { name: "WFI", at: "c7 0 c8 2", write: "wait" };

/** Test and clean, test, clean and invalidate: bit 30, so flag Z of an MRC to r15, says that all is clean. */
export const TEST_AND_CLEAN: Cp15Register[] = [
  { name: "TCDC", at: "c7 0 c10 3", read: 1 << 30, write: "nothing" },
  { name: "TCIDC", at: "c7 0 c14 3", read: 1 << 30, write: "nothing" },
];

/** Tightly coupled memory regions. None is there, so none can be enabled. */
export const TIGHT_MEMORY: Cp15Register[] = [
  stored("DTCM", "c9 0 c1 0", ARM.c9_dtcm),
  stored("ITCM", "c9 0 c1 1", ARM.c9_itcm),
];

/** Process ID for the fast context switch extension, and for the debugger. */
export const PROCESS: Cp15Register[] = [
  { name: "FCSEIDR", at: "c13 0 c0 0", read: ARM.c13_fcse, write: writeFcse },
  stored("CONTEXTIDR", "c13 0 c0 1", ARM.c13_context),
];

function writeFcse(cpu: ArmCpu, value: number): void {
  const { i32 } = cpu, at = ARM.c13_fcse.index, id = value & 0xfe00_0000;
  if (i32[at] === id) return;
  i32[at] = id;
  cpu.flushTlb();
}

/** Test and debug registers: nothing to test. */
export const TEST: Cp15Register[] = [{ name: "TEST", at: "c15 * * *", read: 0, write: "nothing" }];

/** c1 0 c0 1 of the ARM1026EJ-S, and its instruction fault address. */
export const ARM1026_REGISTERS: Cp15Register[] = [
  { name: "ACTLR", at: "c1 0 c0 1", read: 1, write: "nothing" },
  stored("IFAR", "c6 0 c0 2", ARM.c6_ifar),
];

/** c2, c3, c5 and c6 of the ARM946E-S. */
export const MPU_REGISTERS: Cp15Register[] = [
  stored("DCACHE", "c2 0 c0 0", ARM.mpuDataCache),
  stored("ICACHE", "c2 0 c0 1", ARM.mpuCodeCache),
  stored("WBUF", "c3 0 c0 0", ARM.mpuBuffer),
  ...["Data", "Code"].flatMap((what, opc2): Cp15Register[] => {
    const { index } = what === "Data" ? ARM.mpuDataAccess : ARM.mpuCodeAccess;
    const write = (cpu: ArmCpu, permissions: number) => {
      cpu.i32[index] = permissions;
      cpu.flushTlb();
    };
    return [
      {
        name: `${what}AP`,
        at: `c5 0 c0 ${opc2}`,
        read: ({ i32 }) => standardPermissions(i32[index]),
        write: (cpu, value) => write(cpu, extendedPermissions(value)),
      },
      { name: `${what}EAP`, at: `c5 0 c0 ${opc2 + 2}`, read: ({ i32 }) => i32[index], write },
    ];
  }),
  ...Array.from({ length: 8 }, (_, n): Cp15Register => ({
    name: `REGION${n}`,
    at: `c6 0 c${n} *`,
    read: ({ i32 }) => i32[ARM.mpuRegion0.index + n],
    write: (cpu, value) => {
      cpu.i32[ARM.mpuRegion0.index + n] = value;
      cpu.flushTlb();
    },
  })),
];

const TI = { MIDR: 0x5402_9252, OS_TYPE: 1 << 5, MIDR_OS: 0x5402_9152 } as const;

/** What the TI925T has of its own (OMAP5910 TRM, SPRU671). */
export const TI925T_REGISTERS: Cp15Register[] = [
  {
    name: "MIDR",
    at: "c0 0 c0 *",
    read: ({ i32 }) => i32[ARM.tiConfig.index] & TI.OS_TYPE ? TI.MIDR_OS : TI.MIDR,
  },
  { name: "CACHE", at: "c7 0 * *", write: resetCacheLimits },
  { name: "C9", at: "c9 * * *", read: 0, write: "nothing" },
  { name: "TEST", at: "c15 0 c0 0", read: 0, write: "nothing" },
  {
    name: "TICONFIG",
    at: "c15 0 c1 0",
    read: ARM.tiConfig,
    write: ({ i32 }, value) => void (i32[ARM.tiConfig.index] = value & 0xe7),
  },
  stored("I_MAX", "c15 0 c2 0", ARM.tiCacheMax),
  stored("I_MIN", "c15 0 c3 0", ARM.tiCacheMin),
  {
    name: "THREADID",
    at: "c15 0 c4 0",
    read: ARM.tiThread,
    write: ({ i32 }, value) => void (i32[ARM.tiThread.index] = value & 0xffff),
  },
  { name: "STATUS", at: "c15 0 c8 0", read: 0, write: "wait" },
];

/** The first and the last cache line of the next loop over the cache. */
function resetCacheLimits({ i32 }: ArmCpu): void {
  i32[ARM.tiCacheMax.index] = 0;
  i32[ARM.tiCacheMin.index] = 0xff0;
}
