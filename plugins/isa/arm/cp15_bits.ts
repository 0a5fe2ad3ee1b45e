/** Bits of the CP15 control register, c1 (DDI 0100, B3.4.1). */
export const CONTROL = {
  /** MMU or protection unit. */
  M: 1 << 0,
  /** Alignment faults. */
  A: 1 << 1,
  /** Big-endian. */
  B: 1 << 7,
  /** System and ROM protection. */
  S: 1 << 8,
  R: 1 << 9,
  /** Exception vectors at 0xffff_0000. */
  V: 1 << 13,
} as const;

/** Fault status (DDI 0198, table 3-9); the domain goes to bits 7–4. */
export const FSR = {
  ALIGNMENT: 0x1,
  TRANSLATION: 0x5,
  EXTERNAL: 0x8,
  DOMAIN: 0x9,
  EXTERNAL_ON_TRANSLATION: 0xc,
  PERMISSION: 0xd,
  /** Added where the descriptor was of the second level. */
  PAGE: 0x2,
  DOMAIN_SHIFT: 4,
} as const;
