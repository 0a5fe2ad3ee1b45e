import { defineAudio } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** A sound card without a loudspeaker. */
export default defineAudio(manifest, () => ({ open: () => ({ format() {}, play() {} }), close() {} }));
