import { type CharBackend, type CharReceiver, defineChardev } from "@emu/core";
import { InputQueue } from "../input.ts";
import { OutputQueue } from "../output.ts";
import manifest from "./manifest.json" with { type: "json" };

/** Milliseconds at the end in which the other side can still read. */
const PATIENCE = 1000;

/**
 * Named pipes, made with mkfifo before. Both are opened for reading and writing, which on Linux waits for nobody, and
 * lets the programs at the other end come and go.
 */
export default defineChardev(manifest, async ({ properties: { path }, warn }): Promise<CharBackend> => {
  if (path === "") throw new Error('property "path": is missing; say which pipe');
  const [incoming, outgoing] = await openPair(path);
  let open = true;
  const input = new InputQueue();
  const output = new OutputQueue({
    write: (bytes) => outgoing.write(bytes),
    failed: (error) => warn(`Cannot write to pipe "${path}" any more: ${(error as Error).message}`),
  });
  void pump();
  async function pump(): Promise<void> {
    const buffer = new Uint8Array(4096);
    while (open) {
      const count = await incoming.read(buffer).catch(() => null);
      if (count === null) return;
      if (open) await input.pushAll(buffer.subarray(0, count));
    }
  }
  const backend = {
    send: (bytes: Uint8Array) => output.send(bytes),
    congested: () => output.congested(),
    connect: (receiver: CharReceiver) => input.connect(receiver),
    ready: () => input.deliver(),
    async close() {
      if (!open) return;
      open = false;
      await output.drain(PATIENCE);
      incoming.close();
      if (outgoing !== incoming) outgoing.close();
    },
  };
  return backend;
});

async function openPair(path: string): Promise<[Deno.FsFile, Deno.FsFile]> {
  const incoming = await openFifo(`${path}.in`);
  if (!incoming) {
    const both = await openFifo(path);
    if (!both) {
      throw new Error(`property "path": there is no pipe "${path}", nor "${path}.in"; make it with mkfifo`);
    }
    return [both, both];
  }
  const outgoing = await openFifo(`${path}.out`);
  if (outgoing) return [incoming, outgoing];
  incoming.close();
  throw new Error(`property "path": there is "${path}.in", but no "${path}.out"; make it with mkfifo`);
}

async function openFifo(path: string): Promise<Deno.FsFile | undefined> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch {
    return undefined;
  }
  if (!info.isFifo) throw new Error(`property "path": "${path}" is no pipe; make one with mkfifo`);
  return await Deno.open(path, { read: true, write: true });
}
