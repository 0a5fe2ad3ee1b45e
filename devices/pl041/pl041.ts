import {
  constant,
  defineDevice,
  identity,
  type Register,
  registerDevice,
  type RegisterTable,
  stored,
} from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { channelState, interrupts, popWord, pushWord, status } from "./channel.ts";
import { createLink, linkState } from "./link.ts";

/** Slot flags. Slots pass at once, so nothing is ever busy, and what was written is gone unless it may not go. */
const SLFR = {
  SL1RXVALID: 1 << 6,
  SL1TXEMPTY: 1 << 7,
  SL2RXVALID: 1 << 8,
  SL2TXEMPTY: 1 << 9,
  SL12RXVALID: 1 << 10,
  SL12TXEMPTY: 1 << 11,
} as const;
/** Flags in the order of their bits in SLISTAT and SLIEN. */
const SLOT_INTERRUPTS = [
  SLFR.SL1RXVALID,
  SLFR.SL1TXEMPTY,
  SLFR.SL2RXVALID,
  SLFR.SL2TXEMPTY,
  SLFR.SL12RXVALID,
  SLFR.SL12TXEMPTY,
] as const;
/** PeriphID3 bits 5:3, by FIFO depth. */
const DEPTH_CODES: Readonly<Record<number, number>> = { 8: 0, 32: 1, 64: 2, 128: 3, 256: 4, 512: 5, 1024: 6 };
const CHANNEL = 0x14, DATA = 0x090, DATA_SIZE = 0x20;

/** Arm PrimeCell advanced audio codec interface (DDI 0173) and the LM4549 at its link. */
export default defineDevice(manifest, {
  size: 0x1000,
  outputs: ["irq"],
  create(context) {
    const { clock, log, out, properties } = context;
    const { fifoDepth: depth } = properties;
    const s = {
      channels: Array.from({ length: properties.channels }, channelState),
      slien: 0,
      sync: 0,
      ...linkState(),
    };
    const sink = context.audio(properties.audio, { rate: 48_000, channels: 2 });
    const link = createLink({ s, depth, sink, now: () => clock.now() });
    const alarm = clock.alarm(outputs);

    const device = registerDevice(context, {
      state: s,
      outputs,
      registers: {
        ...Object.assign({}, ...s.channels.map((_, i) => channelRows(i))),
        0x050: received("SL1RX", 1),
        0x054: sent("SL1TX", 1),
        0x058: received("SL2RX", 2),
        0x05c: sent("SL2TX", 2),
        0x060: received("SL12RX", 12),
        0x064: sent("SL12TX", 12),
        0x068: { name: "SLFR", read: slotFlags },
        0x06c: { name: "SLISTAT", read: slotInterrupts },
        0x070: stored(s, "slien", 0x1ff),
        0x074: { name: "INTCLR", write: clear },
        0x078: { name: "MAINCR", read: () => s.maincr, write: link.control },
        0x07c: { name: "RESET", read: () => s.nrst, write: link.reset },
        0x080: stored(s, "sync", 1),
        0x084: { name: "ALLINTS", read: allInterrupts },
        0x088: { name: "MAINFR", read: busy },
        ...identity(0xfe0, [
          0x41,
          0x10,
          0x04,
          DEPTH_CODES[depth] << 3 | properties.channels & 3,
          0x0d,
          0xf0,
          0x05,
          0xb1,
        ]),
      },
      onRestore: link.announceRate,
      onReset: link.announceRate,
    });
    return {
      ...device,
      read(offset, size) {
        link.advance();
        return device.read(offset, size);
      },
      write(offset, size, value) {
        link.advance();
        device.write(offset, size, value);
      },
    };

    function outputs(): void {
      link.advance();
      alarm.at(link.news());
      out.irq(slotInterrupts() !== 0 || s.channels.some((c) => interrupts(c, depth) !== 0));
    }

    function channelRows(i: number): RegisterTable {
      const at = CHANNEL * i, channel = () => s.channels[i];
      const control = (name: "rxcr" | "txcr" | "ie", mask: number): Register => ({
        name: `${name.toUpperCase()}${i + 1}`,
        read: () => channel()[name],
        write: (value) => void (channel()[name] = value & mask),
      });
      const data: Register = {
        name: `DR${i + 1}`,
        read() {
          const word = popWord(channel());
          if (word === undefined) log.guestError(`read of empty FIFO ${i + 1}`);
          return word ?? 0;
        },
        write(value) {
          if (!pushWord(channel(), depth, value)) log.guestError(`write of full FIFO ${i + 1}`);
          else channel().underrun = false;
        },
      };
      return {
        [at]: control("rxcr", 0x1fff_ffff),
        [at + 4]: control("txcr", 0x1_ffff),
        [at + 8]: { name: `SR${i + 1}`, read: () => status(channel(), depth) },
        [at + 12]: { name: `ISR${i + 1}`, read: () => interrupts(channel(), depth) },
        [at + 16]: control("ie", 0x7f),
        ...Object.fromEntries(
          Array.from({ length: 8 }, (_, word) => [DATA + DATA_SIZE * i + 4 * word, data]),
        ),
      };
    }

    function received(name: string, slot: 1 | 2 | 12): Register {
      if (slot === 12) return constant(name, 0); // the codec has nothing to say there
      return { name, read: () => link.take(slot) };
    }

    function sent(name: string, slot: 1 | 2 | 12): Register {
      return { name, read: () => link.written(slot), write: (value) => link.write(slot, value & 0xf_ffff) };
    }

    function slotFlags(): number {
      return (s.valid & 1 ? SLFR.SL1RXVALID : 0) | (s.valid & 2 ? SLFR.SL2RXVALID : 0) |
        (s.pending & 1 ? 0 : SLFR.SL1TXEMPTY) | (s.pending & 2 ? 0 : SLFR.SL2TXEMPTY) |
        (s.pending & 4 ? 0 : SLFR.SL12TXEMPTY);
    }

    function slotInterrupts(): number {
      const flags = slotFlags();
      return SLOT_INTERRUPTS.reduce((bits, flag, i) => flags & flag ? bits | 1 << i : bits, 0) & s.slien;
    }

    function clear(value: number): void {
      s.channels.forEach((channel, i) => {
        if (value >> 1 + i & 1) channel.overrun = false;
        if (value >> 5 + i & 1) channel.underrun = false;
      });
    }

    function allInterrupts(): number {
      return s.channels.reduce((bits, channel, i) => bits | interrupts(channel, depth) << 7 * i, 0);
    }

    function busy(): number {
      const all = s.channels.reduce((bits, channel) => bits | status(channel, depth), 0);
      return all >> 6 & 3; // RXBUSY and TXBUSY
    }
  },
});
