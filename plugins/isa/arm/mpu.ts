import { ACCESS, type Access, type Page } from "@emu/core";
import { CONTROL, FSR } from "./cp15_bits.ts";
import type { ArmCpu } from "./cpu.ts";
import { walkFlat } from "./mmu.ts";
import { ARM, MMU } from "./state.ts";

/**
 * The protection unit of the ARM946E-S (DDI 0201, chapter 3): eight regions, the highest number wins.
 *
 * @module
 */

const CONTROL_WORD = ARM.c1_control.index;
const DATA_ACCESS = ARM.mpuDataAccess.index, CODE_ACCESS = ARM.mpuCodeAccess.index;
const REGION0 = ARM.mpuRegion0.index;

/** The smallest region is 4 KiB: size field 0b01011. */
const MIN_SIZE_FIELD = 11;
/** Rights hold at least for the smallest region. */
const GRANULE = 4096;

const READ = 1, WRITE = 2;

/** Rights by extended access permission: privileged in bits 1–0, user in bits 3–2 (DDI 0201, table 2-14). */
const RIGHTS = [0, 3, 3 | READ << 2, 3 | 3 << 2, 0, READ, READ | READ << 2, 0];

/** `Frontend.walk` of the protection unit. */
export function walkRegions(
  cpu: ArmCpu,
  address: number,
  access: Access,
  mmuIndex: number,
  page: Page,
): number {
  const { i32 } = cpu;
  walkFlat(address, page);
  if (!(i32[CONTROL_WORD] & CONTROL.M)) return 0;
  page.size = GRANULE;
  const region = regionOf(i32, address);
  if (region < 0) return FSR.PERMISSION;
  const user = mmuIndex & MMU.USER ? 2 : 0;
  const data = rights(i32[DATA_ACCESS], region) >> user & 3;
  page.readable = (data & READ) !== 0;
  page.writable = (data & WRITE) !== 0;
  page.executable = (rights(i32[CODE_ACCESS], region) >> user & READ) !== 0;
  const allowed = access === ACCESS.execute
    ? page.executable
    : access === ACCESS.write
    ? page.writable
    : page.readable;
  return allowed ? 0 : FSR.PERMISSION;
}

function rights(permissions: number, region: number): number {
  return RIGHTS[permissions >>> 4 * region & 7];
}

/** The enabled region with the highest number around the address, or -1. */
function regionOf(i32: Int32Array, address: number): number {
  for (let n = 7; n >= 0; n--) {
    const region = i32[REGION0 + n];
    const size = region >>> 1 & 31;
    if (!(region & 1) || size < MIN_SIZE_FIELD) continue;
    // The base is a multiple of the size; 2^(size + 1) bytes.
    if (size === 31 || (region ^ address) >>> size + 1 === 0) return n;
  }
  return -1;
}

/** Four-bit permissions as the registers with two bits a region show them, and back (DDI 0201, 2.3.7). */
export function standardPermissions(extended: number): number {
  let standard = 0;
  for (let n = 0; n < 8; n++) standard |= (extended >>> 4 * n & 3) << 2 * n;
  return standard;
}

/** See `standardPermissions`. */
export function extendedPermissions(standard: number): number {
  let extended = 0;
  for (let n = 0; n < 8; n++) extended |= (standard >>> 2 * n & 3) << 4 * n;
  return extended;
}
