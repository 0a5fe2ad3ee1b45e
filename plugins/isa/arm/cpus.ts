import type { Field } from "@emu/core";
import { type Cp15Table, cp15Table } from "./cp15.ts";
import {
  ARM1026_REGISTERS,
  CACHES,
  identification,
  MMU_REGISTERS,
  MPU_REGISTERS,
  PROCESS,
  SYSTEM,
  TEST,
  TEST_AND_CLEAN,
  TI925T_REGISTERS,
  TIGHT_MEMORY,
  WAIT_FOR_INTERRUPT,
  WAIT_FOR_INTERRUPT_V4,
} from "./cp15_registers.ts";
import type { ArmFeatures } from "./rows.ts";
import { ARM } from "./state.ts";

/** All in which CPU models differ. */
export interface Model {
  readonly features: ModelFeatures;
  readonly protection: "mmu" | "mpu" | "none";
  /** The CP15 control register after reset, and the bits of it that can be written. */
  readonly control: { readonly reset: number; readonly writable: number };
  /** State that is not 0 after reset. */
  readonly resets: readonly { readonly field: Field<"i32">; readonly value: number }[];
}

/** What translation is told of a model. */
export interface ModelFeatures extends ArmFeatures {
  readonly cp15: Cp15Table;
  /** Floating-point system ID; 0 without VFP. */
  readonly fpsid: number;
}

/** Instruction sets. */
const V4T = { thumb: true, v5: false, v5e: false, jazelle: false } as const;
const V5TE = { thumb: true, v5: true, v5e: true, jazelle: false } as const;
const V5TEJ = { thumb: true, v5: true, v5e: true, jazelle: true } as const;

interface Options {
  readonly set: typeof V4T | typeof V5TE | typeof V5TEJ;
  readonly protection: Model["protection"];
  readonly control: Model["control"];
  readonly cp15: Parameters<typeof cp15Table>[0];
  readonly fpsid?: number;
  readonly resets?: Model["resets"];
}

function model({ set, protection, control, cp15: rows, fpsid = 0, resets = [] }: Options): Model {
  const features = { ...set, vfp: fpsid !== 0, cp15: cp15Table(rows), fpsid };
  return { features, protection, control, resets };
}

/** Reserved bits of the control register keep what is written; the manuals leave what they read open. */
const ALL_BITS = -1;

/** The CPU models, by the names that QEMU gives them. */
export const MODELS = {
  /** ARM926EJ-S r0p5 (DDI 0198). */
  arm926: model({
    set: V5TEJ,
    protection: "mmu",
    control: { reset: 0x0009_0078, writable: ALL_BITS },
    fpsid: 0x4101_1090,
    cp15: [
      ...identification({ midr: 0x4106_9265, cacheType: 0x01dd_20d2, tcmStatus: 0 }),
      ...SYSTEM,
      ...MMU_REGISTERS,
      ...CACHES,
      WAIT_FOR_INTERRUPT,
      WAIT_FOR_INTERRUPT_V4,
      ...TEST_AND_CLEAN,
      ...TIGHT_MEMORY,
      ...PROCESS,
      ...TEST,
    ],
  }),
  /** ARM946E-S r1p1 (DDI 0201). */
  arm946: model({
    set: V5TE,
    protection: "mpu",
    control: { reset: 0x0000_0078, writable: ALL_BITS },
    cp15: [
      ...identification({ midr: 0x4105_9461, cacheType: 0x0f00_4006, tcmStatus: 0x0000_4004 }),
      ...SYSTEM,
      ...MPU_REGISTERS,
      ...CACHES,
      WAIT_FOR_INTERRUPT,
      WAIT_FOR_INTERRUPT_V4,
      ...TIGHT_MEMORY,
      ...PROCESS,
      ...TEST,
    ],
  }),
  /** ARM1026EJ-S r0p2 (DDI 0244). */
  arm1026: model({
    set: V5TEJ,
    protection: "mmu",
    control: { reset: 0x0009_0078, writable: ALL_BITS },
    fpsid: 0x4101_10a0,
    cp15: [
      ...identification({ midr: 0x4106_a262, cacheType: 0x01dd_20d2, tcmStatus: 0 }),
      ...SYSTEM,
      ...MMU_REGISTERS,
      ...ARM1026_REGISTERS,
      ...CACHES,
      WAIT_FOR_INTERRUPT,
      WAIT_FOR_INTERRUPT_V4,
      ...TEST_AND_CLEAN,
      ...TIGHT_MEMORY,
      ...PROCESS,
      ...TEST,
    ],
  }),
  /** TI925T of the OMAP15xx. */
  ti925t: model({
    set: V4T,
    protection: "mmu",
    control: { reset: 0x0000_0070, writable: ALL_BITS },
    cp15: [
      ...identification({ midr: 0x5402_9252, cacheType: 0x0510_9149, tcmStatus: 0 }),
      ...SYSTEM,
      ...MMU_REGISTERS,
      ...CACHES,
      ...TI925T_REGISTERS,
      { name: "CTR", at: "c0 0 c0 1", read: 0x0510_9149 },
      WAIT_FOR_INTERRUPT,
      WAIT_FOR_INTERRUPT_V4,
      ...PROCESS,
    ],
    resets: [{ field: ARM.tiCacheMin, value: 0xff0 }],
  }),
  /** ARM920T r1p0 (DDI 0151). */
  arm920t: model({
    set: V4T,
    protection: "mmu",
    control: { reset: 0x0000_0078, writable: ALL_BITS },
    cp15: [
      ...identification({ midr: 0x4112_9200, cacheType: 0x0d17_2172, tcmStatus: 0 }),
      ...SYSTEM,
      ...MMU_REGISTERS,
      ...CACHES,
      WAIT_FOR_INTERRUPT,
      WAIT_FOR_INTERRUPT_V4,
      ...PROCESS,
      ...TEST,
    ],
  }),
  /** ARM7TDMI (DDI 0210): no coprocessor 15, no protection. */
  arm7tdmi: model({ set: V4T, protection: "none", control: { reset: 0, writable: 0 }, cp15: [] }),
} as const satisfies Record<string, Model>;
