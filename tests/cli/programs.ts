/**
 * Small bare-metal programs for the Integrator/CP, as instruction words: they are loaded as plain code and need no
 * compiler. UART 0 is at 0x1600_0000 (flags at 0x18), the core module's control register at 0x1000_000c (bit 3 resets).
 *
 * @module
 */

const RESET = [
  0xe3a0_2201, // mov r2, #0x10000000
  0xe3a0_1008, // mov r1, #8
  0xe582_100c, // str r1, [r2, #0xc]
  0xeaff_fffe, // b .
] as const;

/** Sends back what it receives; "q" resets the board. */
export const ECHO = [
  0xe3a0_0416, // mov r0, #0x16000000
  0xe590_1018, // 1: ldr r1, [r0, #0x18]
  0xe311_0010, // tst r1, #0x10
  0x1aff_fffc, // bne 1b
  0xe590_1000, // ldr r1, [r0]
  0xe580_1000, // str r1, [r0]
  0xe351_0071, // cmp r1, #'q'
  0x1aff_fff8, // bne 1b
  ...RESET,
] as const;

/** Sends ">", then does as `ECHO`. */
export const PROMPT = [
  0xe3a0_0416, // mov r0, #0x16000000
  0xe3a0_103e, // mov r1, #'>'
  0xe580_1000, // str r1, [r0]
  ...ECHO,
] as const;

/** Sends 4 MiB, byte n being n mod 251, then resets the board. */
export const FLOOD = [
  0xe3a0_0416, // mov r0, #0x16000000
  0xe3a0_1000, // mov r1, #0
  0xe3a0_3501, // mov r3, #0x400000
  0xe580_1000, // 1: str r1, [r0]
  0xe281_1001, // add r1, r1, #1
  0xe351_00fb, // cmp r1, #251
  0x03a0_1000, // moveq r1, #0
  0xe253_3001, // subs r3, r3, #1
  0x1aff_fff9, // bne 1b
  ...RESET,
] as const;

/** What `FLOOD` sends. */
export const FLOOD_BYTES = { length: 4 << 20, at: (n: number) => n % 251 } as const;

/** Does nothing, for ever. */
export const LOOP = [0xeaff_fffe] as const;

/** Semihosting: exits with status 42 (SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit). */
export const EXIT_42 = [
  0xe3a0_0020, // mov r0, #0x20
  0xe28f_1004, // add r1, pc, #4
  0xef12_3456, // svc 0x123456
  0xeaff_fffe, // b .
  0x0002_0026,
  42,
] as const;

/** Semihosting: writes "hello" to the console (SYS_WRITE0), then exits with status 0. */
export const HELLO = [
  0xe3a0_0004, // mov r0, #4
  0xe28f_100c, // add r1, pc, #12
  0xef12_3456, // svc 0x123456
  0xe3a0_0018, // mov r0, #0x18
  0xe59f_1008, // ldr r1, [pc, #8]
  0xef12_3456, // svc 0x123456
  0x6c6c_6568, // "hell"
  0x0000_0a6f, // "o\n"
  0x0002_0026,
] as const;

/** A program as a file's bytes. */
export function codeOf(words: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(words.length * 4), view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(i * 4, word, true));
  return bytes;
}
