import type { NetBackend } from "../backend/define.ts";
import type { NetReceiver } from "../backend/net.ts";

const ETHER = { ARP: 0x0806, IPV4: 0x0800 } as const;
const MAC = [0x52, 0x55, 0, 0, 0, 1], ADDRESS = [10, 9, 0, 1];

/** A host at 10.9.0.1 that answers ARP and pings, in fragments too, and checks what it gets. */
export class Peer implements NetBackend {
  readonly sources = new Set<string>();
  badChecksums = 0;
  #receiver: NetReceiver | undefined;
  readonly #waiting: Uint8Array[] = [];

  send(frame: Uint8Array): void {
    this.sources.add([...frame.subarray(6, 12)].map((byte) => byte.toString(16).padStart(2, "0")).join(":"));
    const answer = frame.slice(), view = new DataView(answer.buffer);
    const type = view.getUint16(12);
    if (type === ETHER.ARP && view.getUint16(20) === 1) {
      answer.set(frame.subarray(22, 32), 32);
      answer.set([...MAC, ...ADDRESS], 22);
      view.setUint16(20, 2);
    } else if (type === ETHER.IPV4 && view.getUint8(23) === 1) {
      if (checksum(frame.subarray(14, 34)) !== 0) this.badChecksums++;
      answer.set(frame.subarray(26, 30), 30);
      answer.set(ADDRESS, 26);
      // Only the first fragment has the ICMP header; from request to reply its checksum grows by 8 in the high byte.
      if ((view.getUint16(20) & 0x1fff) === 0) {
        view.setUint8(34, 0);
        const sum = view.getUint16(36) + 0x800;
        view.setUint16(36, (sum & 0xffff) + (sum >> 16));
      }
    } else return;
    answer.set(frame.subarray(6, 12), 0);
    answer.set(MAC, 6);
    this.#waiting.push(answer);
    setTimeout(() => this.ready(), 0);
  }

  connect(receiver: NetReceiver): void {
    this.#receiver = receiver;
  }

  ready(): void {
    while (this.#waiting.length > 0 && this.#receiver?.canReceive()) {
      this.#receiver.receive(this.#waiting.shift()!);
    }
  }

  close(): void {}
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] << 8 | bytes[i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
