import { defineNetdev, type NetReceiver } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** Bytes of an Ethernet address; a frame begins with the destination's and the source's. */
const ADDRESS = 6;

export default defineNetdev(manifest, ({ properties }) => {
  const waiting: Uint8Array[] = [];
  let guest: NetReceiver | undefined;

  return {
    send(frame) {
      if (frame.length < 2 * ADDRESS || waiting.length >= properties.queue) return;
      const answer = frame.slice(); // the bytes are only lent
      answer.copyWithin(0, ADDRESS, 2 * ADDRESS);
      answer.set(frame.subarray(0, ADDRESS), ADDRESS);
      waiting.push(answer);
      // Later: the guest's card is in the middle of sending.
      setImmediate(pass);
    },
    connect(receiver) {
      guest = receiver;
      pass();
    },
    ready: pass,
    close() {
      guest = undefined;
    },
  };

  function pass(): void {
    while (guest?.canReceive() && waiting.length > 0) guest.receive(waiting.shift()!);
  }
});
