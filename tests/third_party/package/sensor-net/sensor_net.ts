import { defineNetdev } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

export default defineNetdev(manifest, ({ id, warn }) => {
  let frames = 0, open = true;
  return {
    send: () => void frames++,
    connect() {},
    ready() {},
    close() {
      if (open) warn(`${id}: ${frames} frames`);
      open = false;
    },
  };
});
