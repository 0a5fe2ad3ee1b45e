import { constant, type DeviceLog, type Register, type RegisterTable } from "@emu/core";
import { CTR, EPHSR, type Mac, RCR, TCR } from "./mac.ts";
import type { MacState } from "./mac_state.ts";
import type { Phy } from "./phy.ts";

/**
 * CONFIG and BASE as the EEPROM gives them at power-on. I/O base 0 instead of the chip's own default, 0x300: a board
 * with a chip select of its own programs it so, and Linux complains of any other (QEMU has 0 as well).
 */
export const CR_DEFAULT = 0xa0b1, BAR_DEFAULT = 0x0001;
export const CR = { EPH_POWER: 1 << 15 } as const;
const CTR_ACTION = { EEPROM_SELECT: 1 << 2, RELOAD: 1 << 1, STORE: 1 << 0 } as const;
const MGMT = { MDOE: 1 << 3, MCLK: 1 << 2, MDI: 1 << 1, MDO: 1 << 0 } as const;
/** Words of the EEPROM that hold the station address, for any setting of the IOS pins (datasheet 10). */
const EEPROM_IA = 0x20;

/** The content of a serial EEPROM of 64 words, programmed with an address. */
export function eepromOf(address: readonly number[]): Uint16Array {
  const words = new Uint16Array(64).fill(0xffff);
  words.set([CR_DEFAULT, BAR_DEFAULT]);
  words.set([0, 2, 4].map((i) => address[i] | address[i + 1] << 8), EEPROM_IA);
  return words;
}

export interface RegisterOptions {
  readonly s: MacState;
  readonly mac: Mac;
  readonly phy: Phy;
  readonly log: DeviceLog;
}

/** The registers by bank × 16 + offset, a row for each byte: most words have halves of different meaning. */
export function createRegisters({ s, mac, phy, log }: RegisterOptions): RegisterTable {
  const bytes = (name: string, at: number, array: () => Uint8Array): RegisterTable =>
    Object.fromEntries(
      Array.from(array(), (_, i) => [at + i, {
        name: `${name}${i}`,
        read: () => array()[i],
        write: (value: number) => void (array()[i] = value),
      }]),
    );
  const data = (offset: number): Register => ({
    name: "DATA",
    read() {
      const at = mac.pointed(offset);
      return at === undefined ? 0 : s.memory[at];
    },
    write(value) {
      const at = mac.pointed(offset);
      if (at !== undefined) s.memory[at] = value;
    },
  });
  const bankSelect = (bank: number): RegisterTable => ({
    [16 * bank + 14]: { name: "BANK", read: () => s.bank, write: (value) => void (s.bank = value & 7) },
    [16 * bank + 15]: ignoring(constant("BANK high", 0x33)),
  });

  return {
    ...Object.assign({}, ...[0, 1, 2, 3, 4, 5, 6, 7].map(bankSelect)),
    // Bank 0
    ...word("TCR", 0x00, () => s.tcr, writeTcr),
    ...word("EPH STATUS", 0x02, () => s.ephsr | (phy.linkUp() ? EPHSR.LINK_OK : 0)),
    ...word("RCR", 0x04, () => s.rcr, writeRcr),
    // Collisions and deferrals do not happen here.
    ...word("COUNTER", 0x06, () => 0),
    0x08: constant("MIR size", 4),
    0x09: { name: "MIR free", read: freePages },
    ...word("RPCR", 0x0a, () => s.rpcr, (value) => void (s.rpcr = value & 0x38fc)),
    ...reserved(0x0c, 2),
    // Bank 1
    ...word("CONFIG", 0x10, () => s.cr, (value) => void (s.cr = value)),
    ...word("BASE", 0x12, () => s.bar, (value) => void (s.bar = value)),
    ...bytes("IA", 0x14, () => s.ia),
    ...word("GPR", 0x1a, () => s.gpr, (value) => void (s.gpr = value)),
    ...word("CONTROL", 0x1c, () => s.ctr, writeCtr),
    // Bank 2
    0x20: { name: "MMUCR", read: () => 0, write: (value) => mac.command(value >> 5) },
    0x21: ignoring(constant("MMUCR high", 0)),
    0x22: { name: "PNR", read: () => s.pnr, write: (value) => void (s.pnr = value & 0x3f) },
    0x23: ignoring({ name: "ARR", read: () => s.arr }),
    0x24: ignoring({ name: "FIFO TX", read: () => s.txDone[0] ?? 0x80 }),
    0x25: ignoring({ name: "FIFO RX", read: () => s.rxQueue[0] ?? 0x80 }),
    ...word("PTR", 0x26, () => s.ptr, (value) => void (s.ptr = value & 0xf7ff)),
    ...Object.fromEntries([0, 1, 2, 3].map((i) => [0x28 + i, data(i)])),
    0x2c: { name: "IST", read: mac.interrupts, write: mac.acknowledge },
    0x2d: { name: "MSK", read: () => s.mask, write: (value) => void (s.mask = value) },
    // Bank 3
    ...bytes("MT", 0x30, () => s.multicast),
    ...word("MGMT", 0x38, () => s.mgmt | (phy.mdi() ? MGMT.MDI : 0), writeMgmt),
    ...word("REVISION", 0x3a, () => 0x3391),
    ...word("RCV", 0x3c, () => s.ercv, (value) => void (s.ercv = value & 0x1f)),
    // Bank 7: what is on the external nCSOUT, where there is nothing
    ...reserved(0x70, 8),
  };

  function writeTcr(value: number): void {
    s.tcr = value & 0xbd87;
    if (s.tcr & TCR.TXENA) s.txFailed = false; // so EPH INT is cleared (datasheet 8.14)
    mac.transmit();
  }

  function writeRcr(value: number): void {
    if (value & RCR.SOFT_RST) mac.softReset();
    else s.rcr = value & 0x6307;
  }

  function freePages(): number {
    let free = 0;
    for (let i = 0; i < 4; i++) if (!(s.allocated >> i & 1)) free++;
    return free;
  }

  function writeCtr(value: number): void {
    // Both actions are over before the guest can look.
    s.ctr = value & 0x48e4 | 0x1210; // reserved bits read as at reset
    if (!(s.ctr & CTR.LE_ENABLE)) s.linkChanged = false;
    const at = s.ptr & 0x3f;
    if (value & CTR_ACTION.EEPROM_SELECT) {
      if (value & CTR_ACTION.RELOAD) s.gpr = s.eeprom[at];
      else if (value & CTR_ACTION.STORE) s.eeprom[at] = s.gpr;
    } else if (value & CTR_ACTION.RELOAD) reload();
    else if (value & CTR_ACTION.STORE) s.eeprom.set([s.cr, s.bar]);
  }

  function reload(): void {
    s.cr = s.eeprom[0];
    s.bar = s.eeprom[1];
    for (let i = 0; i < 6; i++) s.ia[i] = s.eeprom[EEPROM_IA + (i >> 1)] >> 8 * (i & 1);
  }

  function writeMgmt(value: number): void {
    const rises = (value & ~s.mgmt & MGMT.MCLK) !== 0;
    s.mgmt = value & 0x400d | 0x3330;
    if (rises) phy.clock(value & MGMT.MDOE ? value & MGMT.MDO : undefined);
  }

  function word(
    name: string,
    at: number,
    read: () => number,
    write?: (value: number) => void,
  ): RegisterTable {
    const half = (shift: number): Register => ({
      name,
      read: () => read() >> shift & 0xff,
      write(value) {
        if (write) write(read() & ~(0xff << shift) | value << shift);
        else log.guestError(`write of read-only register ${name}`);
      },
    });
    return { [at]: half(0), [at + 1]: half(8) };
  }
}

function ignoring(row: Register): Register {
  return { ...row, write: () => {} };
}

function reserved(at: number, length: number): RegisterTable {
  return Object.fromEntries(Array.from({ length }, (_, i) => [at + i, ignoring(constant("reserved", 0))]));
}
