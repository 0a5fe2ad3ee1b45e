import { bits, defineDevice, NEVER, oneWireBus, registerBank, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const INT = {
  PD: 1 << 0,
  /** Presence detect result: 0 if somebody is there. */
  PDR: 1 << 1,
  TBE: 1 << 2,
  TEMT: 1 << 3,
  RBF: 1 << 4,
  RSRF: 1 << 5,
} as const;
/** IAS has the place of PDR, which is no cause. */
const CAUSES = 0xff & ~INT.PDR;
/** Microseconds, as the data sheet's timing generator makes them of its 1 MHz, at standard speed. */
const RESET_TIME = 1060, SLOT_TIME = 70;
/** So much faster is overdrive. */
const OVERDRIVE = 8;
/** Slots of a byte; with the search accelerator its bits are four times the three slots of a ROM bit. */
const SLOTS = { BYTE: 8, SEARCH: 12 } as const;
const CLOCK_PRESCALERS = [1, 3, 5, 7];

/** 1-Wire bus master DS1WM (Maxim DS1WM data sheet). */
export default defineDevice(manifest, {
  size: ({ shift }) => 8 << shift,
  hosts: { bus: "1-wire", many: true },
  outputs: ["irq"],
  create(context) {
    const { clock, log, out, properties } = context;
    const bus = oneWireBus(context), at = (n: number) => n << properties.shift;
    const BANK = registerBank({
      COMMAND: {
        at: at(0),
        fields: { RESET: bits.rw(0), SRA: bits.rw(1), FOW: bits.rw(2), OW_IN: bits.r(3) },
      },
      INTERRUPT_ENABLE: {
        at: at(3),
        fields: {
          EPD: bits.rw(0),
          IAS: bits.rw(1),
          ETBE: bits.rw(2),
          ETMT: bits.rw(3),
          ERBF: bits.rw(4),
          ERSF: bits.rw(5),
          EOWSH: bits.rw(6),
          EOWL: bits.rw(7),
        },
      },
      CLOCK_DIVISOR: { at: at(4), fields: { PRE: bits.rw(1, 0), DIV: bits.rw(4, 2), CLK_EN: bits.rw(7) } },
      CONTROL: {
        at: at(5),
        fields: {
          LLM: bits.rw(0),
          PPM: bits.rw(1),
          EN_FOW: bits.rw(2),
          STPEN: bits.rw(3),
          STP_SPLY: bits.rw(4),
          BIT_CTL: bits.rw(5),
          OD: bits.rw(6),
        },
      },
    });
    const s = {
      ...BANK.reset,
      /** PD and PDR; the other causes follow from the buffers. */
      presence: 0,
      /** The transmit buffer and shift register, the receive buffer and shift register; -1: empty. */
      buffer: -1,
      shifting: -1,
      received: -1,
      late: -1,
      /** Virtual time at which the reset sequence or the byte under way is over. */
      ends: NEVER,
    };
    const { COMMAND, INTERRUPT_ENABLE, CLOCK_DIVISOR, CONTROL } = BANK.fields(s);
    const alarm = clock.alarm(() => {
      s.ends = NEVER;
      if (COMMAND.RESET) endReset();
      else endByte();
      begin();
      outputs();
    });

    return registerDevice(context, {
      state: s,
      outputs,
      width: 1 << properties.shift as 1 | 2 | 4,
      registers: {
        ...BANK.rows(s, {
          COMMAND: {
            read: () => s.COMMAND | 1 << 3, // the line is high between slots
            written() {
              if (COMMAND.FOW) log.unimplemented("forcing the line low");
              begin();
            },
          },
          CLOCK_DIVISOR: { written: begin },
          CONTROL: {
            written() {
              if (CONTROL.BIT_CTL) log.unimplemented("single bit mode");
            },
          },
        }),
        [at(1)]: { name: "DATA", read: take, write: give },
        [at(2)]: {
          name: "INTERRUPT",
          read() {
            const causes = interrupts();
            s.presence &= ~INT.PD;
            return causes;
          },
        },
      },
    });

    function interrupts(): number {
      return s.presence | (s.buffer < 0 ? INT.TBE : 0) | (s.shifting < 0 ? INT.TEMT : 0) |
        (s.received >= 0 ? INT.RBF : 0) | (s.late >= 0 ? INT.RSRF : 0);
    }

    function outputs(): void {
      alarm.at(s.ends);
      // IAS: whether the line is high or low while there is a cause.
      out.irq(((interrupts() & s.INTERRUPT_ENABLE & CAUSES) !== 0) === (INTERRUPT_ENABLE.IAS === 1));
    }

    /** Nanoseconds of so many of the timing generator's microseconds. */
    function time(microseconds: number): number {
      const divisor = CLOCK_PRESCALERS[CLOCK_DIVISOR.PRE] << CLOCK_DIVISOR.DIV;
      return Math.ceil(microseconds * divisor / properties.clock * 1e9 / (CONTROL.OD ? OVERDRIVE : 1));
    }

    /** Begins what is to be done next, if nothing is under way. */
    function begin(): void {
      if (s.ends !== NEVER || !CLOCK_DIVISOR.CLK_EN) return;
      if (COMMAND.RESET) s.ends = clock.now() + time(RESET_TIME);
      else if (s.shifting >= 0 || s.buffer >= 0) {
        if (s.shifting < 0) {
          s.shifting = s.buffer;
          s.buffer = -1;
        }
        s.ends = clock.now() + time((COMMAND.SRA ? SLOTS.SEARCH : SLOTS.BYTE) * SLOT_TIME);
      }
    }

    function endReset(): void {
      COMMAND.RESET = 0;
      s.presence = INT.PD | (bus.reset() ? 0 : INT.PDR);
    }

    function endByte(): void {
      const byte = COMMAND.SRA ? search(s.shifting) : exchange(s.shifting);
      s.shifting = -1;
      if (s.received < 0) s.received = byte;
      else s.late = byte;
    }

    /** Eight slots, least significant bit first. */
    function exchange(byte: number): number {
      let answer = 0;
      for (let i = 0; i < 8; i++) answer |= bus.slot(byte >> i & 1) << i;
      return answer;
    }

    /**
     * Four bits of a ROM search: of each pair of bits sent the second is the way to go where chips differ; of each pair
     * received the first says whether they did, the second is the way that was gone.
     */
    function search(byte: number): number {
      let answer = 0;
      for (let i = 0; i < 8; i += 2) {
        const bit = bus.slot(1), complement = bus.slot(1), differ = bit === complement;
        const way = !differ ? bit : bit === 0 ? byte >> i + 1 & 1 : 1;
        bus.slot(way);
        answer |= (differ ? 1 : 0) << i | way << i + 1;
      }
      return answer;
    }

    function give(value: number): void {
      if (s.buffer >= 0) return log.guestError("write of DATA while its buffer is full");
      s.buffer = value & 0xff;
      begin();
    }

    function take(): number {
      const byte = s.received;
      s.received = s.late;
      s.late = -1;
      return byte < 0 ? 0 : byte;
    }
  },
});
