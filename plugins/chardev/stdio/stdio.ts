import { type CharReceiver, defineChardev } from "@emu/core";
import { InputQueue } from "../input.ts";
import { OutputQueue } from "../output.ts";
import { escapeFilter } from "./escape.ts";
import manifest from "./manifest.json" with { type: "json" };

const BEL = Uint8Array.of(7);

/** Standard input and output belong to the process, so one channel at a time has them. */
let taken = false;

/** What is being read. It outlives a channel that is closed meanwhile: the next one gets it. */
let reading: Promise<Uint8Array | null> | undefined;

async function read(): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(4096);
  const count = await Deno.stdin.read(buffer).catch(() => null);
  return count === null ? null : buffer.slice(0, count);
}

/**
 * This terminal, in raw mode while the channel is open; or files and pipes in its place. What comes through a pipe is
 * read as the guest takes it; what is typed while the guest takes nothing is kept up to a bound, then refused with a
 * beep, so that the escape key is always heard.
 */
export default defineChardev(manifest, ({ properties, request }) => {
  if (taken) throw new Error("standard input and output are in use already");
  taken = true;
  const terminal = Deno.stdin.isTerminal();
  const input = new InputQueue();
  let lost: unknown;
  const output = new OutputQueue({
    write: (bytes) => Deno.stdout.write(bytes),
    failed(error) {
      lost = error;
      request("quit");
    },
  });
  const show = (text: string) => output.send(new TextEncoder().encode(text));
  const escapes = properties.escape === "on" || properties.escape === "auto" && terminal;
  const filter = escapes
    ? escapeFilter({ quit: () => request("quit"), break: () => input.break(), show })
    : (typed: Uint8Array) => typed;

  const raw = (on: boolean) => {
    if (terminal) Deno.stdin.setRaw(on);
  };
  const restore = () => {
    try {
      raw(false);
    } catch { /* the terminal is gone */ }
  };
  globalThis.addEventListener("unload", restore);
  raw(true);

  let open = true;
  void pump();
  async function pump(): Promise<void> {
    while (open) {
      const bytes = await (reading ??= read());
      if (bytes === null || !open) return;
      reading = undefined;
      const typed = filter(bytes);
      if (!terminal) await input.pushAll(typed);
      else if (input.push(typed) < typed.length) output.send(BEL);
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
      restore(); // first: the reader may be slow, and the process be lost meanwhile
      await output.drain();
      globalThis.removeEventListener("unload", restore);
      taken = false;
      if (lost !== undefined) {
        throw new Error(`writing to standard output failed: ${(lost as Error).message}`);
      }
    },
  };
  return backend;
});
