import { defineDevice, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

export default defineDevice(manifest, {
  size: 0,
  create(context) {
    const { number, level } = context.properties;
    return { ...registerDevice(context, { state: {}, registers: {} }), bus: { number, value: () => level } };
  },
});
