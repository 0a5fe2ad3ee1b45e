import { defineDevice, type I2cTarget, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** Counts how often it was read; a byte written sets the count. */
export default defineDevice(manifest, {
  size: 0,
  create(context) {
    const s = { count: 0x10 };
    const bus: I2cTarget = {
      addresses: [context.properties.address],
      start: () => true,
      write: (byte) => (s.count = byte, true),
      read: () => s.count++ & 0xff,
      stop() {},
    };
    return { ...registerDevice(context, { state: s, registers: {} }), bus };
  },
});
