import { BUFFER_WORDS, CHIP_BLOCK } from "./cfi_query.ts";

/** Status register (28FxxxJ3 datasheet, table 17). */
export const SR = {
  READY: 1 << 7,
  ERASE_SUSPENDED: 1 << 6,
  ERASE: 1 << 5,
  PROGRAM: 1 << 4,
  VPP: 1 << 3,
  LOCKED: 1 << 1,
} as const;

/** How long a block erase keeps the chip busy, in nanoseconds: shorter than the second a real one takes. */
const ERASE_TIME = 1e6;
const BLOCK_WORDS = CHIP_BLOCK / 2;

/** The whole state of one chip but for its cells. */
export function chipState(blocks: number) {
  return {
    /** What reads see. */
    mode: "array" as "array" | "identifier" | "query" | "status",
    /** What the next write is. */
    step: "command" as
      | "command"
      | "program"
      | "buffer count"
      | "buffer data"
      | "buffer confirm"
      | "erase confirm"
      | "lock"
      | "protection"
      | "configuration",
    /** Error bits of the status register. */
    errors: 0,
    /** Virtual time at which an erase is done. */
    busyUntil: 0,
    /** What was left of a suspended erase; -1: none. */
    suspended: -1,
    /** The write buffer: addresses in words, values, and how many are still to come. */
    addresses: new Uint32Array(BUFFER_WORDS),
    values: new Uint16Array(BUFFER_WORDS),
    filled: 0,
    missing: 0,
    /** Lock bit of each block. Not volatile: a reset keeps them. */
    locks: new Uint8Array(blocks),
  };
}

export type ChipState = ReturnType<typeof chipState>;

/** What a chip is built around. Addresses are the chip's own, in 16-bit words. */
export interface ChipOptions {
  state(): ChipState;
  now(): number;
  /** Whether cells may change, as far as the pins say. */
  powered(): boolean;
  readonly readOnly: boolean;
  /** The content is still being loaded. */
  loading(): boolean;
  cell(address: number): number;
  setCell(address: number, value: number): void;
  eraseBlock(block: number): void;
  readonly identifier: readonly [number, number];
  readonly query: Uint8Array;
  guestError(message: string): void;
}

export type Chip = ReturnType<typeof createChip>;

/** One 16-bit StrataFlash chip: the write state machine of the Intel basic command set 0001. */
export function createChip(options: ChipOptions) {
  const { state, now, guestError } = options;

  function busy(): boolean {
    return now() < state().busyUntil;
  }

  function status(): number {
    if (busy()) return 0;
    const c = state();
    return SR.READY | c.errors | (c.suspended >= 0 ? SR.ERASE_SUSPENDED : 0);
  }

  function read(address: number): number {
    const c = state();
    if (c.mode === "array") return options.cell(address);
    if (c.mode === "status") return status();
    const word = address % BLOCK_WORDS;
    if (c.mode === "query" && word >= 0x10) return options.query[word - 0x10] ?? 0;
    if (word < 2) return options.identifier[word];
    return word === 2 ? c.locks[Math.floor(address / BLOCK_WORDS)] : 0;
  }

  function write(address: number, value: number): void {
    const c = state();
    const step = c.step;
    c.step = "command";
    if (step === "command") command(address, value & 0xff);
    else if (step === "program") {
      if (allowed(address, SR.PROGRAM)) program(address, value);
    } else if (step === "buffer count") beginBuffer(value & 0xff);
    else if (step === "buffer data") fillBuffer(address, value);
    else if (step === "buffer confirm") {
      if ((value & 0xff) === 0xd0) programBuffer();
      else wrongSequence();
    } else if (step === "erase confirm") {
      if ((value & 0xff) === 0xd0) erase(address);
      else wrongSequence();
    } else if (step === "lock") lock(address, value & 0xff);
    else if (step === "protection") c.errors |= SR.PROGRAM | SR.LOCKED;
    // What remains is the configuration of the STS pin, which leads nowhere.
  }

  function command(address: number, code: number): void {
    const c = state();
    if (busy() && code !== 0xb0 && code !== 0x70) {
      guestError(`command 0x${code.toString(16)} at word 0x${address.toString(16)} while busy`);
      return;
    }
    switch (code) {
      case 0xff:
        c.mode = "array";
        break;
      case 0x90:
        c.mode = "identifier";
        break;
      case 0x98:
        c.mode = "query";
        break;
      case 0x70:
        c.mode = "status";
        break;
      case 0x50:
        c.errors = 0;
        break;
      case 0x10:
      case 0x40:
        begin("program");
        break;
      case 0xe8:
        begin("buffer count");
        break;
      case 0x20:
        begin("erase confirm");
        break;
      case 0x60:
        begin("lock");
        break;
      case 0xc0:
        begin("protection");
        break;
      case 0xb8:
        c.step = "configuration";
        break;
      case 0xb0:
        suspend();
        break;
      case 0xd0:
        resume();
        break;
      case 0x00: // what a lane gets when the other one is meant
      case 0xf0: // another family's way back to the array, which probing software tries
        break;
      default:
        guestError(`unknown command 0x${code.toString(16)} at word 0x${address.toString(16)}`);
    }
  }

  function begin(step: ChipState["step"]): void {
    state().step = step;
    state().mode = "status";
  }

  function wrongSequence(): void {
    state().errors |= SR.PROGRAM | SR.ERASE;
  }

  /** Whether cells at an address may change; says in the status register why not. */
  function allowed(address: number, error: number): boolean {
    const c = state();
    const reason = !options.powered() || options.loading()
      ? SR.VPP
      : options.readOnly || c.locks[Math.floor(address / BLOCK_WORDS)]
      ? SR.LOCKED
      : 0;
    if (reason !== 0) c.errors |= error | reason;
    return reason === 0;
  }

  /** Programming clears bits; only an erase sets them. */
  function program(address: number, value: number): void {
    options.setCell(address, options.cell(address) & value);
  }

  function beginBuffer(count: number): void {
    const c = state();
    if (count >= BUFFER_WORDS) return wrongSequence();
    c.filled = 0;
    c.missing = count + 1;
    c.step = "buffer data";
  }

  function fillBuffer(address: number, value: number): void {
    const c = state();
    c.addresses[c.filled] = address;
    c.values[c.filled++] = value;
    c.step = --c.missing > 0 ? "buffer data" : "buffer confirm";
  }

  function programBuffer(): void {
    const c = state();
    const block = Math.floor(c.addresses[0] / BLOCK_WORDS);
    const inside = c.addresses.subarray(0, c.filled).every((at) => Math.floor(at / BLOCK_WORDS) === block);
    if (!inside) return wrongSequence();
    if (!allowed(c.addresses[0], SR.PROGRAM)) return;
    for (let i = 0; i < c.filled; i++) program(c.addresses[i], c.values[i]);
  }

  function erase(address: number): void {
    if (state().suspended >= 0) return wrongSequence(); // one erase at a time
    if (!allowed(address, SR.ERASE)) return;
    options.eraseBlock(Math.floor(address / BLOCK_WORDS));
    state().busyUntil = now() + ERASE_TIME;
  }

  function lock(address: number, code: number): void {
    const c = state();
    if (code !== 0x01 && code !== 0xd0) return wrongSequence();
    if (!options.powered()) {
      c.errors |= SR.VPP | (code === 0x01 ? SR.PROGRAM : SR.ERASE);
    } else if (code === 0x01) c.locks[Math.floor(address / BLOCK_WORDS)] = 1;
    else c.locks.fill(0);
  }

  function suspend(): void {
    const c = state();
    c.mode = "status";
    if (!busy()) return;
    c.suspended = c.busyUntil - now();
    c.busyUntil = 0;
  }

  function resume(): void {
    const c = state();
    c.mode = "status";
    if (c.suspended < 0) return;
    c.busyUntil = now() + c.suspended;
    c.suspended = -1;
  }

  return { read, write };
}
