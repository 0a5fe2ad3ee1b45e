/** Sizes of a card in bytes, and what follows from them for its registers. */
export interface Geometry {
  /** Capacity the CSD can state, at most the medium's. */
  readonly size: number;
  /** Addressed in blocks of 512 bytes (SDHC) rather than in bytes. */
  readonly highCapacity: boolean;
  /** log2 of the longest block CMD16 may set. */
  readonly readBlLen: number;
  readonly cSizeMult: number;
  readonly cSize: number;
  /** Bytes of a write protection group. */
  readonly wpGroup: number;
}

export const BLOCK = 512;
const GIB = 2 ** 30;
/** Erase sectors of a write protection group, and blocks of an erase sector. */
const WP_GRP = 128, SECTOR = 128;

/** The largest capacity of at most `bytes` that a CSD can state; undefined if the medium is too small for any. */
export function geometryOf(bytes: number): Geometry | undefined {
  if (bytes > 2 * GIB) {
    // CSD 2.0 (5.3.3): capacity = (C_SIZE + 1) × 512 KiB.
    const units = Math.min(Math.floor(bytes / 2 ** 19), 2 ** 22);
    return {
      size: units * 2 ** 19,
      highCapacity: true,
      readBlLen: 9,
      cSizeMult: 0,
      cSize: units - 1,
      wpGroup: 0,
    };
  }
  // CSD 1.0 (5.3.2): capacity = (C_SIZE + 1) × 2^(C_SIZE_MULT + 2) × 2^READ_BL_LEN; the finest unit that reaches.
  const readBlLen = bytes > GIB ? 10 : 9;
  let cSizeMult = 0;
  while (cSizeMult < 7 && bytes > 4096 * 2 ** (cSizeMult + 2 + readBlLen)) cSizeMult++;
  const unit = 2 ** (cSizeMult + 2 + readBlLen);
  const units = Math.min(Math.floor(bytes / unit), 4096);
  if (units === 0) return undefined;
  const wpGroup = WP_GRP * SECTOR * 2 ** readBlLen;
  return { size: units * unit, highCapacity: false, readBlLen, cSizeMult, cSize: units - 1, wpGroup };
}

/** CRC7 of the CMD line, x⁷ + x³ + 1 (4.5), as a register's last byte holds it: shifted, with the end bit. */
export function crc7(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const out = (crc >> 6 ^ byte >> bit) & 1;
      crc = (crc << 1 & 0x7f) ^ (out ? 0x09 : 0);
    }
  }
  return crc << 1 | 1;
}

/** A register from its fields: highest bit, lowest bit, value. */
function pack(bytes: number, fields: readonly (readonly [number, number, number])[]): Uint8Array {
  const register = new Uint8Array(bytes);
  for (const [high, low, value] of fields) {
    for (let bit = low; bit <= high; bit++) {
      if (value >>> (bit - low) & 1) register[bytes - 1 - (bit >> 3)] |= 1 << (bit & 7);
    }
  }
  return register;
}

function sealed(register: Uint8Array): Uint8Array {
  register[15] = crc7(register.subarray(0, 15));
  return register;
}

/** Card identification (5.2). */
export function cid(): Uint8Array {
  const register = pack(16, [[127, 120, 0xaa], [63, 56, 0x10], [55, 24, 0x0000_0001], [19, 8, 26 << 4 | 1]]);
  register.set(new TextEncoder().encode("EMEMUSD"), 1); // OID "EM", PNM "EMUSD"
  return sealed(register);
}

/** Command classes: basic, block read, block write, erase, application, switch; write protection on SDSC. */
const CCC = 1 << 0 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 10;

/** Card specific data (5.3). */
export function csd(g: Geometry): Uint8Array {
  const capacity = g.highCapacity ? [[69, 48, g.cSize]] as const : [
    [79, 79, 1], // READ_BL_PARTIAL
    [73, 62, g.cSize],
    [61, 50, 0xdb6], // currents: 35 mA and 45 mA
    [49, 47, g.cSizeMult],
    [38, 32, WP_GRP - 1],
    [31, 31, 1], // WP_GRP_ENABLE
  ] as const;
  return sealed(pack(16, [
    [127, 126, Number(g.highCapacity)],
    [119, 112, g.highCapacity ? 0x0e : 0x26], // TAAC: 1 ms, 1.5 ms
    [103, 96, 0x32], // TRAN_SPEED: 25 MHz
    [95, 84, g.highCapacity ? CCC : CCC | 1 << 6],
    [83, 80, g.readBlLen],
    [46, 46, 1], // ERASE_BLK_EN
    [45, 39, SECTOR - 1],
    [28, 26, 2], // R2W_FACTOR
    [25, 22, g.readBlLen],
    ...capacity,
  ]));
}

/** SD configuration (5.6): version 2.00, 0 after erase, bus widths 1 and 4. */
export function scr(): Uint8Array {
  return pack(8, [[59, 56, 2], [51, 48, 0b0101]]);
}

/** SD status (4.10.2). */
export function sdStatus(wide: boolean): Uint8Array {
  return pack(64, [[511, 510, wide ? 2 : 0]]);
}

/**
 * Answer to CMD6 (4.3.10): which functions there are and which are chosen. Group 1 has function 1, high speed.
 * Returns the 64 bytes and whether high speed is chosen after them.
 */
export function switchStatus(
  argument: number,
  highSpeed: boolean,
): { status: Uint8Array; highSpeed: boolean } {
  const status = new Uint8Array(64);
  status[1] = 200; // mA
  const current = [Number(highSpeed), 0, 0, 0, 0, 0];
  let refused = false;
  const chosen = current.map((now, group) => {
    const wanted = argument >>> 4 * group & 0xf;
    const functions = group === 0 ? 0x8003 : 0x8001;
    status[12 - 2 * group] = functions >> 8;
    status[13 - 2 * group] = functions & 0xff;
    if (wanted === 0xf) return now;
    if (wanted < 15 && functions >> wanted & 1) return wanted;
    refused = true;
    return 0xf;
  });
  for (let pair = 0; pair < 3; pair++) status[16 - pair] = chosen[2 * pair + 1] << 4 | chosen[2 * pair];
  // One refused group and nothing is switched; mode 0 only asks.
  const switched = argument >>> 31 === 1 && !refused;
  return { status, highSpeed: switched ? chosen[0] === 1 : highSpeed };
}
