import { ACCESS, type Access, type Page } from "@emu/core";
import { CONTROL, FSR } from "./cp15_bits.ts";
import type { ArmCpu } from "./cpu.ts";
import { ARM, MMU } from "./state.ts";

/**
 * Address translation of ARMv4 and v5 (DDI 0100, B4; DDI 0198, chapter 3).
 *
 * @module
 */

const CONTROL_WORD = ARM.c1_control.index, TTBR = ARM.c2_ttbr.index;
const DACR0 = ARM.c3_dacr0.index, FCSE = ARM.c13_fcse.index;

const KIB = 1024, MIB = 1024 * KIB;

/** Kinds of first-level descriptors, and of second-level ones. */
const LEVEL1 = { FAULT: 0, COARSE: 1, SECTION: 2, FINE: 3 } as const;
const LEVEL2 = { FAULT: 0, LARGE: 1, SMALL: 2, TINY: 3 } as const;
const DOMAIN = { NO_ACCESS: 0, CLIENT: 1, RESERVED: 2, MANAGER: 3 } as const;

/** The address with the process ID in it (fast context switch extension, DDI 0100, B8). */
export function modifiedAddress(i32: Int32Array, address: number): number {
  return address & 0xfe00_0000 ? address : address | i32[FCSE];
}

/** Fills in `page` for a machine that does not translate. */
export function walkFlat(address: number, page: Page): number {
  page.physical = address >>> 0;
  page.size = MIB;
  page.readable = page.writable = page.executable = true;
  return 0;
}

/** `Frontend.walk` of the MMU. Its fault numbers are values of the fault status register. */
export function walkTables(
  cpu: ArmCpu,
  address: number,
  access: Access,
  mmuIndex: number,
  page: Page,
): number {
  const { i32, host } = cpu;
  if (!(i32[CONTROL_WORD] & CONTROL.M)) return walkFlat(address, page);
  const mva = modifiedAddress(i32, address);

  const first = host.readPhysical32((i32[TTBR] & 0xffff_c000 | mva >>> 18 & 0x3ffc) >>> 0);
  if (first === undefined) return FSR.EXTERNAL_ON_TRANSLATION;
  const domain = first >>> 5 & 15;
  const inDomain = domain << FSR.DOMAIN_SHIFT;
  const kind = first & 3;
  if (kind === LEVEL1.FAULT) return FSR.TRANSLATION | inDomain;

  let permission: number, level: number = FSR.PAGE;
  if (kind === LEVEL1.SECTION) {
    level = 0;
    permission = first >>> 10;
    page.size = MIB;
    page.physical = (first & 0xfff0_0000 | mva & 0x000f_ffff) >>> 0;
  } else {
    const at = kind === LEVEL1.COARSE
      ? first & 0xffff_fc00 | mva >>> 10 & 0x3fc
      : first & 0xffff_f000 | mva >>> 8 & 0xffc;
    const second = host.readPhysical32(at >>> 0);
    if (second === undefined) return FSR.EXTERNAL_ON_TRANSLATION | FSR.PAGE | inDomain;
    // Four access permissions in bits 11–4, for the quarters of the page.
    const uniform = (second >>> 4 & 0xff) === (second >>> 4 & 3) * 0x55;
    switch (second & 3) {
      case LEVEL2.LARGE:
        page.size = uniform ? 64 * KIB : 16 * KIB;
        page.physical = (second & 0xffff_0000 | mva & 0xffff) >>> 0;
        permission = second >>> 4 + (mva >>> 13 & 6);
        break;
      case LEVEL2.SMALL:
        page.size = uniform ? 4 * KIB : KIB;
        page.physical = (second & 0xffff_f000 | mva & 0xfff) >>> 0;
        permission = second >>> 4 + (mva >>> 9 & 6);
        break;
      case LEVEL2.TINY:
        // In a coarse table: unpredictable.
        if (kind !== LEVEL1.FINE) return FSR.TRANSLATION | FSR.PAGE | inDomain;
        page.size = KIB;
        page.physical = (second & 0xffff_fc00 | mva & 0x3ff) >>> 0;
        permission = second >>> 4;
        break;
      default:
        return FSR.TRANSLATION | FSR.PAGE | inDomain;
    }
  }

  const rights = i32[DACR0 + (mmuIndex >> MMU.DACR_SHIFT)] >>> 2 * domain & 3;
  if (rights === DOMAIN.NO_ACCESS || rights === DOMAIN.RESERVED) return FSR.DOMAIN | level | inDomain;
  const allowed = rights === DOMAIN.MANAGER
    ? READ | WRITE
    : permitted(permission & 3, i32[CONTROL_WORD], (mmuIndex & MMU.USER) !== 0);
  page.readable = page.executable = (allowed & READ) !== 0;
  page.writable = (allowed & WRITE) !== 0;
  cpu.faultPlace = level | inDomain;
  if (access === ACCESS.write ? !page.writable : !page.readable) return FSR.PERMISSION | level | inDomain;
  if (page.size > 4 * KIB) cpu.noteLargePage(address, page.size);
  return 0;
}

const READ = 1, WRITE = 2;

/** Access permission bits of a descriptor (DDI 0100, table B4-1). */
function permitted(permission: number, control: number, user: boolean): number {
  switch (permission) {
    case 0:
      if (control & CONTROL.R) return control & CONTROL.S ? 0 : READ; // both set: reserved
      return control & CONTROL.S && !user ? READ : 0;
    case 1:
      return user ? 0 : READ | WRITE;
    case 2:
      return user ? READ : READ | WRITE;
    default:
      return READ | WRITE;
  }
}
