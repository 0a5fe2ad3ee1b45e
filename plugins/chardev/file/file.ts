import { type CharBackend, defineChardev } from "@emu/core";
import { OutputQueue } from "../output.ts";
import manifest from "./manifest.json" with { type: "json" };

/** A file; nothing comes from it. */
export default defineChardev(manifest, async ({ id, properties, warn }): Promise<CharBackend> => {
  const { path, append } = properties;
  if (path === "") throw new Error('property "path": is missing; say which file');
  const file = await Deno.open(path, { write: true, create: true, append, truncate: !append })
    .catch((error) => {
      throw new Error(`property "path": cannot write "${path}": ${(error as Error).message}`);
    });
  let open = true, lost: unknown;
  const output = new OutputQueue({
    write: (bytes) => file.write(bytes),
    failed(error) {
      lost = error;
      warn(`Cannot write "${path}" any more (${id}): ${(error as Error).message}`);
    },
  });
  const backend = {
    send: (bytes: Uint8Array) => output.send(bytes),
    congested: () => output.congested(),
    connect() {},
    ready() {},
    async close() {
      if (!open) return;
      open = false;
      await output.drain();
      file.close();
      if (lost !== undefined) throw new Error(`"${path}" is not complete`);
    },
  };
  return backend;
});
