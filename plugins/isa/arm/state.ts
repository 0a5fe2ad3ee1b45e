import { CPU, type Field, stateLayout } from "@emu/core";

/**
 * The registers of an Arm vCPU. r0–r14 are those of the current mode; the others' are banked away below.
 * r15 is `CPU.pc`.
 */
export const ARM = stateLayout({
  r0: "i32",
  r1: "i32",
  r2: "i32",
  r3: "i32",
  r4: "i32",
  r5: "i32",
  r6: "i32",
  r7: "i32",
  r8: "i32",
  r9: "i32",
  r10: "i32",
  r11: "i32",
  r12: "i32",
  r13: "i32",
  r14: "i32",

  // Flags, each in the form that is cheapest to make. N: bit 31 of nf. Z: zf is 0. C: cf is 1. V: bit 31 of vf.
  nf: "i32",
  zf: "i32",
  cf: "i32",
  vf: "i32",
  /** Sticky saturation flag, 0 or 1. */
  qf: "i32",
  /** CPSR bits 7, 6 and 4–0 (I, F, mode) and nothing else; T stands in `CPU.tbflags`. */
  mode: "i32",
  /** SPSR of the current mode. */
  spsr: "i32",

  // Banked registers of modes that are not current, by bank: user/system, FIQ, IRQ, supervisor, abort, undefined.
  r13_usr: "i32",
  r13_fiq: "i32",
  r13_irq: "i32",
  r13_svc: "i32",
  r13_abt: "i32",
  r13_und: "i32",
  r14_usr: "i32",
  r14_fiq: "i32",
  r14_irq: "i32",
  r14_svc: "i32",
  r14_abt: "i32",
  r14_und: "i32",
  spsr_usr: "i32", // never read: user and system mode have none
  spsr_fiq: "i32",
  spsr_irq: "i32",
  spsr_svc: "i32",
  spsr_abt: "i32",
  spsr_und: "i32",
  r8_usr: "i32",
  r9_usr: "i32",
  r10_usr: "i32",
  r11_usr: "i32",
  r12_usr: "i32",
  r8_fiq: "i32",
  r9_fiq: "i32",
  r10_fiq: "i32",
  r11_fiq: "i32",
  r12_fiq: "i32",

  /** Levels of the interrupt inputs, 0 or 1. */
  irqLine: "i32",
  fiqLine: "i32",
  /** Fault staged for delivery: what goes to FSR and FAR. */
  pendingFsr: "i32",
  pendingFar: "i32",

  // CP15 of the ARM926EJ-S (DDI 0198, chapter 2).
  c1_control: "i32",
  c2_ttbr: "i32",
  /** Domain access control, one word per slot (`TB.DACR_SHIFT`), in order: the current slot's is the register. */
  c3_dacr0: "i32",
  c3_dacr1: "i32",
  c3_dacr2: "i32",
  c3_dacr3: "i32",
  c5_dfsr: "i32",
  c5_ifsr: "i32",
  c6_far: "i32",
  c6_ifar: "i32",
  c9_dlock: "i32",
  c9_ilock: "i32",
  c9_dtcm: "i32",
  c9_itcm: "i32",
  c10_tlbLock: "i32",
  c13_fcse: "i32",
  c13_context: "i32",
  c15_test: "i32",

  // Protection unit of the ARM946E-S (DDI 0201, chapter 2).
  mpuDataAccess: "i32",
  mpuCodeAccess: "i32",
  mpuDataCache: "i32",
  mpuCodeCache: "i32",
  mpuBuffer: "i32",
  mpuRegion0: "i32",
  mpuRegion1: "i32",
  mpuRegion2: "i32",
  mpuRegion3: "i32",
  mpuRegion4: "i32",
  mpuRegion5: "i32",
  mpuRegion6: "i32",
  mpuRegion7: "i32",

  // TI925T (Linux, arch/arm/mm/proc-arm925.S; QEMU): configuration, cache limits, thread.
  tiConfig: "i32",
  tiCacheMax: "i32",
  tiCacheMin: "i32",
  tiThread: "i32",

  fpscr: "i32",
  // VFPv2: single registers; double register n is the pair s(2n) low, s(2n+1) high word, at a multiple of 8 bytes.
  ...Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`s${n}`, "i32"])) as Record<
    `s${number}`,
    "i32"
  >,
  /** Register 16 of the double-precision view: a place for intermediate results. */
  vfpScratchLow: "i32",
  vfpScratchHigh: "i32",
  fpexc: "i32",
  fpinst: "i32",
  fpinst2: "i32",
});

/** r0–r15 by number. */
export const R: readonly Field<"i32">[] = [
  ...Array.from({ length: 15 }, (_, n) => (ARM as unknown as Record<string, Field<"i32">>)[`r${n}`]),
  CPU.pc,
];

/** s0–s31 by number. */
export const S: readonly Field<"i32">[] = Array.from(
  { length: 32 },
  (_, n) => (ARM as unknown as Record<string, Field<"i32">>)[`s${n}`],
);

/** Bits of `CPU.tbflags`: all of the state that a translation depends on. */
export const TB = {
  /** Thumb state; this *is* CPSR.T. */
  T: 1 << 0,
  /** User mode. */
  USER: 1 << 1,
  /**
   * Which of four remembered values of the domain access control register holds, two bits. Linux switches between two
   * at each system call (CONFIG_CPU_SW_DOMAIN_PAN), and to a third while idle; each has TLBs of its own, so that nothing
   * is flushed.
   */
  DACR_SHIFT: 2,
  DACR: 3 << 2,
  /** VFP instructions are allowed (FPEXC.EN and coprocessor access). */
  VFP: 1 << 4,
  /** FPSCR.LEN, three bits, and FPSCR.STRIDE, two bits. */
  VFP_LEN_SHIFT: 5,
  VFP_STRIDE_SHIFT: 8,
} as const;

/** Slots of `TB.DACR_SHIFT`. */
export const DACR_SLOTS = 4;

/** Fields of an MMU index: user access (LDRT and STRT too), and above it the slot of `TB.DACR_SHIFT`. */
export const MMU = { USER: 1, DACR_SHIFT: 1, COUNT: 2 * DACR_SLOTS } as const;

/** The MMU index of ordinary accesses under these `CPU.tbflags`. */
export function mmuIndexOf(flags: number): number {
  return flags >> 1 & MMU.COUNT - 1;
}

/** Bits of CPSR and SPSR (DDI 0100, A2.5). */
export const PSR = {
  N: 1 << 31,
  Z: 1 << 30,
  C: 1 << 29,
  V: 1 << 28,
  Q: 1 << 27,
  I: 1 << 7,
  F: 1 << 6,
  T: 1 << 5,
  MODE: 0x1f,
} as const;

/** Processor modes (DDI 0100, A2.2). */
export const MODE = { USR: 0x10, FIQ: 0x11, IRQ: 0x12, SVC: 0x13, ABT: 0x17, UND: 0x1b, SYS: 0x1f } as const;

/** Values of `CPU.exception`. */
export const EXCEPTION = {
  UNDEFINED: 1,
  SUPERVISOR_CALL: 2,
  PREFETCH_ABORT: 3,
  DATA_ABORT: 4,
  BREAKPOINT: 5,
  /** A semihosting call: SVC 0x123456 (A32) or 0xab (Thumb) while semihosting is on. */
  SEMIHOSTING: 6,
} as const;

/** Bits of an access descriptor that belong to this ISA (from `MEM.isaShift`): what an unaligned access does. */
export const ALIGN = {
  /** LDR and SWP: rotate the word. Without it the low address bits are ignored. */
  ROTATE: 1 << 16,
  /** Faults whatever CP15 control bit A says (LDRD, STRD on odd words). */
  ALWAYS: 1 << 17,
} as const;
