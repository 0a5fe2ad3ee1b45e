import { defineDevice, type InputEvent, NEVER, type Ps2Device, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { KEY_TYPE, KEYS } from "./scan_codes.ts";
import { sequence } from "./sequences.ts";

const COMMAND = {
  SET_LEDS: 0xed,
  ECHO: 0xee,
  SCAN_CODE_SET: 0xf0,
  IDENTIFY: 0xf2,
  SET_RATE: 0xf3,
  ENABLE: 0xf4,
  DISABLE: 0xf5,
  DEFAULTS: 0xf6,
  ALL_TYPEMATIC: 0xf7,
  ALL_BREAK: 0xf8,
  ALL_MAKE: 0xf9,
  ALL_TYPEMATIC_BREAK: 0xfa,
  KEY_TYPEMATIC: 0xfb,
  KEY_BREAK: 0xfc,
  KEY_MAKE: 0xfd,
  RESEND: 0xfe,
  RESET: 0xff,
} as const;
const REPLY = { PASSED: 0xaa, ACK: 0xfa, RESEND: 0xfe } as const;
const ID = [0xab, 0x83] as const;

/** Types in set 3 that a command gives to all keys, or to those it names. */
const TYPES: Readonly<Record<number, number>> = {
  [COMMAND.ALL_TYPEMATIC]: KEY_TYPE.REPEAT,
  [COMMAND.ALL_BREAK]: KEY_TYPE.BREAK,
  [COMMAND.ALL_MAKE]: KEY_TYPE.MAKE,
  [COMMAND.ALL_TYPEMATIC_BREAK]: KEY_TYPE.REPEAT | KEY_TYPE.BREAK,
  [COMMAND.KEY_TYPEMATIC]: KEY_TYPE.REPEAT,
  [COMMAND.KEY_BREAK]: KEY_TYPE.BREAK,
  [COMMAND.KEY_MAKE]: KEY_TYPE.MAKE,
};
/** Bytes of keys that the keyboard keeps; what comes then is lost, and an overrun code says so. */
const QUEUE = 16;
const MS = 1e6;

/** What power-on, reset and the two default commands set. */
function defaults() {
  const types = Array<number>(256).fill(KEY_TYPE.MAKE);
  for (const [, , set3, type] of Object.values(KEYS)) types[set3] = type;
  // 500 ms, then 10.9 times a second.
  return { leds: 0, set: 2, rate: 0x2b, types, scanning: true, keys: [] as number[], repeating: "" };
}

/**
 * PS/2 keyboard (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboards"). It answers at once,
 * the self-test included, and the one at power-on has passed unseen. Keys that the host's own keyboard repeats
 * are not taken twice: the repeats are this keyboard's, on virtual time.
 */
export default defineDevice(manifest, {
  size: 0,
  create(context) {
    const { clock } = context;
    let changed = () => {};
    const s = {
      ...defaults(),
      /** The command whose argument is awaited, or 0. */
      command: 0,
      /** Answers, which go before keys. */
      replies: [] as number[],
      /** The byte that went out last, for whoever has not understood it. */
      last: 0,
      /** Keys that are down, by name. */
      held: [] as string[],
      repeatAt: NEVER,
    };
    const alarm = clock.alarm(repeat);
    const device = registerDevice(context, { state: s, outputs, registers: {} });
    context.input.listen(input);

    const bus: Ps2Device = {
      write(byte) {
        // A new byte from the host cuts off the answer to the one before.
        s.replies = [];
        if (s.command !== 0 && byte < COMMAND.SET_LEDS) argument(byte);
        else command(byte);
        outputs();
      },
      pending: () => s.replies.length > 0 || s.keys.length > 0,
      read() {
        const byte = s.replies.shift() ?? s.keys.shift();
        if (byte !== undefined && byte !== REPLY.RESEND) s.last = byte;
        return byte;
      },
      connect: (listener) => void (changed = listener),
    };
    return { ...device, bus };

    function outputs(): void {
      alarm.at(s.repeating ? s.repeatAt : NEVER);
      changed();
    }

    function reply(...bytes: number[]): void {
      s.replies = bytes;
    }

    function command(byte: number): void {
      if (byte !== COMMAND.RESEND) s.command = 0;
      switch (byte) {
        case COMMAND.SET_LEDS:
        case COMMAND.SCAN_CODE_SET:
        case COMMAND.SET_RATE:
        case COMMAND.KEY_TYPEMATIC:
        case COMMAND.KEY_BREAK:
        case COMMAND.KEY_MAKE:
          s.command = byte;
          return reply(REPLY.ACK);
        case COMMAND.ECHO:
          return reply(COMMAND.ECHO);
        case COMMAND.IDENTIFY:
          return reply(REPLY.ACK, ...ID);
        case COMMAND.ENABLE:
          Object.assign(s, { scanning: true, keys: [], repeating: "" });
          return reply(REPLY.ACK);
        case COMMAND.DISABLE:
          Object.assign(s, defaults(), { scanning: false });
          return reply(REPLY.ACK);
        case COMMAND.DEFAULTS:
          Object.assign(s, defaults());
          return reply(REPLY.ACK);
        case COMMAND.ALL_TYPEMATIC:
        case COMMAND.ALL_BREAK:
        case COMMAND.ALL_MAKE:
        case COMMAND.ALL_TYPEMATIC_BREAK:
          s.types.fill(TYPES[byte]);
          return reply(REPLY.ACK);
        case COMMAND.RESEND:
          return reply(s.last);
        case COMMAND.RESET:
          Object.assign(s, defaults());
          return reply(REPLY.ACK, REPLY.PASSED);
        default:
          return reply(REPLY.RESEND);
      }
    }

    function argument(byte: number): void {
      const command = s.command;
      // Key types take a list of keys, which ends with the next command.
      if (command in TYPES) {
        s.types[byte] = TYPES[command];
        return reply(REPLY.ACK);
      }
      s.command = 0;
      if (command === COMMAND.SET_LEDS) s.leds = byte & 7;
      else if (command === COMMAND.SET_RATE) s.rate = byte & 0x7f;
      else if (byte === 0) return reply(REPLY.ACK, s.set);
      else if (byte <= 3) Object.assign(s, { set: byte, keys: [], repeating: "" });
      else return reply(REPLY.RESEND);
      reply(REPLY.ACK);
    }

    function input(event: InputEvent): void {
      if (event.kind !== "key" || !Object.hasOwn(KEYS, event.code)) return;
      const { code, down } = event;
      if (s.held.includes(code) === down) return;
      s.held = down ? [...s.held, code] : s.held.filter((name) => name !== code);
      if (scanning()) key(code, down);
      outputs();
    }

    /** While a list of keys is read, nothing is scanned. */
    function scanning(): boolean {
      return s.scanning && !(s.command in TYPES);
    }

    function key(code: string, down: boolean): void {
      const type = s.set === 3 ? s.types[KEYS[code][2]] : KEY_TYPE.REPEAT | KEY_TYPE.BREAK;
      if (down || type & KEY_TYPE.BREAK) enqueue(codes(code, down));
      if (down) {
        s.repeating = type & KEY_TYPE.REPEAT && code !== "Pause" ? code : "";
        s.repeatAt = clock.now() + ((s.rate >> 5) + 1) * 250 * MS;
      } else if (code === s.repeating) s.repeating = "";
    }

    function repeat(): void {
      const bytes = codes(s.repeating, true);
      // A repeat that finds no room is no loss.
      if (scanning() && s.keys.length + bytes.length <= QUEUE) s.keys.push(...bytes);
      // (8 + A) × 2^B × 4.17 ms, with A in bits 2:0 and B in bits 4:3.
      s.repeatAt = clock.now() + (8 + (s.rate & 7)) * 2 ** (s.rate >> 3 & 3) * 4.17 * MS;
      outputs();
    }

    function codes(code: string, down: boolean): readonly number[] {
      const isHeld = (name: string) => s.held.includes(`${name}Left`) || s.held.includes(`${name}Right`);
      return sequence(code, {
        set: s.set,
        down,
        shift: isHeld("Shift"),
        control: isHeld("Control"),
        alt: isHeld("Alt"),
      });
    }

    function enqueue(bytes: readonly number[]): void {
      const overrun = s.set === 1 ? 0xff : 0x00;
      if (s.keys.length + bytes.length <= QUEUE) s.keys.push(...bytes);
      else if (s.keys.at(-1) !== overrun) s.keys.push(overrun);
    }
  },
});
