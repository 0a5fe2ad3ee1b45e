import {
  addressKind,
  checkSequence,
  MIN_FRAME,
  multicastHash,
  PAGE,
  receivedLength,
  sentFrame,
  storeReceived,
} from "./frame.ts";
import { type MacState, macState } from "./mac_state.ts";
import type { Phy } from "./phy.ts";

export const TCR = {
  EPH_LOOP: 1 << 13,
  FDUPLX: 1 << 11,
  MON_CSN: 1 << 10,
  NOCRC: 1 << 8,
  PAD_EN: 1 << 7,
  FORCOL: 1 << 2,
  LOOP: 1 << 1,
  TXENA: 1 << 0,
} as const;
export const RCR = {
  SOFT_RST: 1 << 15,
  STRIP_CRC: 1 << 9,
  RXEN: 1 << 8,
  ALMUL: 1 << 2,
  PRMS: 1 << 1,
  RX_ABORT: 1 << 0,
} as const;
export const EPHSR = {
  TX_UNRN: 1 << 15,
  LINK_OK: 1 << 14,
  LOST_CARR: 1 << 10,
  LATCOL: 1 << 9,
  LTX_BRD: 1 << 6,
  LTX_MULT: 1 << 3,
  TX_SUC: 1 << 0,
} as const;
export const CTR = { AUTO_RELEASE: 1 << 11, LE_ENABLE: 1 << 7, TE_ENABLE: 1 << 5 } as const;
export const INT = {
  MDINT: 0x80,
  ERCV: 0x40,
  EPH: 0x20,
  RX_OVRN: 0x10,
  ALLOC: 0x08,
  TX_EMPTY: 0x04,
  TX: 0x02,
  RCV: 0x01,
} as const;
const PAGES = 4, ALL_PAGES = 0b1111;

export interface MacOptions {
  readonly s: MacState;
  readonly phy: Phy;
  send(frame: Uint8Array): void;
  powered(): boolean;
}

export type Mac = ReturnType<typeof createMac>;

/** Packet memory, its MMU, and the way of frames in and out (datasheet 8.2, 8.3). */
export function createMac({ s, phy, send, powered }: MacOptions) {
  function page(number: number): Uint8Array {
    const at = PAGE * (number & 3);
    return s.memory.subarray(at, at + PAGE);
  }

  function allocate(): number | undefined {
    if (s.allocated === ALL_PAGES) return undefined;
    let free = 0;
    while (s.allocated >> free & 1) free++;
    s.allocated |= 1 << free;
    return free;
  }

  function allocateForTx(): void {
    const free = allocate();
    s.allocating = free === undefined;
    s.arr = free ?? 0x80;
    if (free !== undefined) s.latched |= INT.ALLOC;
  }

  function release(number: number): void {
    s.allocated &= ~(1 << (number & 3));
    if (s.allocating) allocateForTx();
  }

  function resetMmu(): void {
    s.allocated = 0;
    s.allocating = false;
    s.arr = 0x80;
    s.latched &= ~INT.ALLOC;
    s.txQueue = [];
    s.txDone = [];
    s.rxQueue = [];
  }

  /** MMU commands, by bits 7:5 of MMUCR (datasheet 8.13). */
  function command(operation: number): void {
    if (operation === 1) {
      s.latched &= ~INT.ALLOC;
      allocateForTx();
    } else if (operation === 2) resetMmu();
    else if (operation === 3) s.rxQueue.shift();
    else if (operation === 4) {
      const done = s.rxQueue.shift();
      if (done !== undefined) release(done);
    } else if (operation === 5) release(s.pnr);
    else if (operation === 6) {
      if (s.txQueue.length < PAGES) s.txQueue.push(s.pnr & 3);
      transmit();
    } else if (operation === 7) {
      s.txQueue = [];
      s.txDone = [];
    }
  }

  /** Sends what is queued while the transmitter is on. */
  function transmit(): void {
    while (s.tcr & TCR.TXENA && powered() && s.txQueue.length > 0) {
      const number = s.txQueue.shift()!;
      const status = transmitPage(page(number));
      s.ephsr = status;
      const shown = status | (phy.linkUp() ? EPHSR.LINK_OK : 0);
      page(number).set([shown, shown >> 8]);
      const good = (status & EPHSR.TX_SUC) !== 0;
      if (!good) {
        s.tcr &= ~TCR.TXENA;
        s.txFailed = true;
      }
      if (good && s.ctr & CTR.AUTO_RELEASE) release(number);
      else if (s.txDone.length < PAGES) s.txDone.push(number);
    }
    if (s.txQueue.length === 0) s.latched |= INT.TX_EMPTY;
  }

  function transmitPage(packet: Uint8Array): number {
    const sent = sentFrame(packet);
    if (!sent) return EPHSR.TX_UNRN;
    if (s.tcr & TCR.FORCOL) return EPHSR.LATCOL;
    const internal = (s.tcr & TCR.EPH_LOOP) !== 0;
    if (s.tcr & TCR.MON_CSN && !internal && !phy.linkUp()) return EPHSR.LOST_CARR;
    const frame = onTheWire(sent.frame, sent.ownCrc);
    if (frame) {
      if (internal) accept(frame);
      else if (s.tcr & TCR.LOOP || phy.loopback()) {
        // Own frames are heard through the PHY only in full duplex (TCR).
        if (s.tcr & TCR.FDUPLX) accept(frame);
      } else send(frame);
    }
    const kind = addressKind(sent.frame);
    return EPHSR.TX_SUC | (kind === "broadcast" ? EPHSR.LTX_BRD : kind === "multicast" ? EPHSR.LTX_MULT : 0);
  }

  /** The frame others hear, without its check sequence; undefined if that is wrong. */
  function onTheWire(data: Uint8Array, ownCrc: boolean): Uint8Array | undefined {
    let frame = data;
    if (s.tcr & TCR.PAD_EN && frame.length < MIN_FRAME) {
      frame = new Uint8Array(MIN_FRAME);
      frame.set(data);
    }
    if (!(s.tcr & TCR.NOCRC) || !ownCrc) return frame;
    if (frame.length < 4) return undefined;
    const content = frame.subarray(0, -4);
    const given = new DataView(frame.buffer, frame.byteOffset).getUint32(content.length, true);
    return given === checkSequence(content) ? content : undefined;
  }

  function listening(): boolean {
    return (s.rcr & RCR.RXEN) !== 0 && !(s.rcr & RCR.SOFT_RST) && powered();
  }

  function wanted(frame: Uint8Array): boolean {
    if (s.rcr & RCR.PRMS) return true;
    const kind = addressKind(frame);
    if (kind === "broadcast") return true;
    if (kind === "unicast") return s.ia.every((byte, i) => byte === frame[i]);
    const hash = multicastHash(frame.subarray(0, 6));
    return (s.rcr & RCR.ALMUL) !== 0 || (s.multicast[hash >> 3] >> (hash & 7) & 1) !== 0;
  }

  function accept(frame: Uint8Array): void {
    if (!listening() || !wanted(frame)) return;
    const withCrc = !(s.rcr & RCR.STRIP_CRC);
    if (receivedLength(frame.length, withCrc) + 6 > PAGE) {
      s.rcr |= RCR.RX_ABORT;
      return;
    }
    const number = s.rxQueue.length < PAGES ? allocate() : undefined;
    if (number === undefined) {
      s.latched |= INT.RX_OVRN;
      return;
    }
    storeReceived(page(number), frame, withCrc);
    s.rxQueue.push(number);
  }

  /** The byte of packet memory the pointer is at; without auto-increment, the access's offset counts. */
  function pointed(offset: number): number | undefined {
    const number = s.ptr & 0x8000 ? s.rxQueue[0] : s.pnr & 3;
    const at = s.ptr & 0x7ff;
    const auto = (s.ptr & 0x4000) !== 0;
    if (auto) s.ptr = s.ptr & 0xf800 | at + 1 & 0x7ff;
    return number === undefined ? undefined : PAGE * number + (auto ? at : at + offset & 0x7ff);
  }

  function interrupts(): number {
    const eph = s.ctr & CTR.LE_ENABLE && s.linkChanged || s.ctr & CTR.TE_ENABLE && s.txFailed;
    return s.latched | (eph ? INT.EPH : 0) | (s.txQueue.length === 0 ? INT.TX_EMPTY : 0) |
      (s.txDone.length > 0 ? INT.TX : 0) | (s.rxQueue.length > 0 ? INT.RCV : 0);
  }

  return {
    command,
    transmit,
    receive: accept,
    interrupts,
    /** A frame would not be lost; one that nobody listens to is not. */
    canReceive: () => !listening() || (s.allocated !== ALL_PAGES && s.rxQueue.length < PAGES),
    softReset: () => void Object.assign(s, macState(), { rcr: RCR.SOFT_RST }),
    acknowledge(causes: number): void {
      s.latched &= ~(causes & (INT.MDINT | INT.ERCV | INT.RX_OVRN | INT.TX_EMPTY));
      if (causes & INT.TX) s.txDone.shift();
    },
    /** What the PHY has seen of the cable. */
    noticed(link: boolean, interrupt: boolean): void {
      if (link) s.linkChanged = true;
      if (interrupt) s.latched |= INT.MDINT;
    },
    pointed,
    /** Reads `size` bytes of packet memory, little-endian, through the data register's byte `offset`. */
    readData(offset: number, size: number): number {
      let value = 0;
      for (let i = 0; i < size; i++) {
        const at = pointed(offset + i);
        if (at !== undefined) value |= s.memory[at] << 8 * i;
      }
      return value >>> 0;
    },
    writeData(offset: number, size: number, value: number): void {
      for (let i = 0; i < size; i++) {
        const at = pointed(offset + i);
        if (at !== undefined) s.memory[at] = value >>> 8 * i;
      }
    },
  };
}
