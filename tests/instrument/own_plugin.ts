import { withFiles } from "../cli/emu.ts";

const MANIFEST = {
  name: "mine",
  kind: "instrument",
  api: 1,
  version: "1.0.0",
  summary: "Test",
  entry: "./mine.ts",
};

/** A plugin "mine" in a folder of its own, for as long as `use` takes; `source` is its module. */
export function withPlugin<T>(
  source: string,
  use: (path: string) => Promise<T>,
  manifest = JSON.stringify(MANIFEST),
): Promise<T> {
  return withFiles(
    { "mine/manifest.json": manifest, "mine/mine.ts": source },
    (folder) => use(`${folder}/mine`),
  );
}

/** The module of a plugin whose function has this body; it sees `emu`. */
export function moduleOf(body: string): string {
  return `import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
export default defineInstrument(manifest, (emu) => { ${body} });`;
}
