import { type Chain, MAX_FRAME, type Virtio, type VirtioState } from "@emu/core";
import { get16, isValid } from "./checksum.ts";
import { GSO, HDR_F, HEADER, NET_F } from "./header.ts";
import { ETHER, IP } from "./protocols.ts";

/** What the receiving side works on. */
export interface ReceiverOptions {
  readonly virtio: Virtio;
  /** Number of the receive queue. */
  readonly queue: number;
  /**
   * The state, with the frame that waits for buffers (empty: none), and the size of its segments if it is a large one,
   * else 0; asked for at each use, as a restore replaces it.
   */
  state(): VirtioState & { held: Uint8Array; heldSize: number };
}

/** The way of frames into the guest's buffers. */
export interface Receiver {
  /** False while a frame would have to wait. A card that is off takes everything, and drops it. */
  canReceive(): boolean;
  /** Whether the driver takes large segments. */
  takesLarge(): boolean;
  /**
   * Writes a frame to the guest's buffers; what does not fit into those there are waits for more. `size` is that of a
   * large segment's parts, 0 for a frame.
   */
  receive(frame: Uint8Array, size: number): void;
  /** Tries again with a frame that waits. */
  flush(): void;
}

const NOTHING = new Uint8Array();
/** What a driver has to accept to get large segments. */
const LARGE = [NET_F.GUEST_CSUM, NET_F.GUEST_TSO4, NET_F.GUEST_TSO6];

export function createReceiver({ virtio, queue, state }: ReceiverOptions): Receiver {
  const incoming = new Uint8Array(HEADER + MAX_FRAME), header = new DataView(incoming.buffer, 0, HEADER);
  const ring = () => virtio.queue(queue);

  /** False if there are not enough buffers yet. */
  function deliver(frame: Uint8Array, size: number): boolean {
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
    writeHeader(frame, size);
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

  /** All but the number of buffers (5.1.6.4). */
  function writeHeader(frame: Uint8Array, size: number): void {
    const large = size > 0, v4 = get16(frame, ETHER.TYPE) === ETHER.IPV4, ip = ETHER.HEADER;
    const tcp = ip + (v4 ? (frame[ip] & 15) * 4 : 40);
    if (large) header.setUint8(0, HDR_F.NEEDS_CSUM);
    else header.setUint8(0, virtio.has(NET_F.GUEST_CSUM) && isValid(frame) ? HDR_F.DATA_VALID : 0);
    header.setUint8(1, large ? v4 ? GSO.TCPV4 : GSO.TCPV6 : GSO.NONE);
    header.setUint16(2, large ? tcp + (frame[tcp + 12] >> 4) * 4 : 0, true);
    header.setUint16(4, size, true);
    header.setUint16(6, large ? tcp : 0, true);
    header.setUint16(8, large ? IP.TCP_CHECKSUM : 0, true);
  }

  return {
    canReceive: () => !virtio.running() || state().held.length === 0 && ring().available() > 0,
    takesLarge: () => virtio.running() && LARGE.every((feature) => virtio.has(feature)),
    receive(frame, size) {
      if (frame.length > MAX_FRAME || state().held.length > 0) return; // the network did not ask
      if (!deliver(frame, size)) Object.assign(state(), { held: frame.slice(), heldSize: size });
    },
    flush() {
      const { held, heldSize } = state();
      if (held.length > 0 && deliver(held, heldSize)) state().held = NOTHING;
    },
  };
}
