import { constant, defineDevice, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** Integrator debug LEDs, alphanumeric display and DIP switches (DUI 0159). Nothing shows them. */
export default defineDevice(manifest, {
  size: 0x1000,
  create(context) {
    const s = { alpha: 0, lights: 0 };

    return registerDevice(context, {
      state: s,
      registers: {
        // Reads tell whether the display is still shifting the last pattern in: it never is.
        0x0: { name: "LED_ALPHA", read: () => 0, write: (value) => void (s.alpha = value) },
        0x4: { name: "LED_LIGHTS", read: () => s.lights, write: (value) => void (s.lights = value & 0xf) },
        0x8: constant("LED_SWITCHES", context.properties.switches & 0xf),
      },
    });
  },
});
