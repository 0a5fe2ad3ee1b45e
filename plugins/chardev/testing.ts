import { type BackendContext, type CharReceiver, NEVER } from "@emu/core";

/** What a character back end gets when a test opens it, and what it said. */
export function fakeContext<P>(properties: P): BackendContext<P> & { readonly said: string[] } {
  const said: string[] = [];
  return {
    id: "test",
    properties,
    said,
    clock: { now: () => 0, epoch: 0, alarm: () => ({ at: (_deadline = NEVER) => {} }) },
    warn: (message) => said.push(message),
    request: (what) => said.push(what),
  };
}

/** A guest with room for everything; `until` settles when the text it got ends with `text`. */
export function listener(): CharReceiver & { text(): string; until(text: string): Promise<void> } {
  let got = "";
  let changed = () => {};
  return {
    room: () => 1 << 20,
    receive(bytes) {
      got += new TextDecoder().decode(bytes);
      changed();
    },
    text: () => got,
    async until(text) {
      while (!got.endsWith(text)) await new Promise<void>((resolve) => changed = resolve);
    },
  };
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
