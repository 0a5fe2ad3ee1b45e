import { defineChardev } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** A line with nobody at its other end. */
export default defineChardev(manifest, () => ({ send() {}, connect() {}, ready() {}, close() {} }));
