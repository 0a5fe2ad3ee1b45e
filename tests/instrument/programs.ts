/**
 * Bare-metal programs whose instructions and accesses to memory are known. Words of Arm code, run at `START`, ended
 * by semihosting.
 *
 * @module
 */

/** Where programs lie. */
export const START = 0x1_0000;

/** Adds a word to a sum 1000 times, and writes it back each time. */
export const LOOP = [
  0xe3a0_1ffa, // mov r1, #1000
  0xe59f_202c, // ldr r2, [pc, #44]
  0xe3a0_0000, // mov r0, #0
  0xe592_3000, // 1: ldr r3, [r2]
  0xe080_0003, // add r0, r0, r3
  0xe582_0000, // str r0, [r2]
  0xe251_1001, // subs r1, r1, #1
  0x1aff_fffa, // bne 1b
  0xe3a0_0018, // mov r0, #0x18
  0xe59f_1008, // ldr r1, [pc, #8]
  0xef12_3456, // svc 0x123456
  0xeaff_fffe, // b .
  0x0000_0000,
  0x0002_0026,
  0x0010_0000,
] as const;
/** What `LOOP` does; its block of five instructions is entered once with those before. */
export const LOOP_COUNTS = { instructions: 3 + 1000 * 5 + 3, reads: 1 + 1000 + 1, writes: 1000 } as const;

/** Calls "outer" three times, which calls "inner" twice. */
export const CALLS = [
  0xe3a0_d802, // mov sp, #0x20000
  0xe3a0_4003, // mov r4, #3
  0xeb00_0004, // 1: bl outer
  0xe254_4001, // subs r4, r4, #1
  0x1aff_fffc, // bne 1b
  0xe3a0_0018, // mov r0, #0x18
  0xe59f_1018, // ldr r1, [pc, #24]
  0xef12_3456, // svc 0x123456
  0xe92d_4010, // outer: push {r4, lr}
  0xeb00_0001, // bl inner
  0xeb00_0000, // bl inner
  0xe8bd_8010, // pop {r4, pc}
  0xe280_0001, // inner: add r0, r0, #1
  0xe12f_ff1e, // bx lr
  0x0002_0026,
] as const;
/** The functions of `CALLS`. */
export const CALLS_SYMBOLS = { main: START, outer: START + 0x20, inner: START + 0x30 } as const;
/** What `CALLS` does, in instructions by function. */
export const CALLS_COUNTS = { main: 2 + 3 * 3 + 3, outer: 3 * 4, inner: 6 * 2 } as const;

/** Four times a supervisor call and an undefined instruction, which return at once. */
export const TRAPS = [
  0xe59f_0028, // ldr r0, [pc, #40]
  0xe3a0_1000, // mov r1, #0
  0xe581_0008, // str r0, [r1, #8]
  0xe581_0004, // str r0, [r1, #4]
  0xe3a0_4004, // mov r4, #4
  0xef00_0005, // 1: svc 5
  0xe7f0_00f0, // udf #0
  0xe254_4001, // subs r4, r4, #1
  0x1aff_fffb, // bne 1b
  0xe3a0_0018, // mov r0, #0x18
  0xe59f_1004, // ldr r1, [pc, #4]
  0xef12_3456, // svc 0x123456
  0xe1b0_f00e, // movs pc, lr
  0x0002_0026,
] as const;

/**
 * Turns the MMU on, with 0x1000_0000 at physical 0x0010_0000 and 0x2000_0000 at UART 0, and accesses both in all
 * sizes.
 */
export const ACCESSES = [
  0xe3a0_0901, // mov r0, #0x4000
  0xe59f_1058, // ldr r1, [pc, #88]
  0xe580_1000, // str r1, [r0]
  0xe381_2601, // orr r2, r1, #0x100000
  0xe580_2400, // str r2, [r0, #0x400]
  0xe381_2416, // orr r2, r1, #0x16000000
  0xe580_2800, // str r2, [r0, #0x800]
  0xee02_0f10, // mcr p15, 0, r0, c2, c0, 0
  0xe3e0_2000, // mvn r2, #0
  0xee03_2f10, // mcr p15, 0, r2, c3, c0, 0
  0xee11_2f10, // mrc p15, 0, r2, c1, c0, 0
  0xe382_2001, // orr r2, r2, #1
  0xee01_2f10, // mcr p15, 0, r2, c1, c0, 0
  0xe3a0_5201, // mov r5, #0x10000000
  0xe3e0_307f, // mvn r3, #0x7f
  0xe5c5_3004, // strb r3, [r5, #4]
  0xe1d5_40d4, // ldrsb r4, [r5, #4]
  0xe1c5_30b6, // strh r3, [r5, #6]
  0xe1c5_60d0, // ldrd r6, [r5]
  0xe3a0_8202, // mov r8, #0x20000000
  0xe598_9018, // ldr r9, [r8, #24]
  0xe588_3000, // str r3, [r8]
  0xe3a0_0018, // mov r0, #0x18
  0xe59f_1004, // ldr r1, [pc, #4]
  0xef12_3456, // svc 0x123456
  0x0000_0c12, // a section that everybody may read and write
  0x0002_0026,
] as const;

/** Waits with WFI for an interrupt of timer 0, then takes it: the handler at 0x18 acknowledges and returns. */
export const WAIT = [
  0xe59f_404c, // ldr r4, [pc, #76]
  0xe59f_504c, // ldr r5, [pc, #76]
  0xe3a0_1000, // mov r1, #0
  0xe581_4018, // str r4, [r1, #0x18]
  0xe581_501c, // str r5, [r1, #0x1c]
  0xe3a0_0413, // mov r0, #0x13000000
  0xe3a0_1ffa, // mov r1, #1000
  0xe580_1000, // str r1, [r0]
  0xe3a0_10a3, // mov r1, #0xa3
  0xe580_1008, // str r1, [r0, #8]
  0xe3a0_2305, // mov r2, #0x14000000
  0xe3a0_1020, // mov r1, #0x20
  0xe582_1008, // str r1, [r2, #8]
  0xee07_0f90, // mcr p15, 0, r0, c7, c0, 4
  0xe10f_1000, // mrs r1, cpsr
  0xe3c1_1080, // bic r1, r1, #0x80
  0xe121_f001, // msr cpsr_c, r1
  0xe1a0_0000, // nop
  0xe3a0_0018, // mov r0, #0x18
  0xe59f_1008, // ldr r1, [pc, #8]
  0xef12_3456, // svc 0x123456
  0xe580_300c, // str r3, [r0, #0xc]
  0xe25e_f004, // subs pc, lr, #4
  0x0002_0026,
] as const;
