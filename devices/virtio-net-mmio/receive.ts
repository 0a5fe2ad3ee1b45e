import { type Chain, MAX_FRAME, type Virtio, type VirtioState } from "@emu/core";
import { isValid } from "./checksum.ts";
import { HDR_F, HEADER, NET_F } from "./header.ts";

/** What the receiving side works on. */
export interface ReceiverOptions {
  readonly virtio: Virtio;
  /** Number of the receive queue. */
  readonly queue: number;
  /** The state, with the frame that waits for buffers (empty: none); asked for at each use, as a restore replaces it. */
  state(): VirtioState & { held: Uint8Array };
}

/** The way of frames into the guest's buffers. */
export interface Receiver {
  /** False while a frame would have to wait. A card that is off takes everything, and drops it. */
  canReceive(): boolean;
  /** Writes a frame to the guest's buffers; what does not fit into those there are waits for more. */
  receive(frame: Uint8Array): void;
  /** Tries again with a frame that waits. */
  flush(): void;
}

const NOTHING = new Uint8Array();

export function createReceiver({ virtio, queue, state }: ReceiverOptions): Receiver {
  const incoming = new Uint8Array(HEADER + MAX_FRAME), header = new DataView(incoming.buffer, 0, HEADER);
  const ring = () => virtio.queue(queue);

  /** False if there are not enough buffers yet. */
  function deliver(frame: Uint8Array): boolean {
    const merge = virtio.has(NET_F.MRG_RXBUF), length = HEADER + frame.length;
    const most = merge ? state().queues[queue].size : 1;
    const chains: Chain[] = [];
    let room = 0;
    while (room < length && chains.length < most) {
      const chain = ring().pop();
      if (chain === undefined) break;
      chains.push(chain);
      room += chain.writableLength;
    }
    if (room < length) {
      ring().unpop(chains.length);
      // More than the ring can hold never fits, and a device that waits for its reset drops what comes.
      return chains.length === most || !virtio.running();
    }
    header.setUint8(0, virtio.has(NET_F.GUEST_CSUM) && isValid(frame) ? HDR_F.DATA_VALID : 0);
    header.setUint16(10, chains.length, true);
    incoming.set(frame, HEADER);
    let at = 0;
    for (const chain of chains) {
      const part = incoming.subarray(at, Math.min(length, at + chain.writableLength));
      virtio.write(chain, 0, part);
      ring().push(chain, part.length);
      at += part.length;
    }
    return true;
  }

  return {
    canReceive: () => !virtio.running() || state().held.length === 0 && ring().available() > 0,
    receive(frame) {
      if (frame.length > MAX_FRAME || state().held.length > 0) return; // the network did not ask
      if (!deliver(frame)) state().held = frame.slice();
    },
    flush() {
      const { held } = state();
      if (held.length > 0 && deliver(held)) state().held = NOTHING;
    },
  };
}
