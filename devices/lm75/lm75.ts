import { defineDevice, type I2cTarget, NEVER, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const POINTER = { TEMPERATURE: 0, CONFIGURATION: 1, HYSTERESIS: 2, LIMIT: 3 } as const;
const CONF = { SHUTDOWN: 1 << 0, INTERRUPT: 1 << 1, POLARITY: 1 << 2, QUEUE: 3 << 3, ALL: 0x1f } as const;
/** Conversions in a row beyond a limit that count, by the fault queue's bits. */
const FAULTS = [1, 2, 4, 6];
/** Time of a conversion. */
const CONVERSION = 100e6;

/**
 * Digital temperature sensor LM75 (National Semiconductor DS012658): 9 bits, half a degree each. `os` is the pin O.S.:
 * low while it is active, unless POLARITY is set.
 */
export default defineDevice(manifest, {
  size: 0,
  outputs: ["os"],
  create(context) {
    const { clock, out, properties: { address, temperature } } = context;
    /** As the registers have it: two's complement, half degrees in bits 15:7. */
    const measured = Math.round(2 * temperature);
    const s = {
      pointer: POINTER.TEMPERATURE as number,
      configuration: 0,
      /** Half degrees. */
      hysteresis: 2 * 75,
      limit: 2 * 80,
      /** Bytes of the current transfer: the first one written is the pointer. */
      bytes: 0,
      /** What was written of a register of two bytes. */
      high: 0,
      active: false,
      /** Beyond the limit, as the interrupt mode remembers it until it is below the hysteresis. */
      beyond: false,
      /** Virtual time at which enough conversions will have found what O.S. does not show yet. */
      change: NEVER,
    };
    const alarm = clock.alarm(() => {
      s.beyond = !s.beyond;
      s.active = s.configuration & CONF.INTERRUPT ? true : s.beyond;
      s.change = NEVER;
      plan();
      outputs();
    });

    const bus: I2cTarget = {
      addresses: [address],
      start(_address, reading) {
        s.bytes = 0;
        if (reading && s.configuration & CONF.INTERRUPT) s.active = false; // any read takes it back
        outputs();
        return true;
      },
      write(byte) {
        if (s.bytes === 0) s.pointer = byte & 3;
        else store(byte);
        s.bytes = Math.min(s.bytes + 1, 3);
        return true;
      },
      read() {
        const n = s.bytes;
        s.bytes = Math.min(n + 1, 3);
        if (s.pointer === POINTER.CONFIGURATION) return s.configuration;
        const value = [measured, 0, s.hysteresis, s.limit][s.pointer] << 7;
        return n === 0 ? value >> 8 & 0xff : n === 1 ? value & 0xff : 0xff;
      },
      stop() {},
    };

    function store(byte: number): void {
      if (s.pointer === POINTER.CONFIGURATION) {
        if (s.bytes !== 1) return;
        s.configuration = byte & CONF.ALL;
        s.change = NEVER;
      } else if (s.bytes === 1) s.high = byte;
      else if (s.bytes === 2) {
        const value = (s.high << 24 | byte << 16) >> 23;
        if (s.pointer === POINTER.LIMIT) s.limit = value;
        if (s.pointer === POINTER.HYSTERESIS) s.hysteresis = value;
      }
      plan();
      outputs();
    }

    /** Sees to it that O.S. follows, after as many conversions as the fault queue wants. */
    function plan(): void {
      const differs = s.beyond ? measured < s.hysteresis : measured > s.limit;
      if (!differs || s.configuration & CONF.SHUTDOWN) s.change = NEVER;
      else if (s.change === NEVER) {
        s.change = clock.now() + CONVERSION * FAULTS[(s.configuration & CONF.QUEUE) >> 3];
      }
    }

    function outputs(): void {
      alarm.at(s.change);
      out.os(s.active === ((s.configuration & CONF.POLARITY) !== 0));
    }

    return {
      ...registerDevice(context, { state: s, registers: {}, outputs, keeps: { warm: "all" }, onReset: plan }),
      bus,
    };
  },
});
