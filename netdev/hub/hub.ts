import { defineNetdev, MAX_FRAME, type NetBackend, type NetReceiver } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** Counts frames and bytes of one port, as its guest sees them. */
export interface PortCounters {
  sent: number;
  received: number;
  /** Frames that found the queue full, or were too long. */
  dropped: number;
}

/** One port of a hub. */
export interface HubPort extends NetBackend {
  readonly counters: Readonly<PortCounters>;
  /** Frames that wait for the guest. */
  readonly waiting: number;
  /** Gives the port a frame that came in at another one. */
  deliver(frame: Uint8Array): void;
  /** Whether another port has room. As in QEMU one is enough: a port that nobody empties must not hold up the others. */
  canSend(): boolean;
  /** Another port has room again. */
  resume(): void;
  /** No frame more is kept. */
  readonly full: boolean;
}

/** Hubs by name: machines of one process meet here. A hub is there while it has a port. */
const hubs = new Map<string, Set<HubPort>>();

/** Opens a port. */
export function openPort({ hub, queue }: { readonly hub: string; readonly queue: number }): HubPort {
  const ports = hub === "" ? new Set<HubPort>() : hubs.get(hub) ?? new Set<HubPort>();
  if (hub !== "") hubs.set(hub, ports);
  const counters: PortCounters = { sent: 0, received: 0, dropped: 0 };
  const waiting: Uint8Array[] = [];
  let receiver: NetReceiver | undefined;
  let delivering = false;

  const pass = () => {
    if (delivering || !receiver) return;
    delivering = true;
    const wasFull = port.full;
    try {
      while (waiting.length > 0 && receiver.canReceive()) {
        const frame = waiting.shift()!;
        counters.received++;
        receiver.receive(frame);
      }
    } finally {
      delivering = false;
    }
    if (wasFull && !port.full) { for (const other of ports) if (other !== port) other.resume(); }
  };
  const port: HubPort = {
    counters,
    get waiting() {
      return waiting.length;
    },
    send(frame) {
      if (frame.length > MAX_FRAME || !ports.has(port)) {
        counters.dropped++;
        return;
      }
      counters.sent++;
      for (const other of ports) if (other !== port) other.deliver(frame);
    },
    get full() {
      return waiting.length >= queue;
    },
    canSend() {
      let alone = true;
      for (const other of ports) {
        if (other === port) continue;
        if (!other.full) return true;
        alone = false;
      }
      return alone;
    },
    resume: () => receiver?.roomAgain?.(),
    deliver(frame) {
      if (port.full) {
        counters.dropped++;
        return;
      }
      waiting.push(frame.slice());
      // Later: answers from within `receive` would recurse, and a loop of hubs would hold up everything else.
      if (waiting.length === 1) setImmediate(pass);
    },
    connect(to) {
      receiver = to;
      pass();
    },
    ready: pass,
    close() {
      ports.delete(port);
      if (ports.size === 0 && hubs.get(hub) === ports) hubs.delete(hub);
      waiting.length = 0;
    },
  };
  ports.add(port);
  return port;
}

/** A hub, as the boxes with many sockets were: no addresses learned, every frame everywhere. */
export default defineNetdev(manifest, ({ properties }) => openPort(properties));
