import { defineDevice, type InputEvent, type Ps2Device, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const COMMAND = {
  SCALE_1: 0xe6,
  SCALE_2: 0xe7,
  RESOLUTION: 0xe8,
  STATUS: 0xe9,
  STREAM: 0xea,
  READ: 0xeb,
  END_WRAP: 0xec,
  WRAP: 0xee,
  REMOTE: 0xf0,
  IDENTIFY: 0xf2,
  RATE: 0xf3,
  ENABLE: 0xf4,
  DISABLE: 0xf5,
  DEFAULTS: 0xf6,
  RESEND: 0xfe,
  RESET: 0xff,
} as const;
const REPLY = { PASSED: 0xaa, ACK: 0xfa, RESEND: 0xfe } as const;
const RATES: readonly number[] = [10, 20, 40, 60, 80, 100, 200];
/** What a mouse calls itself: plain, with a wheel (IntelliMouse), with five buttons besides (Explorer). */
const TYPE = { PLAIN: 0, WHEEL: 3, EXPLORER: 4 } as const;
/** The last three sample rates that turn a mouse into a better one. */
const KNOCKS: Readonly<Record<string, number>> = { "200,100,80": TYPE.WHEEL, "200,200,80": TYPE.EXPLORER };
/** Bytes of packets that the mouse keeps; further motion adds up until there is room. */
const QUEUE = 16;
/** Farthest that motion adds up. */
const FAR = 2047;

/** What power-on, reset and the default command set. Motion starts anew. */
function defaults() {
  return {
    resolution: 2,
    rate: 100,
    doubled: false,
    remote: false,
    enabled: false,
    ...still(),
  };
}

function still() {
  return { dx: 0, dy: 0, dz: 0, packets: [] as number[][], sending: [] as number[] };
}

/**
 * PS/2 mouse with Microsoft's wheel and Explorer extensions (IBM Personal System/2 Hardware Interface Technical
 * Reference, "Auxiliary Device"; Microsoft, "Design Specifications for PS/2 Input Devices"). It answers at once,
 * the self-test included, and the one at power-on has passed unseen. Counts come from the host's pointer: the
 * resolution is only reported, and packets come as the pointer moves, whatever the sample rate.
 */
export default defineDevice(manifest, {
  size: 0,
  create(context) {
    let changed = () => {};
    const s = {
      ...defaults(),
      type: TYPE.PLAIN as number,
      knock: [] as number[],
      wrap: false,
      /** The command whose argument is awaited, or 0. */
      command: 0,
      /** Answers, which go before packets. */
      replies: [] as number[],
      /** The message that went out last, for whoever has not understood it. */
      sent: [] as number[],
      /** Bits 0 left, 1 right, 2 middle, 3 and 4 the side buttons. */
      buttons: 0,
    };
    const device = registerDevice(context, { state: s, outputs: () => changed(), registers: {} });
    context.input.listen(input);

    const bus: Ps2Device = {
      write(byte) {
        const { command } = s;
        if (byte !== COMMAND.RESEND) s.command = 0;
        // A new byte from the host cuts off the answer to the one before.
        s.replies = [];
        if (s.wrap && byte !== COMMAND.END_WRAP && byte !== COMMAND.RESET) answer(byte);
        else if (command !== 0 && byte < COMMAND.SCALE_1) argument(command, byte);
        else obey(byte);
        changed();
      },
      pending: () => s.replies.length + s.sending.length + s.packets.length > 0,
      read() {
        if (s.replies.length > 0) return s.replies.shift();
        if (s.sending.length === 0) {
          s.sending = s.packets.shift() ?? [];
          if (s.sending.length > 0) s.sent = [...s.sending];
          stream();
        }
        return s.sending.shift();
      },
      connect: (listener) => void (changed = listener),
    };
    return { ...device, bus };

    function answer(...bytes: number[]): void {
      s.replies = bytes;
      s.sent = [...bytes];
    }

    function obey(byte: number): void {
      const set = settings(byte);
      if (set) {
        Object.assign(s, set);
        return answer(REPLY.ACK);
      }
      switch (byte) {
        case COMMAND.RESOLUTION:
        case COMMAND.RATE:
          s.command = byte;
          return answer(REPLY.ACK);
        case COMMAND.STATUS:
          return answer(REPLY.ACK, status(), s.resolution, s.rate);
        case COMMAND.READ:
          return answer(REPLY.ACK, ...packet());
        case COMMAND.IDENTIFY:
          return answer(REPLY.ACK, s.type);
        case COMMAND.RESEND:
          s.replies = [...s.sent];
          return;
        case COMMAND.RESET:
          Object.assign(s, defaults(), { type: TYPE.PLAIN, knock: [], wrap: false });
          return answer(REPLY.ACK, REPLY.PASSED, TYPE.PLAIN);
        default:
          return answer(REPLY.RESEND);
      }
    }

    function argument(command: number, byte: number): void {
      if (command === COMMAND.RESOLUTION) {
        if (byte > 3) return answer(REPLY.RESEND);
        s.resolution = byte;
      } else {
        if (!RATES.includes(byte)) return answer(REPLY.RESEND);
        s.rate = byte;
        s.knock = [...s.knock, byte].slice(-3);
        s.type = KNOCKS[s.knock.join()] ?? s.type;
      }
      answer(REPLY.ACK);
    }

    function status(): number {
      const { buttons } = s;
      return (s.remote ? 0x40 : 0) | (s.enabled ? 0x20 : 0) | (s.doubled ? 0x10 : 0) |
        (buttons & 1) << 2 | (buttons & 4) >> 1 | (buttons & 2) >> 1;
    }

    function input(event: InputEvent): void {
      if (event.kind !== "pointer") return;
      const buttons = event.buttons & 0x1f;
      const pressed = buttons !== s.buttons;
      s.buttons = buttons;
      if (!s.enabled && !s.remote) return;
      s.dx = clamp(s.dx + Math.trunc(event.dx), FAR);
      s.dy = clamp(s.dy - Math.trunc(event.dy), FAR);
      s.dz = clamp(s.dz + Math.trunc(event.wheel), FAR);
      if (pressed && streaming()) enqueue();
      stream();
      changed();
    }

    function streaming(): boolean {
      return s.enabled && !s.remote && !s.wrap;
    }

    /** Sends what motion there is and room for. */
    function stream(): void {
      while (streaming() && (s.dx || s.dy || s.type !== TYPE.PLAIN && s.dz) && enqueue());
    }

    function enqueue(): boolean {
      const waiting = s.packets.reduce((sum, { length }) => sum + length, 0);
      if (waiting + 4 > QUEUE) return false;
      s.packets.push(packet(s.doubled));
      return true;
    }

    /** Takes motion and buttons into a packet; motion too far for one is left for the next. */
    function packet(doubled = false): number[] {
      // Doubled counts have to fit nine bits with their sign as well.
      const most = doubled ? 127 : 255;
      const dx = take("dx", most), dy = take("dy", most);
      const x = doubled ? double(dx) : dx, y = doubled ? double(dy) : dy;
      const bytes = [
        8 | s.buttons & 7 | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0),
        x & 0xff,
        y & 0xff,
      ];
      if (s.type === TYPE.WHEEL) bytes.push(take("dz", 127) & 0xff);
      if (s.type === TYPE.EXPLORER) bytes.push(take("dz", 7) & 0xf | (s.buttons & 0x18) << 1);
      return bytes;
    }

    function take(axis: "dx" | "dy" | "dz", most: number): number {
      const count = clamp(s[axis], most);
      s[axis] -= count;
      return count;
    }
  },
});

/** What a command without argument or answer sets. */
function settings(byte: number): object | undefined {
  switch (byte) {
    case COMMAND.SCALE_1:
      return { doubled: false };
    case COMMAND.SCALE_2:
      return { doubled: true };
    case COMMAND.STREAM:
      return { remote: false, ...still() };
    case COMMAND.END_WRAP:
      return { wrap: false };
    case COMMAND.WRAP:
      return { wrap: true, ...still() };
    case COMMAND.REMOTE:
      return { remote: true, ...still() };
    case COMMAND.ENABLE:
      return { enabled: true, ...still() };
    case COMMAND.DISABLE:
      return { enabled: false, ...still() };
    case COMMAND.DEFAULTS:
      return defaults();
  }
}

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}

/** Scaling 2:1: small motions stay precise, large ones are doubled. */
function double(count: number): number {
  const size = Math.abs(count);
  return Math.sign(count) * ([0, 1, 1, 3, 6, 9][size] ?? 2 * size);
}
