import { defineDevice, identity, NEVER, registerDevice, stored } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const SECOND = 1e9;

/** Arm PrimeCell real-time clock (DDI 0224): a counter of seconds with a match interrupt. */
export default defineDevice(manifest, {
  size: 0x1000,
  outputs: ["irq"],
  create(context) {
    const { clock, out } = context;
    const s = {
      /** RTCDR = seconds of the wall clock + offset. */
      offset: 0,
      mr: 0,
      lr: 0,
      imsc: 0,
      ris: 0,
      /** Virtual time at which the counter meets RTCMR. */
      match: NEVER,
    };
    const alarm = clock.alarm(() => {
      s.ris = 1;
      s.match = NEVER;
      outputs();
    });

    return registerDevice(context, {
      state: s,
      outputs,
      // The time that was set outlives a reboot, as it does on QEMU: a clock has a supply of its own.
      keeps: { warm: ["offset"] },
      registers: {
        0x000: { name: "RTCDR", read: counter },
        0x004: {
          name: "RTCMR",
          read: () => s.mr,
          write(value) {
            s.mr = value;
            s.match = nextMatch();
          },
        },
        0x008: {
          name: "RTCLR",
          read: () => s.lr,
          write(value) {
            s.lr = value;
            s.offset = value - seconds() | 0;
            s.match = nextMatch();
          },
        },
        // Once enabled the counter runs until reset; writes have no effect (DDI 0224 3.3.4).
        0x00c: { name: "RTCCR", read: () => 1, write: () => {} },
        0x010: stored(s, "imsc", 1),
        0x014: { name: "RTCRIS", read: () => s.ris },
        0x018: { name: "RTCMIS", read: () => s.ris & s.imsc },
        0x01c: { name: "RTCICR", write: (value) => void (s.ris &= ~value) },
        ...identity(0xfe0, [0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1]),
      },
    });

    function outputs(): void {
      alarm.at(s.match);
      out.irq((s.ris & s.imsc) !== 0);
    }

    function seconds(): number {
      return Math.floor((clock.epoch + clock.now()) / SECOND);
    }

    function counter(): number {
      return seconds() + s.offset >>> 0;
    }

    function nextMatch(): number {
      const ahead = s.mr - counter() >>> 0;
      // Seconds turn with the wall clock's, not with virtual time 0.
      const second = (seconds() + ahead) * SECOND - clock.epoch;
      return Math.max(second, clock.now());
    }
  },
});
