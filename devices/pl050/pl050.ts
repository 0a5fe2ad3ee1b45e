import { defineDevice, identity, type Ps2Device, registerDevice, stored } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const CR = { FKMIC: 1, FKMID: 1 << 1, KMIEN: 1 << 2, TXINTREN: 1 << 3, RXINTREN: 1 << 4, ALL: 0x3f } as const;
const STAT = { KMID: 1, KMIC: 1 << 1, RXPARITY: 1 << 2, RXFULL: 1 << 4, TXEMPTY: 1 << 6 } as const;
const IR = { RX: 1, TX: 1 << 1 } as const;

/**
 * Arm PrimeCell keyboard/mouse interface (DDI 0143): the host's end of a PS/2 cable. Bytes take no time on the
 * cable, so the transmitter is always empty and nothing is ever busy. While the interface is disabled, or holds
 * the clock down, the other end keeps what it has to say.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  hosts: { bus: "ps2" },
  outputs: ["irq"],
  create(context) {
    const { log, out } = context;
    const other = context.child<Ps2Device>("ps2");
    const s = {
      kmicr: 0,
      kmiclkdiv: 0,
      /** What was received last: the byte, and in bit 8 its parity. */
      frame: 0,
    };
    const device = registerDevice(context, {
      state: s,
      outputs,
      registers: {
        0x00: stored(s, "kmicr", CR.ALL),
        0x04: { name: "KMISTAT", read: status },
        0x08: { name: "KMIDATA", read: receive, write: send },
        0x0c: stored(s, "kmiclkdiv", 0xf),
        // The sources as they are; KMICR masks only the output.
        0x10: { name: "KMIIR", read: () => IR.TX | (full() ? IR.RX : 0) },
        ...identity(0xfe0, [0x50, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
      },
    });
    other?.connect(outputs);
    return device;

    function outputs(): void {
      out.irq((s.kmicr & CR.TXINTREN) !== 0 || (full() && (s.kmicr & CR.RXINTREN) !== 0));
    }

    /** Enabled, and the clock left to the other end. */
    function listening(): boolean {
      return (s.kmicr & (CR.KMIEN | CR.FKMIC)) === CR.KMIEN;
    }

    function full(): boolean {
      return listening() && (other?.pending() ?? false);
    }

    function status(): number {
      return STAT.TXEMPTY | (full() ? STAT.RXFULL : 0) | (s.frame & 0x100 ? STAT.RXPARITY : 0) |
        (s.kmicr & CR.FKMIC ? 0 : STAT.KMIC) | (s.kmicr & CR.FKMID ? 0 : STAT.KMID);
    }

    function receive(): number {
      const byte = full() ? other?.read() : undefined;
      if (byte !== undefined) s.frame = byte | parity(byte) << 8;
      return s.frame & 0xff;
    }

    function send(value: number): void {
      if (!(s.kmicr & CR.KMIEN)) log.guestError("data written to the disabled interface");
      else other?.write(value & 0xff);
    }
  },
});

/** The bit that makes the number of ones odd. */
function parity(byte: number): number {
  let bit = 1;
  for (let rest = byte; rest; rest &= rest - 1) bit ^= 1;
  return bit;
}
