/** Bits of the card status, the content of an R1 (SD Physical Layer 4.10.1). */
export const STATUS = {
  OUT_OF_RANGE: 2 ** 31,
  ADDRESS_ERROR: 1 << 30,
  BLOCK_LEN_ERROR: 1 << 29,
  ERASE_SEQ_ERROR: 1 << 28,
  ERASE_PARAM: 1 << 27,
  WP_VIOLATION: 1 << 26,
  ILLEGAL_COMMAND: 1 << 22,
  CARD_ECC_FAILED: 1 << 21,
  ERROR: 1 << 19,
  CSD_OVERWRITE: 1 << 16,
  WP_ERASE_SKIP: 1 << 15,
  ERASE_RESET: 1 << 13,
  READY_FOR_DATA: 1 << 8,
  APP_CMD: 1 << 5,
} as const;

/** CURRENT_STATE (4.10.1), and one the status never shows. */
export const AT = {
  IDLE: 0,
  READY: 1,
  IDENT: 2,
  STBY: 3,
  TRAN: 4,
  DATA: 5,
  RCV: 6,
  PRG: 7,
  DIS: 8,
  INACTIVE: 15,
} as const;

/** OCR: 2.7 to 3.6 V; CCS; power-up done (5.1). */
export const OCR = { VOLTAGES: 0x00ff_8000, CCS: 1 << 30, READY: 2 ** 31 } as const;
