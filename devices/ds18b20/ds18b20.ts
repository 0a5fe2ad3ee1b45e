import { defineDevice, oneWireCrc, oneWireRom, oneWireRomState, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

const FAMILY = 0x28;
const CMD = {
  CONVERT: 0x44,
  COPY_SCRATCHPAD: 0x48,
  WRITE_SCRATCHPAD: 0x4e,
  READ_POWER_SUPPLY: 0xb4,
  RECALL: 0xb8,
  READ_SCRATCHPAD: 0xbe,
} as const;
/** Bytes of the scratchpad that can be written, and are kept in EEPROM: TH, TL, configuration. */
const WRITABLE = { at: 2, count: 3 } as const;
/** As shipped: alarms at 75 and 70 °C, 12 bits. */
const SHIPPED = [0x4b, 0x46, 0x7f];
/** What the temperature register holds before the first conversion: 85 °C. */
const POWER_ON = 85 * 16;
/** Time of a conversion with 9 bits; each more doubles it. */
const CONVERSION = 93.75e6;
const COPY = 10e6;

/** Digital thermometer DS18B20 (Maxim 19-7487). What it measures is a property; a conversion takes it over. */
export default defineDevice(manifest, {
  size: 0,
  traces: { command: { command: "hex" } },
  create(context) {
    const { clock, log, properties: { serial, temperature, parasite } } = context;
    const s = {
      ...oneWireRomState(),
      /** Sixteenths of a degree, of the last conversion. */
      measured: POWER_ON,
      /** TH, TL and the configuration: in the scratchpad, and in EEPROM. */
      settings: Uint8Array.from(SHIPPED),
      eeprom: Uint8Array.from(SHIPPED),
      /** The function command; -1: none yet. */
      command: -1,
      /** Bits sent, or bytes received, of that command. */
      count: 0,
      /** Virtual time at which the conversion or copy under way is done. */
      ready: 0,
      converting: false,
    };

    const bus = oneWireRom({
      family: FAMILY,
      serial,
      state: () => s,
      alarm() {
        finish();
        const degrees = s.measured >> 4, [high, low] = s.settings;
        return degrees >= (high << 24 >> 24) || degrees <= (low << 24 >> 24);
      },
      begin() {
        finish();
        s.command = -1;
        s.count = 0;
      },
      send() {
        switch (s.command) {
          case CMD.READ_SCRATCHPAD: {
            const bytes = scratchpad(), n = s.count;
            s.count = Math.min(n + 1, 8 * bytes.length);
            return n < 8 * bytes.length ? bytes[n >> 3] >> (n & 7) & 1 : 1;
          }
          case CMD.READ_POWER_SUPPLY:
            return parasite ? 0 : 1;
          case CMD.CONVERT:
          case CMD.COPY_SCRATCHPAD:
            // Without a supply of its own it cannot say that it is busy.
            return parasite || clock.now() >= s.ready ? 1 : 0;
          case CMD.RECALL:
            return 1;
          default:
            return undefined;
        }
      },
      receive(byte) {
        if (s.command < 0) begin(byte);
        else if (s.command === CMD.WRITE_SCRATCHPAD && s.count < WRITABLE.count) {
          // Of the configuration only the resolution, bits 6:5, can be written.
          s.settings[s.count] = s.count === 2 ? byte & 0x60 | 0x1f : byte;
          s.count++;
        }
      },
    });

    function begin(command: number): void {
      finish();
      s.command = command;
      context.trace.command?.({ command });
      s.count = 0;
      switch (command) {
        case CMD.CONVERT:
          s.converting = true;
          s.ready = clock.now() + CONVERSION * 2 ** resolution();
          break;
        case CMD.COPY_SCRATCHPAD:
          s.eeprom.set(s.settings);
          s.ready = clock.now() + COPY;
          break;
        case CMD.RECALL:
          s.settings.set(s.eeprom);
          break;
        case CMD.READ_SCRATCHPAD:
        case CMD.WRITE_SCRATCHPAD:
        case CMD.READ_POWER_SUPPLY:
          break;
        default:
          log.guestError(`function command 0x${command.toString(16).padStart(2, "0")}`);
      }
    }

    /** 0 to 3 for 9 to 12 bits. */
    function resolution(): number {
      return s.settings[2] >> 5 & 3;
    }

    /** Takes over what a conversion has measured, once it is done. */
    function finish(): void {
      if (!s.converting || clock.now() < s.ready) return;
      s.converting = false;
      // Bits below the resolution are undefined; here they are 0.
      const unused = (1 << 3 - resolution()) - 1;
      s.measured = Math.round(16 * temperature) & ~unused;
    }

    function scratchpad(): number[] {
      const bytes = [s.measured & 0xff, s.measured >> 8 & 0xff, ...s.settings, 0xff, 0x0c, 0x10];
      return [...bytes, oneWireCrc(bytes)];
    }

    return {
      ...registerDevice(context, {
        state: s,
        registers: {},
        keeps: { cold: ["eeprom"], warm: "all" },
        // Power on recalls what is in EEPROM.
        onReset: () => s.settings.set(s.eeprom),
      }),
      bus,
    };
  },
});
