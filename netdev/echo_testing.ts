/** A host of a few lines, as the peer of tests: it answers ARP requests for its address, and pings. */
import type { NetBackend } from "@emu/core";

const ETHERTYPE = { IPV4: 0x0800, ARP: 0x0806 } as const;
const PROTOCOL_ICMP = 1;
const ECHO_REQUEST = 8;

/** Puts the host on a network; gives the number of pings answered so far. */
export function echoHost(
  backend: NetBackend,
  { mac, ip }: { readonly mac: Uint8Array; readonly ip: Uint8Array },
): () => number {
  let pings = 0;
  const isOurs = (bytes: Uint8Array) => bytes.every((byte, at) => byte === ip[at]);
  backend.connect({
    canReceive: () => true,
    receive(lent) {
      const frame = lent.slice(), type = frame[12] << 8 | frame[13];
      if (type === ETHERTYPE.ARP && frame[21] === 1 && isOurs(frame.subarray(38, 42))) {
        frame.copyWithin(32, 22, 32); // the asker's addresses become the target's (RFC 826)
        frame[21] = 2;
        frame.set(mac, 22);
        frame.set(ip, 28);
      } else if (
        type === ETHERTYPE.IPV4 && frame[23] === PROTOCOL_ICMP && frame[34] === ECHO_REQUEST &&
        isOurs(frame.subarray(30, 34))
      ) {
        pings++;
        frame.copyWithin(30, 26, 30);
        frame.set(ip, 26);
        frame[34] = 0;
        addToChecksum(frame, { at: 36, value: ECHO_REQUEST << 8 });
      } else return;
      frame.copyWithin(0, 6, 12);
      frame.set(mac, 6);
      backend.send(frame);
    },
  });
  return () => pings;
}

/** What a ones' complement checksum becomes when a word of what it covers is less by `value` (RFC 1624). */
function addToChecksum(
  frame: Uint8Array,
  { at, value }: { readonly at: number; readonly value: number },
): void {
  const sum = (frame[at] << 8 | frame[at + 1]) + value;
  const folded = (sum & 0xffff) + (sum >> 16);
  frame[at] = folded >> 8;
  frame[at + 1] = folded;
}
