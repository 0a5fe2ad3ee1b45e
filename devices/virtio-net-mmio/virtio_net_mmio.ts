import { type Chain, defineDevice, MAX_FRAME, virtioMmio, virtioState } from "@emu/core";
import { complete } from "./checksum.ts";
import { createControl } from "./control.ts";
import { accepts, addressBytes, filterState } from "./filter.ts";
import { GSO, HDR_F, HEADER, NET_F, NET_S, parseHeader } from "./header.ts";
import manifest from "./manifest.json" with { type: "json" };
import { ETHER } from "./protocols.ts";
import { createReceiver } from "./receive.ts";
import { segment } from "./segment.ts";

const NETWORK_CARD = 1;
const QUEUE = { RX: 0, TX: 1, CONTROL: 2 } as const;
const QUEUE_SIZE = { RX: 256, TX: 256, CONTROL: 64 } as const;
const CONTROL_OK = 0, CONTROL_ERR = 1;

/** Virtio network card (virtio 1.2, 5.1), with checksums and TCP segmentation done for the guest. */
export default defineDevice(manifest, {
  size: 0x200,
  compatible: "virtio,mmio",
  outputs: ["irq"],
  create(context) {
    const { log, properties } = context;
    const s = {
      ...virtioState(3),
      filter: filterState(parseInt(properties.mac.replaceAll(":", ""), 16)),
      /** The cable as the driver was told of it. */
      linkUp: true,
      announce: false,
      /** A frame that waits for buffers; empty: none. */
      held: new Uint8Array(),
      /** Size of its parts if it is a large segment, else 0. */
      heldSize: 0,
    };
    // The host's side only: a frame on its way out, and whether the network was told to wait.
    const outgoing = new Uint8Array(HEADER + MAX_FRAME);
    let blocked = false;

    const virtio = virtioMmio(context, {
      state: s,
      deviceId: NETWORK_CARD,
      features: Object.values(NET_F),
      config,
      queues: [
        { size: QUEUE_SIZE.RX, kicked: () => receiver.flush() },
        { size: QUEUE_SIZE.TX, take: transmit },
        { size: QUEUE_SIZE.CONTROL, take: control },
      ],
      outputs,
    });
    const receiver = createReceiver({ virtio, queue: QUEUE.RX, state: () => s });
    const command = createControl({
      virtio,
      filter: () => s.filter,
      announced: () => void (s.announce = false),
    });
    const port = context.network(properties.netdev, {
      receive: (frame) => receive(frame, 0),
      takesLarge: () => receiver.takesLarge(),
      receiveLarge: receive,
      linkChanged: () => virtio.update(),
      canReceive() {
        blocked = !receiver.canReceive();
        return !blocked;
      },
    });
    return virtio.device;

    function receive(frame: Uint8Array, size: number): void {
      // A card that is off hears nothing.
      if (!virtio.running() || frame.length < ETHER.HEADER || size > 0 && !receiver.takesLarge()) return;
      if (!accepts(s.filter, frame, virtio.has(NET_F.CTRL_VLAN))) return;
      receiver.receive(frame, size);
      virtio.update();
    }

    function config(): Uint8Array {
      const status = (s.linkUp ? NET_S.LINK_UP : 0) | (s.announce ? NET_S.ANNOUNCE : 0);
      return Uint8Array.of(...addressBytes(s.filter.mac), status, 0);
    }

    function outputs(): void {
      if (s.linkUp !== port.linkUp) observeLink();
      if (blocked && receiver.canReceive()) {
        blocked = false;
        port.ready();
      }
    }

    function observeLink(): void {
      s.linkUp = port.linkUp;
      // Plugged in somewhere else, maybe: neighbours look for it at the old place.
      s.announce = s.linkUp && virtio.running() && virtio.has(NET_F.GUEST_ANNOUNCE);
      virtio.configChanged();
    }

    function transmit(chain: Chain): number {
      const length = chain.readableLength, bytes = outgoing.subarray(0, length);
      let frames = 0;
      if (length < HEADER + ETHER.HEADER || length > outgoing.length || !virtio.read(chain, 0, bytes)) {
        log.guestError(`frame of ${length - HEADER} bytes, or outside of memory`);
      } else frames = send(bytes);
      virtio.queue(QUEUE.TX).push(chain, 0);
      return frames;
    }

    /** Gives the number of frames it became. */
    function send(bytes: Uint8Array): number {
      const header = parseHeader(bytes), frame = bytes.subarray(HEADER);
      if (header.gsoType !== GSO.NONE && port.sendLarge) {
        port.sendLarge(frame);
        return 1;
      }
      if (header.gsoType !== GSO.NONE) {
        const count = segment(frame, header, (part) => port.send(part));
        if (count === undefined) {
          log.guestError(`frame that cannot be cut into segments of ${header.gsoSize}`);
        }
        return count ?? 0;
      }
      if (header.flags & HDR_F.NEEDS_CSUM && !complete(frame, header.csumStart, header.csumOffset)) {
        log.guestError("checksum outside of its frame");
        return 0;
      }
      port.send(frame);
      return 1;
    }

    function control(chain: Chain): void {
      const written = virtio.write(chain, 0, Uint8Array.of(command(chain) ? CONTROL_OK : CONTROL_ERR));
      virtio.queue(QUEUE.CONTROL).push(chain, written ? 1 : 0);
    }
  },
});
