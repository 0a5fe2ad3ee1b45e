import type { BlockBackend } from "@emu/core";
import { BLOCK, type Geometry } from "./card_registers.ts";
import { AT, STATUS } from "./card_status.ts";
import { createMedium, mediumState, WINDOW } from "./medium.ts";

/** The part of the card's state that its data phases use. */
export function transferState() {
  return {
    blockLength: BLOCK,
    /** Where data of this phase comes from or goes to. */
    target: "none" as "none" | "medium" | "register" | "csd" | "discard",
    multi: false,
    /** Why no more data passes until CMD12: the medium ended, or there was an error. */
    halted: "" as "" | "end" | "error",
    /** Next byte of the medium to send. */
    address: 0,
    /** Bytes of the current block still to be sent; bytes gathered to be written. */
    count: 0,
    /** Content of a register on its way. */
    data: new Uint8Array(BLOCK),
    length: 0,
    /** Blocks written well by the last write command (ACMD22). */
    written: 0,
    medium: mediumState(),
  };
}

/** The state data phases work on. */
export interface TransferState extends ReturnType<typeof transferState> {
  state: number;
  errors: number;
  csd: Uint8Array;
  protected: Uint8Array;
}

export interface TransferOptions {
  readonly block: BlockBackend;
  readonly geometry: Geometry;
  readonly s: TransferState;
  /** Called when the medium has finished something. */
  changed(): void;
}

export type Transfer = ReturnType<typeof createTransfer>;

/** The card's data phases (SD Physical Layer 4.3.3, 4.3.4). */
export function createTransfer({ block, geometry, s, changed }: TransferOptions) {
  const medium = createMedium({ block, state: () => s.medium, spared: isProtected, done });

  function isProtected(at: number): boolean {
    if (geometry.wpGroup === 0) return false;
    const group = Math.floor(at / geometry.wpGroup);
    return (s.protected[group >> 3] >> (group & 7) & 1) !== 0;
  }

  function done(ok: boolean, op: string): void {
    if (!ok) {
      s.errors |= op === "load" ? STATUS.CARD_ECC_FAILED : STATUS.ERROR;
      s.halted = "error";
      if (op === "load" && !s.multi) s.state = AT.TRAN;
    }
    if (op === "store" && s.state === AT.RCV) continueWrite();
    if (s.state === AT.PRG) s.state = AT.TRAN;
    if (s.state === AT.DIS) s.state = AT.STBY;
    changed();
  }

  function direction(): "to-host" | "to-card" | undefined {
    if (s.halted !== "") return undefined;
    return s.state === AT.DATA ? "to-host" : s.state === AT.RCV ? "to-card" : undefined;
  }

  function begin(state: number, target: TransferState["target"], multi = false): void {
    s.state = state;
    s.target = target;
    s.multi = multi;
    s.halted = "";
    s.count = 0;
  }

  /** Sends the content of a register. */
  function sendRegister(content: Uint8Array): void {
    begin(AT.DATA, "register");
    s.data.set(content);
    s.length = content.length;
  }

  /** Takes the content of a register, or a block nobody wants. */
  function receiveRegister(target: "csd" | "discard", length: number): void {
    begin(AT.RCV, target);
    s.length = length;
  }

  function sendBlocks(address: number, multi: boolean): void {
    begin(AT.DATA, "medium", multi);
    s.address = address;
    s.count = s.blockLength;
    fetchBlock();
  }

  function receiveBlocks(address: number, multi: boolean): void {
    begin(AT.RCV, "medium", multi);
    s.medium.at = address;
    s.medium.valid = 0;
    s.written = 0;
  }

  function fetchBlock(): void {
    const { at, valid } = s.medium;
    if (s.address + s.count > geometry.size) s.halted = "end";
    else if (s.address < at || s.address + s.count > at + valid) {
      s.medium.valid = 0;
      medium.start("load", s.address, s.multi ? Math.min(WINDOW, geometry.size - s.address) : s.count);
    }
  }

  /** Only a host that goes on beyond the end meets the error: one that stops there has done nothing wrong. */
  function checkEnd(wanted: number): void {
    if (wanted > 0 && s.halted === "end") s.errors |= STATUS.OUT_OF_RANGE;
  }

  function read(into: Uint8Array): number {
    let done = 0;
    if (s.state === AT.DATA) checkEnd(into.length);
    while (done < into.length && direction() === "to-host" && s.medium.op === "none") {
      const registers = s.target === "register";
      const left = registers ? s.length - s.count : s.count;
      const n = Math.min(into.length - done, left);
      const from = registers ? s.count : s.address - s.medium.at;
      const source = registers ? s.data : s.medium.window;
      for (let i = 0; i < n; i++) into[done + i] = source[from + i]; // short pieces: a loop beats making views
      done += n;
      if (registers) s.count += n;
      else {
        s.count -= n;
        s.address += n;
      }
      if (n === left) endBlock();
    }
    return done;
  }

  function endBlock(): void {
    if (!s.multi) s.state = AT.TRAN;
    else {
      s.count = s.blockLength;
      fetchBlock();
    }
  }

  function write(from: Uint8Array): number {
    let done = 0;
    if (s.state === AT.RCV) checkEnd(from.length);
    while (done < from.length && direction() === "to-card" && s.medium.op === "none") {
      const registers = s.target !== "medium";
      const room = registers ? s.length - s.count : BLOCK - s.count % BLOCK;
      const n = Math.min(from.length - done, room);
      const target = registers ? s.data : s.medium.window;
      for (let i = 0; i < n; i++) target[s.count + i] = from[done + i];
      s.count += n;
      done += n;
      if (n < room) continue;
      if (registers) endRegister();
      else endWrittenBlock();
    }
    return done;
  }

  function endRegister(): void {
    if (s.target === "csd") programCsd();
    s.state = AT.TRAN;
  }

  function endWrittenBlock(): void {
    s.written++;
    const next = s.medium.at + s.count;
    if (!s.multi) program();
    else if (next >= geometry.size) s.halted = "end";
    else if (isProtected(next)) {
      s.errors |= STATUS.WP_VIOLATION;
      s.halted = "error";
    } else if (s.count === WINDOW) medium.start("store", s.medium.at, WINDOW);
  }

  /** The gathered blocks are on the medium: the write goes on after them. */
  function continueWrite(): void {
    s.medium.at += WINDOW;
    s.count = 0;
  }

  /** Writes what was gathered; the card is busy until it is done. */
  function program(): void {
    const whole = s.count - s.count % BLOCK;
    s.state = whole > 0 ? AT.PRG : AT.TRAN;
    if (whole > 0) medium.start("store", s.medium.at, whole);
  }

  function programCsd(): void {
    // Only COPY, PERM_ and TMP_WRITE_PROTECT may change; set COPY and PERM_WRITE_PROTECT stay set (5.3).
    const old = s.csd, next = s.data.slice(0, 16);
    const changedFixed = next.subarray(0, 14).some((byte, i) => byte !== old[i]) ||
      ((next[14] ^ old[14]) & 0x8f) !== 0 || (old[14] & ~next[14] & 0x60) !== 0;
    if (changedFixed) s.errors |= STATUS.CSD_OVERWRITE;
    else s.csd = next;
  }

  /** CMD12: ends the data phase. */
  function stop(): void {
    if (s.state === AT.RCV && s.target === "medium") {
      // What the window is being written with is not the last of it when the store is already under way.
      if (s.medium.op === "store") s.state = AT.PRG;
      else program();
    } else {
      if (s.medium.op === "load") medium.cancel();
      s.state = AT.TRAN;
    }
  }

  function erase(from: number, to: number): void {
    s.medium.valid = 0;
    s.state = AT.PRG;
    medium.start("erase", from, to - from);
  }

  const busy = () => s.medium.op === "store" || s.medium.op === "erase";

  return {
    sendRegister,
    receiveRegister,
    sendBlocks,
    receiveBlocks,
    read,
    write,
    stop,
    erase,
    busy,
    isProtected,
    direction,
    cancel: medium.cancel,
    resume: medium.resume,
  };
}
