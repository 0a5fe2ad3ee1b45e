import { type AudioSink, NEVER } from "@emu/core";
import { capacity, type ChannelState, framesToNews, slotsOf } from "./channel.ts";
import { codecState, dacRate, gains, readCodec, writeCodec } from "./lm4549.ts";

const MAINCR = {
  AACIFE: 1 << 0,
  LOOPBACK: 1 << 1,
  SL1RXEN: 1 << 3,
  SL1TXEN: 1 << 4,
  SL2RXEN: 1 << 5,
  SL2TXEN: 1 << 6,
  SL12TXEN: 1 << 8,
  /** Which codec slot 1 and 2 are for; there is the first only. */
  SCRA: 3 << 10,
} as const;
/** Slot 1: a read rather than a write (AC '97 2.3, 6.1.2.2). */
const READ = 1 << 19;

/** State of the link and of the codec. */
export function linkState() {
  return {
    maincr: 0,
    /** RESET bit 0; 0 holds the codec in reset. */
    nrst: 0,
    sl1tx: 0,
    sl2tx: 0,
    sl12tx: 0,
    sl1rx: 0,
    sl2rx: 0,
    /** Slot registers not yet sent, and received but not read: bits 0, 1, 2 for slots 1, 2, 12. */
    pending: 0,
    valid: 0,
    codec: codecState(),
    /** Virtual time up to which frames have passed; -1 while no FIFO takes part. */
    since: -1,
  };
}

export interface LinkState extends ReturnType<typeof linkState> {
  channels: ChannelState[];
}

export interface LinkOptions {
  readonly s: LinkState;
  readonly depth: number;
  readonly sink: AudioSink;
  now(): number;
}

/** The AC-link: moves frames between FIFOs and codec as time passes, and slot registers at once. */
export function createLink({ s, depth, sink, now }: LinkOptions) {
  function running(): boolean {
    if (!(s.maincr & MAINCR.AACIFE) || !s.nrst) return false;
    return s.channels.some((c) => slotsOf(c.txcr).length > 0 || slotsOf(c.rxcr).length > 0);
  }

  function frameTime(): number {
    return 1e9 / dacRate(s.codec);
  }

  /** Lets the frames pass that are due. */
  function advance(): void {
    if (!running()) {
      s.since = -1;
      return;
    }
    if (s.since < 0) s.since = now();
    // A frame is due when its time has come but for rounding: an alarm for it must find it so.
    const due = Math.floor((now() - s.since) / frameTime() + 1e-6);
    if (due <= 0) return;
    s.since += due * frameTime();
    // By then every FIFO is at its end and stays there.
    pass(Math.min(due, 2 * depth + 2));
  }

  function pass(frames: number): void {
    const senders = s.channels.map((c) => ({ c, slots: slotsOf(c.txcr), taken: 0 }))
      .filter(({ slots }) => slots.length > 0);
    const receivers = s.channels.map((c) => ({ c, slots: slotsOf(c.rxcr), room: capacity(c.rxcr, depth) }))
      .filter(({ slots }) => slots.length > 0);
    const loopback = (s.maincr & MAINCR.LOOPBACK) !== 0;
    const frame = new Int32Array(13);
    const samples: number[] = [];
    for (let i = 0; i < frames; i++) {
      frame.fill(0);
      let filled = 0;
      for (const sender of senders) {
        const { c, slots } = sender;
        if (c.tx.length - sender.taken < slots.length) c.underrun = true;
        else {
          for (const slot of slots) {
            frame[slot] = c.tx[sender.taken++];
            filled |= 1 << slot;
          }
        }
      }
      if (filled & 0b11000 && !loopback) samples.push(frame[3], frame[4]);
      if (filled & 0b10 && !loopback) command(frame[1], frame[2]);
      for (const { c, slots, room } of receivers) {
        // The ADC hears silence.
        for (const slot of slots) {
          if (c.rx.length < room) c.rx.push(loopback ? frame[slot] : 0);
          else c.overrun = true;
        }
      }
    }
    for (const { c, taken } of senders) c.tx.splice(0, taken);
    if (samples.length > 0) play(samples);
  }

  function play(samples: readonly number[]): void {
    const gain = gains(s.codec);
    sink.play(Int16Array.from(samples, (sample, i) => {
      const signed = sample << 12 >> 16; // the upper 16 of 20 bits
      return Math.max(-32768, Math.min(32767, Math.round(signed * gain[i & 1])));
    }));
  }

  /** What slots 1 and 2 say to the codec. */
  function command(slot1: number, slot2: number): void {
    if (!s.nrst || s.maincr & MAINCR.SCRA) return;
    const at = slot1 >> 12 & 0x7f;
    if (slot1 & READ) {
      if (s.maincr & MAINCR.SL1RXEN) {
        s.sl1rx = slot1 & 0x7_f000;
        s.valid |= 1;
      }
      if (s.maincr & MAINCR.SL2RXEN) {
        s.sl2rx = readCodec(s.codec, at) << 4;
        s.valid |= 2;
      }
    } else {
      const rate = dacRate(s.codec);
      writeCodec(s.codec, at, slot2 >> 4);
      if (dacRate(s.codec) !== rate) announceRate();
    }
  }

  function announceRate(): void {
    sink.format({ rate: dacRate(s.codec), channels: 2 });
  }

  /** Sends slot registers that are allowed to go. */
  function sendSlots(): void {
    if (!(s.maincr & MAINCR.AACIFE)) return;
    const allowed = (s.maincr & MAINCR.SL1TXEN ? 1 : 0) | (s.maincr & MAINCR.SL2TXEN ? 2 : 0) |
      (s.maincr & MAINCR.SL12TXEN ? 4 : 0);
    const going = s.pending & allowed;
    s.pending &= ~going;
    // The codec ignores a write whose slot 2 is not valid.
    if (going & 1 && (s.sl1tx & READ || allowed & 2)) command(s.sl1tx, s.sl2tx);
  }

  return {
    advance,
    announceRate,
    /** When a FIFO next has something to tell, or has samples enough to be heard. */
    news(): number {
      if (s.since < 0) return NEVER;
      return s.since + Math.min(...s.channels.map((c) => framesToNews(c, depth))) * frameTime();
    },
    write(slot: 1 | 2 | 12, value: number): void {
      if (slot === 1) s.sl1tx = value;
      else if (slot === 2) s.sl2tx = value;
      else s.sl12tx = value;
      s.pending |= slot === 12 ? 4 : slot;
      sendSlots();
    },
    written: (slot: 1 | 2 | 12) => slot === 1 ? s.sl1tx : slot === 2 ? s.sl2tx : s.sl12tx,
    take(slot: 1 | 2): number {
      s.valid &= ~slot;
      return slot === 1 ? s.sl1rx : s.sl2rx;
    },
    control(value: number): void {
      s.maincr = value & 0xfff;
      if (!(value & MAINCR.AACIFE)) {
        for (const c of s.channels) {
          c.rx = [];
          c.tx = [];
          c.overrun = c.underrun = false;
        }
        s.valid = s.pending = 0;
      }
      sendSlots();
    },
    reset(value: number): void {
      s.nrst = value & 1;
      if (s.nrst) return;
      s.codec = codecState();
      announceRate();
    },
  };
}
