import { CPU } from "@emu/core";
import { ARM, MODE, PSR, TB } from "./state.ts";

/**
 * Register banks: the current mode's registers live in r8–r14 and `spsr`; the others' are put away (DDI 0100, A2.3).
 *
 * @module
 */

const R8 = ARM.r8.index, R13 = ARM.r13.index, R14 = ARM.r14.index, SPSR = ARM.spsr.index;
const MODE_WORD = ARM.mode.index, TBFLAGS = CPU.tbflags.index;
const R13_BANKS = ARM.r13_usr.index, R14_BANKS = ARM.r14_usr.index, SPSR_BANKS = ARM.spsr_usr.index;
const R8_USER = ARM.r8_usr.index, R8_FIQ = ARM.r8_fiq.index;

const BANK = { USR: 0, FIQ: 1, IRQ: 2, SVC: 3, ABT: 4, UND: 5 } as const;

/** Bank by mode; -1 where the five bits name no mode. */
const BANK_OF = new Int8Array(32).fill(-1);
for (const name of Object.keys(BANK) as (keyof typeof BANK)[]) BANK_OF[MODE[name]] = BANK[name];
BANK_OF[MODE.SYS] = BANK.USR;

/** Whether the five bits name a mode. */
export function isMode(mode: number): boolean {
  return BANK_OF[mode & PSR.MODE] >= 0;
}

/** Whether the current mode has an SPSR. */
export function hasSpsr(i32: Int32Array): boolean {
  return BANK_OF[i32[MODE_WORD] & PSR.MODE] !== BANK.USR;
}

/** Changes to `to`, which must be a mode. I and F stay. */
export function switchMode(i32: Int32Array, to: number): void {
  const from = i32[MODE_WORD] & PSR.MODE;
  if (from === to) return;
  i32[MODE_WORD] ^= from ^ to;
  i32[TBFLAGS] = to === MODE.USR ? i32[TBFLAGS] | TB.USER : i32[TBFLAGS] & ~TB.USER;

  const out = BANK_OF[from], into = BANK_OF[to];
  if (out === into) return;
  i32[R13_BANKS + out] = i32[R13];
  i32[R14_BANKS + out] = i32[R14];
  i32[SPSR_BANKS + out] = i32[SPSR];
  i32[R13] = i32[R13_BANKS + into];
  i32[R14] = i32[R14_BANKS + into];
  i32[SPSR] = i32[SPSR_BANKS + into];
  if (out === BANK.FIQ) {
    swapHighRegisters(i32, R8_FIQ, R8_USER);
  } else if (into === BANK.FIQ) {
    swapHighRegisters(i32, R8_USER, R8_FIQ);
  }
}

/** Puts r8–r12 away at `out` and gets them from `into`. */
function swapHighRegisters(i32: Int32Array, out: number, into: number): void {
  for (let n = 0; n < 5; n++) {
    i32[out + n] = i32[R8 + n];
    i32[R8 + n] = i32[into + n];
  }
}

/** The word that holds user-mode register `n` (0–14) now. */
export function userRegister(i32: Int32Array, n: number): number {
  const bank = BANK_OF[i32[MODE_WORD] & PSR.MODE];
  if (bank === BANK.USR || n < 8) return ARM.r0.index + n;
  if (n === 13) return R13_BANKS;
  if (n === 14) return R14_BANKS;
  return bank === BANK.FIQ ? R8_USER + n - 8 : ARM.r0.index + n;
}
