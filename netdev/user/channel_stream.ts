import type { CharBackend } from "@emu/core";
import type { HostStream } from "./host_network.ts";

/** Bytes of the channel that wait for the guest; while there are so many, the channel has to wait. */
export const CHANNEL_BUFFER = 1 << 14;

/**
 * Opens connections to a character channel, one at a time: a new one ends the one before, and what comes while there is
 * none waits in the channel. A channel has no end, so that of the guest's direction changes nothing.
 */
export function channelStreams(channel: CharBackend): () => HostStream {
  const waiting = new Uint8Array(CHANNEL_BUFFER);
  let count = 0, current: HostStream | undefined;
  let changed = () => {};
  channel.connect({
    room: () => current ? CHANNEL_BUFFER - count : 0,
    receive(bytes) {
      waiting.set(bytes, count);
      count += bytes.length;
      changed();
    },
  });
  return () => {
    const stream: HostStream = {
      async read(into) {
        while (current === stream && count === 0) await new Promise<void>((resolve) => changed = resolve);
        if (current !== stream) return null;
        const taken = Math.min(count, into.length);
        into.set(waiting.subarray(0, taken));
        waiting.copyWithin(0, taken, count);
        count -= taken;
        channel.ready();
        return taken;
      },
      async write(bytes) {
        if (current !== stream) throw new Error("another connection has the channel");
        channel.send(bytes.slice());
        await channel.congested?.();
        return bytes.length;
      },
      closeWrite: () => Promise.resolve(),
      close() {
        if (current === stream) current = undefined;
        changed();
      },
    };
    current = stream;
    changed();
    channel.ready();
    return stream;
  };
}
