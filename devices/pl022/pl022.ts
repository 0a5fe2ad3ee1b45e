import { bits, defineDevice, identity, NEVER, registerBank, registerDevice, spiBus } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const BANK = registerBank({
  SSPCR0: {
    at: 0x00,
    fields: {
      DSS: bits.rw(3, 0),
      FRF: bits.rw(5, 4),
      SPO: bits.rw(6),
      SPH: bits.rw(7),
      SCR: bits.rw(15, 8),
    },
  },
  SSPCR1: { at: 0x04, fields: { LBM: bits.rw(0), SSE: bits.rw(1), MS: bits.rw(2), SOD: bits.rw(3) } },
  // Bit 0 of the divisor is hard-wired to 0.
  SSPCPSR: { at: 0x10, fields: { CPSDVSR: bits.rw(7, 1), ZERO: bits.w(0) } },
  SSPIMSC: { at: 0x14, fields: { ROR: bits.rw(0), RT: bits.rw(1), RX: bits.rw(2), TX: bits.rw(3) } },
  SSPDMACR: { at: 0x24, fields: { RXDMAE: bits.rw(0), TXDMAE: bits.rw(1) } },
});
const SR = { TFE: 1 << 0, TNF: 1 << 1, RNE: 1 << 2, RFF: 1 << 3, BSY: 1 << 4 } as const;
const INT = { ROR: 1 << 0, RT: 1 << 1, RX: 1 << 2, TX: 1 << 3 } as const;
const FRF = { MICROWIRE: 2 } as const;
const DEPTH = 8, HALF = 4;
/** Bit times that the receive FIFO waits with something in it before it asks for attention. */
const TIMEOUT_BITS = 32;

/**
 * Arm PrimeCell synchronous serial port (DDI 0194) as a master. A frame takes its time; SSPFSSOUT is chip select 0. It
 * is high between frames: with SPH = 0 between any two of them, with SPH = 1 only once there is no more to send
 * (3.4), so chips that take several words to a command want SPH = 1, or a select of their own from a GPIO.
 */
export default defineDevice(manifest, {
  size: 0x1000,
  hosts: { bus: "spi", many: true },
  outputs: ["irq"],
  traces: { frame: { sent: "hex", received: "hex", bits: "number" } },
  create(context) {
    const { clock, log, out, properties, trace } = context;
    const bus = spiBus(context);
    const s = {
      ...BANK.reset,
      transmit: [] as number[],
      receive: [] as number[],
      /** The word that is being shifted, and the virtual time at which that ends. */
      word: 0,
      ends: NEVER,
      /** Virtual time at which the receive FIFO has been left alone for too long. */
      timeout: NEVER,
      /** ROR and RT, which are latched. */
      latched: 0,
    };
    const { SSPCR0, SSPCR1, SSPCPSR } = BANK.fields(s);
    const alarm = clock.alarm(() => {
      run();
      outputs();
    });

    const device = registerDevice(context, {
      state: s,
      outputs,
      onReset: () => bus.select(-1),
      registers: {
        ...BANK.rows(s, {
          SSPCR0: {
            written() {
              if (SSPCR0.FRF >= FRF.MICROWIRE) log.unimplemented("Microwire frames");
              if (SSPCR0.DSS < 3) log.guestError(`words of ${SSPCR0.DSS + 1} bits: the least is 4`);
            },
          },
          SSPCR1: {
            written() {
              if (SSPCR1.SSE && SSPCR1.MS) log.unimplemented("slave mode: nobody clocks it");
              run();
            },
          },
        }),
        0x08: { name: "SSPDR", read: take, write: give },
        0x0c: { name: "SSPSR", read: status },
        0x18: { name: "SSPRIS", read: raw },
        0x1c: { name: "SSPMIS", read: () => raw() & s.SSPIMSC },
        0x20: {
          name: "SSPICR",
          write: (value) => {
            s.latched &= ~value;
            if (value & INT.RT) s.timeout = NEVER;
          },
          bits: INT.ROR | INT.RT,
        },
        ...identity(0xfe0, [0x22, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
      },
    });
    // Frames are shifted when somebody looks: a stop of the vCPU for each would make them slow.
    return {
      ...device,
      read(offset, size) {
        run();
        return device.read(offset, size);
      },
      write(offset, size, value) {
        run();
        device.write(offset, size, value);
      },
    };

    function outputs(): void {
      out.irq((raw() & s.SSPIMSC) !== 0);
      alarm.at(s.SSPIMSC === 0 ? NEVER : Math.min(s.ends, s.timeout));
    }

    /** Nanoseconds of a bit; `NEVER` without a clock. */
    function bitTime(): number {
      const divisor = 2 * SSPCPSR.CPSDVSR * (1 + SSPCR0.SCR);
      return divisor === 0 ? NEVER : divisor / properties.clock * 1e9;
    }

    /** Does what time has brought. */
    function run(): void {
      const now = clock.now();
      while (s.ends <= now) finish();
      if (s.ends === NEVER && enabled() && s.transmit.length > 0) begin(now);
      if (s.timeout > now) return;
      s.timeout = NEVER;
      s.latched |= INT.RT;
    }

    /** Whether words are sent. */
    function enabled(): boolean {
      return SSPCR1.SSE === 1 && SSPCR1.MS === 0 && bitTime() !== NEVER;
    }

    function begin(at: number): void {
      s.word = s.transmit.shift()!;
      s.ends = at + Math.ceil((SSPCR0.DSS + 1) * bitTime());
      if (!SSPCR1.LBM) bus.select(0);
    }

    /** A frame is over; the next one follows at once if there is one. */
    function finish(): void {
      const at = s.ends, width = SSPCR0.DSS + 1;
      const answer = SSPCR1.LBM ? s.word : bus.transfer(s.word, width);
      trace.frame?.({ sent: s.word, received: answer, bits: width });
      s.ends = NEVER;
      if (s.receive.length < DEPTH) s.receive.push(answer);
      else s.latched |= INT.ROR;
      s.latched &= ~INT.RT;
      s.timeout = at + Math.ceil(TIMEOUT_BITS * bitTime());
      const more = enabled() && s.transmit.length > 0;
      if (!more || SSPCR0.SPH === 0) bus.select(-1);
      if (more) begin(at);
    }

    function give(value: number): void {
      if (s.transmit.length === DEPTH) return log.guestError("write of SSPDR while its FIFO is full");
      s.transmit.push(value & (1 << SSPCR0.DSS + 1) - 1);
      run();
    }

    function take(): number {
      if (s.receive.length === 0) {
        log.guestError("read of SSPDR while its FIFO is empty");
        return 0;
      }
      const word = s.receive.shift()!;
      if (s.receive.length === 0) {
        s.timeout = NEVER;
        s.latched &= ~INT.RT;
      }
      return word;
    }

    function status(): number {
      return (s.transmit.length === 0 ? SR.TFE : 0) | (s.transmit.length < DEPTH ? SR.TNF : 0) |
        (s.receive.length > 0 ? SR.RNE : 0) | (s.receive.length === DEPTH ? SR.RFF : 0) |
        (s.ends !== NEVER || s.transmit.length > 0 ? SR.BSY : 0);
    }

    function raw(): number {
      return s.latched | (s.receive.length >= HALF ? INT.RX : 0) |
        (s.transmit.length <= HALF ? INT.TX : 0);
    }
  },
});
