import type { NetBackend } from "../backend/define.ts";
import type { NetReceiver } from "../backend/net.ts";
import { type TcpEnd, tcpEnd } from "./tcp_testing.ts";

const ETHER = { ARP: 0x0806, IPV4: 0x0800 } as const;
const MAC = [0x52, 0x55, 0, 0, 0, 1], ADDRESS = [10, 9, 0, 1];

const PROTOCOL = { ICMP: 1, TCP: 6 } as const;

/** Milliseconds until an answer: time for the guest to gather what it sends. */
const DELAY = 20;

/** A host at 10.9.0.1 that answers ARP and pings, in fragments too, speaks TCP, and checks what it gets. */
export class Peer implements NetBackend {
  readonly sources = new Set<string>();
  /** Connections, by the guest's port. */
  readonly connections = new Map<number, TcpEnd>();
  /** Frames of the guest's. */
  frames = 0;
  badChecksums = 0;
  #receiver: NetReceiver | undefined;
  readonly #waiting: Uint8Array[] = [];
  readonly #stream: Uint8Array;

  /** `stream` is what each TCP connection gets. */
  constructor(stream: Uint8Array = new Uint8Array()) {
    this.#stream = stream;
  }

  send(frame: Uint8Array): void {
    this.frames++;
    this.sources.add([...frame.subarray(6, 12)].map((byte) => byte.toString(16).padStart(2, "0")).join(":"));
    const answer = frame.slice(), view = new DataView(answer.buffer);
    const type = view.getUint16(12);
    if (type === ETHER.ARP && view.getUint16(20) === 1) {
      answer.set(frame.subarray(22, 32), 32);
      answer.set([...MAC, ...ADDRESS], 22);
      view.setUint16(20, 2);
    } else if (type === ETHER.IPV4 && view.getUint8(23) === PROTOCOL.TCP) return this.#tcp(frame);
    else if (type === ETHER.IPV4 && view.getUint8(23) === PROTOCOL.ICMP) {
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
    this.#answer(frame, answer);
  }

  #answer(frame: Uint8Array, answer: Uint8Array): void {
    answer.set(frame.subarray(6, 12), 0);
    answer.set(MAC, 6);
    this.#waiting.push(answer);
    if (this.#waiting.length === 1) setTimeout(() => this.ready(), DELAY);
  }

  #tcp(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset), port = view.getUint16(34);
    const segment = frame.subarray(34, 14 + view.getUint16(16));
    const pseudo = (length: number) =>
      Uint8Array.of(...frame.subarray(26, 34), 0, PROTOCOL.TCP, length >> 8, length);
    if (checksum(frame.subarray(14, 34)) || checksum(pseudo(segment.length), segment)) this.badChecksums++;
    let end = this.connections.get(port);
    if (!end) this.connections.set(port, end = tcpEnd(this.#stream));
    for (const bytes of end.take(segment)) {
      const answer = new Uint8Array(34 + bytes.length), out = new DataView(answer.buffer);
      answer.set(frame.subarray(12, 34), 12);
      answer.set(frame.subarray(26, 30), 30);
      answer.set(ADDRESS, 26);
      out.setUint16(16, 20 + bytes.length);
      out.setUint16(24, 0);
      out.setUint16(24, checksum(answer.subarray(14, 34)));
      answer.set(bytes, 34);
      out.setUint16(50, checksum(pseudo(bytes.length), answer.subarray(34)));
      this.#answer(frame, answer);
    }
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

/** RFC 1071; all parts but the last have an even length. */
function checksum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const bytes of parts) {
    for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] << 8 | (bytes[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
