import type { SdResponse } from "@emu/core";
import { BLOCK, cid, type Geometry, scr, sdStatus, switchStatus } from "./card_registers.ts";
import { AT, OCR, STATUS } from "./card_status.ts";
import type { Transfer, TransferState } from "./transfer.ts";

/** The state commands work on. */
export interface CommandState extends TransferState {
  app: boolean;
  rca: number;
  highSpeed: boolean;
  wide: boolean;
  eraseStart: number;
  eraseEnd: number;
}

export interface CommandOptions {
  readonly geometry: Geometry;
  readonly readOnly: boolean;
  readonly s: CommandState;
  readonly transfer: Transfer;
}

/** A command: in which states it is legal, and what it does and answers. */
interface Row {
  readonly at: readonly number[];
  run(argument: number): SdResponse | undefined;
}

const { IDLE, READY, IDENT, STBY, TRAN, DATA, RCV, PRG, DIS, INACTIVE } = AT;
const SELECTED = [TRAN], ADDRESSED = [STBY, TRAN, DATA, RCV, PRG, DIS];

/** The card's command interpreter (SD Physical Layer 4.7.4, 4.8). */
export function createCommands({ geometry, readOnly, s, transfer }: CommandOptions) {
  /** The command being answered: R1 shows the state it came in. */
  let index = 0, state = 0, asApp = false;

  const commands: Readonly<Record<number, Row>> = {
    0: { at: [IDLE, READY, IDENT, ...ADDRESSED], run: goIdle },
    2: { at: [READY], run: () => (s.state = IDENT, r2(cid())) },
    3: { at: [IDENT, STBY], run: newAddress },
    6: { at: SELECTED, run: switchFunction },
    7: { at: ADDRESSED, run: select },
    8: {
      at: [IDLE],
      run: (argument) => (argument >> 8 & 0xf) === 1 ? short(8, argument & 0xfff) : undefined,
    },
    9: { at: [STBY], run: (argument) => mine(argument) ? r2(s.csd) : undefined },
    10: { at: [STBY], run: (argument) => mine(argument) ? r2(cid()) : undefined },
    12: { at: [DATA, RCV], run: () => (transfer.stop(), r1()) },
    13: { at: ADDRESSED, run: (argument) => mine(argument) ? r1() : undefined },
    15: { at: ADDRESSED, run: (argument) => void (mine(argument) && (s.state = INACTIVE)) },
    16: { at: SELECTED, run: setBlockLength },
    17: { at: SELECTED, run: (argument) => readBlocks(argument, false) },
    18: { at: SELECTED, run: (argument) => readBlocks(argument, true) },
    24: { at: SELECTED, run: (argument) => writeBlocks(argument, false) },
    25: { at: SELECTED, run: (argument) => writeBlocks(argument, true) },
    27: { at: SELECTED, run: () => (transfer.receiveRegister("csd", 16), r1()) },
    ...(geometry.wpGroup > 0 && {
      28: { at: SELECTED, run: (argument: number) => protect(argument, true) },
      29: { at: SELECTED, run: (argument: number) => protect(argument, false) },
      30: { at: SELECTED, run: sendProtection },
    }),
    32: { at: SELECTED, run: (argument) => eraseBound("eraseStart", argument) },
    33: { at: SELECTED, run: (argument) => eraseBound("eraseEnd", argument) },
    38: { at: SELECTED, run: erase },
    55: { at: [IDLE, ...ADDRESSED], run: appCommand },
    56: { at: SELECTED, run: generalCommand },
  };

  const appCommands: Readonly<Record<number, Row>> = {
    6: { at: SELECTED, run: (argument) => (s.wide = (argument & 3) === 2, r1()) },
    13: { at: SELECTED, run: () => (transfer.sendRegister(sdStatus(s.wide)), r1()) },
    22: { at: SELECTED, run: () => (transfer.sendRegister(word(s.written)), r1()) },
    23: { at: SELECTED, run: () => r1() }, // a hint that an erase before writing pays; here it does not
    41: { at: [IDLE], run: sendOperatingConditions },
    42: { at: SELECTED, run: () => r1() }, // the pull-up on DAT3, which has no effect on data
    51: { at: SELECTED, run: () => (transfer.sendRegister(scr()), r1()) },
  };

  return function command(number: number, argument: number): SdResponse | undefined {
    if (s.state === INACTIVE) return undefined;
    asApp = s.app && number in appCommands;
    const row = asApp ? appCommands[number] : commands[number];
    index = number;
    state = s.state;
    s.app = false;
    if (!row || !row.at.includes(state)) {
      s.errors |= STATUS.ILLEGAL_COMMAND;
      return undefined;
    }
    // Between CMD32, CMD33 and CMD38 only CMD13 may come (4.3.5).
    if (s.eraseStart >= 0 && ![13, 32, 33, 38, 55].includes(number)) {
      s.eraseStart = s.eraseEnd = -1;
      s.errors |= STATUS.ERASE_RESET;
    }
    // ILLEGAL_COMMAND tells of the command before this one, even if this one's answer has no room for it.
    const told = s.errors & STATUS.ILLEGAL_COMMAND;
    const answer = row.run(argument);
    if (answer) s.errors &= ~told;
    return answer;
  };

  function r1(): SdResponse {
    const ready = transfer.busy() ? 0 : STATUS.READY_FOR_DATA;
    const status = s.errors | state << 9 | ready | (s.app || asApp ? STATUS.APP_CMD : 0);
    s.errors = 0;
    return short(index, status);
  }

  function mine(argument: number): boolean {
    return argument >>> 16 === s.rca;
  }

  function goIdle(): undefined {
    transfer.cancel();
    s.state = IDLE;
    s.errors = s.rca = 0;
    s.highSpeed = s.wide = false;
    s.blockLength = BLOCK;
    s.eraseStart = s.eraseEnd = -1;
  }

  function newAddress(): SdResponse {
    s.rca = s.rca + 0x4567 & 0xffff || 1;
    s.state = STBY;
    const status = s.errors | state << 9 | STATUS.READY_FOR_DATA;
    s.errors = 0;
    // R6 (4.9.5): bits 23, 22, 19 and 12:0 of the status.
    return short(3, s.rca << 16 | status >> 8 & 0xc000 | status >> 6 & 0x2000 | status & 0x1fff);
  }

  function switchFunction(argument: number): SdResponse {
    const { status, highSpeed } = switchStatus(argument, s.highSpeed);
    s.highSpeed = highSpeed;
    transfer.sendRegister(status);
    return r1();
  }

  function select(argument: number): SdResponse | undefined {
    if (mine(argument)) {
      if (state !== STBY && state !== DIS) return void (s.errors |= STATUS.ILLEGAL_COMMAND);
      s.state = state === DIS ? PRG : TRAN;
      return r1();
    }
    // Another card is meant: this one lets go, and does not answer.
    if (state === PRG) s.state = DIS;
    else if (state !== DIS) {
      if (state === DATA || state === RCV) transfer.cancel();
      s.state = STBY;
    }
  }

  function sendOperatingConditions(argument: number): SdResponse | undefined {
    const voltages = argument & OCR.VOLTAGES;
    const capacity = geometry.highCapacity ? OCR.CCS : 0;
    if ((argument & 0xff_ffff) === 0) return short(0x3f, OCR.VOLTAGES); // only asks
    if (voltages === 0) return void (s.state = INACTIVE);
    // A host that does not say it knows high capacity cards waits for ever (4.2.3).
    if (capacity !== 0 && !(argument & OCR.CCS)) return short(0x3f, OCR.VOLTAGES);
    s.state = READY;
    return short(0x3f, OCR.VOLTAGES | OCR.READY | capacity);
  }

  function appCommand(argument: number): SdResponse | undefined {
    if (state !== IDLE && !mine(argument)) return undefined;
    s.app = true;
    return r1();
  }

  function setBlockLength(argument: number): SdResponse {
    if (argument === 0 || argument > (geometry.highCapacity ? BLOCK : 1 << geometry.readBlLen)) {
      s.errors |= STATUS.BLOCK_LEN_ERROR;
    } else if (!geometry.highCapacity) s.blockLength = argument;
    return r1();
  }

  function bytesOf(argument: number): number {
    return geometry.highCapacity ? argument * BLOCK : argument;
  }

  function readBlocks(argument: number, multi: boolean): SdResponse {
    const at = bytesOf(argument), length = s.blockLength, unit = 1 << geometry.readBlLen;
    if (at + length > geometry.size) s.errors |= STATUS.OUT_OF_RANGE;
    else if (at % unit + length > unit) s.errors |= STATUS.ADDRESS_ERROR; // READ_BLK_MISALIGN is 0
    else {
      const response = r1();
      transfer.sendBlocks(at, multi);
      return response;
    }
    return r1();
  }

  function writeBlocks(argument: number, multi: boolean): SdResponse {
    const at = bytesOf(argument);
    if (s.blockLength !== BLOCK) s.errors |= STATUS.BLOCK_LEN_ERROR;
    else if (at + BLOCK > geometry.size) s.errors |= STATUS.OUT_OF_RANGE;
    else if (at % BLOCK !== 0) s.errors |= STATUS.ADDRESS_ERROR;
    else if (writeProtected() || transfer.isProtected(at)) s.errors |= STATUS.WP_VIOLATION;
    else transfer.receiveBlocks(at, multi);
    return r1();
  }

  /** The whole card: the medium, or PERM_ or TMP_WRITE_PROTECT of the CSD. */
  function writeProtected(): boolean {
    return readOnly || (s.csd[14] & 0x30) !== 0;
  }

  function protect(argument: number, on: boolean): SdResponse {
    if (argument >= geometry.size) s.errors |= STATUS.OUT_OF_RANGE;
    else {
      const group = Math.floor(argument / geometry.wpGroup), bit = 1 << (group & 7);
      if (on) s.protected[group >> 3] |= bit;
      else s.protected[group >> 3] &= ~bit;
    }
    return r1();
  }

  function sendProtection(argument: number): SdResponse {
    if (argument >= geometry.size) {
      s.errors |= STATUS.OUT_OF_RANGE;
      return r1();
    }
    const first = Math.floor(argument / geometry.wpGroup);
    let bits = 0;
    for (let i = 0; i < 32; i++) {
      const at = (first + i) * geometry.wpGroup;
      if (at < geometry.size && transfer.isProtected(at)) bits |= 1 << i;
    }
    transfer.sendRegister(word(bits));
    return r1();
  }

  function eraseBound(which: "eraseStart" | "eraseEnd", argument: number): SdResponse {
    const at = bytesOf(argument);
    if (which === "eraseEnd" && s.eraseStart < 0) s.errors |= STATUS.ERASE_SEQ_ERROR;
    else if (at >= geometry.size) {
      s.errors |= STATUS.OUT_OF_RANGE;
      s.eraseStart = s.eraseEnd = -1;
    } else s[which] = at - at % BLOCK;
    return r1();
  }

  function erase(): SdResponse {
    const { eraseStart: from, eraseEnd: last } = s;
    s.eraseStart = s.eraseEnd = -1;
    if (from < 0 || last < 0) s.errors |= STATUS.ERASE_SEQ_ERROR;
    else if (last < from) s.errors |= STATUS.ERASE_PARAM;
    else if (writeProtected()) s.errors |= STATUS.WP_VIOLATION;
    else {
      const step = geometry.wpGroup;
      let spared = false;
      for (let at = from; step > 0 && at < last + BLOCK; at = at - at % step + step) {
        spared ||= transfer.isProtected(at);
      }
      if (spared) s.errors |= STATUS.WP_ERASE_SKIP;
      const response = r1();
      transfer.erase(from, last + BLOCK);
      return response;
    }
    return r1();
  }

  function generalCommand(argument: number): SdResponse {
    // The vendor's own: zeros to read, and whatever is written is forgotten.
    if (argument & 1) transfer.sendRegister(new Uint8Array(BLOCK));
    else transfer.receiveRegister("discard", BLOCK);
    return r1();
  }
}

function short(index: number, content: number): SdResponse {
  return { index, bytes: word(content) };
}

function r2(register: Uint8Array): SdResponse {
  return { index: 0x3f, bytes: register.slice() };
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
