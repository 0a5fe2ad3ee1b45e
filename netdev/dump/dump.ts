import { defineNetdev } from "@emu/core";
import { openRecorder } from "../recorder.ts";
import manifest from "./manifest.json" with { type: "json" };

/** A listener in a network: records frames, sends none. */
export default defineNetdev(manifest, ({ properties, clock, warn }) => {
  const { file, maxlen } = properties;
  if (file === undefined) throw new Error('property "file": is missing');
  const time = properties.time === "wall" ? "wall" : "virtual";
  const recorder = openRecorder({ file, maxlen, time }, { clock, warn });
  return { send: recorder.record, connect() {}, ready() {}, close: recorder.close };
});
