import { oneWireCrc, type OneWireTarget } from "./one_wire.ts";

const ROM = { SEARCH: 0xf0, READ: 0x33, MATCH: 0x55, SKIP: 0xcc, ALARM_SEARCH: 0xec } as const;

/** Where a chip is in a transaction: part of its state. */
export interface OneWireRomState {
  /** What slots are for; "off": nothing until the next reset. */
  phase: "off" | "command" | "read" | "match" | "search" | "function";
  /** Slots of this phase. */
  slots: number;
  /** Bits of the current byte. */
  byte: number;
}

/** State until the first reset pulse. */
export function oneWireRomState(): OneWireRomState {
  return { phase: "off", slots: 0, byte: 0 };
}

/** What a chip with a ROM code does once it is addressed. */
export interface OneWireRomOptions {
  /** Its 8-bit family code. */
  readonly family: number;
  /** 48 bits. */
  readonly serial: number;
  /** The chip's part of its state, asked for at each use. */
  state(): OneWireRomState;
  /** Whether it takes part in an alarm search. */
  alarm?(): boolean;
  /** It has been addressed: the bytes that follow are its own. */
  begin(): void;
  /** A bit that the chip sends in this slot; undefined: it listens. */
  send(): number | undefined;
  /** A byte for the chip. */
  receive(byte: number): void;
}

/** The ROM layer of a 1-Wire chip: reset, search, match, skip (DS18B20 data sheet, 1-Wire bus system). */
export function oneWireRom(options: OneWireRomOptions): OneWireTarget {
  const { family, serial, state } = options;
  const rom = new Uint8Array(8);
  rom[0] = family;
  for (let i = 0; i < 6; i++) rom[1 + i] = Math.floor(serial / 2 ** (8 * i)) & 0xff;
  rom[7] = oneWireCrc(rom.subarray(0, 7));
  const romBit = (n: number) => rom[n >> 3] >> (n & 7) & 1;

  function enter(phase: OneWireRomState["phase"]): void {
    const s = state();
    s.phase = phase;
    s.slots = s.byte = 0;
    if (phase === "function") options.begin();
  }

  /** Collects a bit, least significant first; gives the byte with its last one. */
  function collect(bit: number): number | undefined {
    const s = state();
    s.byte |= bit << (s.slots & 7);
    s.slots++;
    if (s.slots & 7) return undefined;
    const { byte } = s;
    s.byte = 0;
    return byte;
  }

  function command(byte: number | undefined): void {
    switch (byte) {
      case undefined:
        return;
      case ROM.READ:
        return enter("read");
      case ROM.MATCH:
        return enter("match");
      case ROM.SKIP:
        return enter("function");
      case ROM.SEARCH:
        return enter("search");
      case ROM.ALARM_SEARCH:
        return enter(options.alarm?.() ? "search" : "off");
      default:
        enter("off");
    }
  }

  return {
    rom,
    reset() {
      enter("command");
      return true;
    },
    slot(bit) {
      const s = state();
      switch (s.phase) {
        case "command":
          command(collect(bit));
          return 1;
        case "read": {
          const level = romBit(s.slots);
          if (++s.slots === 64) enter("function");
          return level;
        }
        case "match":
          if (bit !== romBit(s.slots)) enter("off");
          else if (++s.slots === 64) enter("function");
          return 1;
        case "search": {
          // For each bit: the bit, its complement, and the master's choice.
          const n = Math.floor(s.slots / 3), step = s.slots % 3;
          if (step === 2 && bit !== romBit(n)) enter("off");
          else if (++s.slots === 3 * 64) enter("function");
          return step === 0 ? romBit(n) : step === 1 ? 1 - romBit(n) : 1;
        }
        case "function": {
          const level = options.send();
          if (level !== undefined) return level;
          const byte = collect(bit);
          if (byte !== undefined) options.receive(byte);
          return 1;
        }
        default:
          return 1;
      }
    },
  };
}
