import { type Endpoint, SIZE } from "./address.ts";
import { sumOf, sumOfBytes } from "./checksum.ts";
import { ETHERNET_HEADER } from "./frame_queue.ts";
import { IPV4_HEADER, writeV4Header } from "./ipv4.ts";
import { IPV6_HEADER, writeV6Header } from "./ipv6.ts";
import { PROTOCOL } from "./packet.ts";
import type { Stack } from "./stack.ts";
import { hostFailed, hostRead, hostWrote } from "./tcp_life.ts";
import { type Connection, freshState, STATE, TCP, TCP_HEADER } from "./tcp_state.ts";
import { hashOf } from "./tcp_table.ts";

const DONT_FRAGMENT = 0x4000;
/** Offset of the checksum in an IPv4 header. */
const V4_CHECKSUM = 10;

/** Makes a connection, and enters it. */
export function newConnection(stack: Stack, guest: Endpoint, remote: Endpoint): Connection {
  const size = guest.address.length;
  const tcp = ETHERNET_HEADER + (size === SIZE.V4 ? IPV4_HEADER : IPV6_HEADER);
  const header = new Uint8Array(tcp + TCP_HEADER);
  const view = new DataView(header.buffer);
  const envelope = { source: remote.address, target: guest.address, protocol: PROTOCOL.TCP };
  if (size === SIZE.V4) {
    writeV4Header(view, envelope, { length: 0, id: 0, fragment: DONT_FRAGMENT });
    view.setUint16(ETHERNET_HEADER + V4_CHECKSUM, 0);
  } else writeV6Header(header, view, { ...envelope, length: 0 });
  view.setUint16(tcp + TCP.SOURCE, remote.port);
  view.setUint16(tcp + TCP.TARGET, guest.port);
  const c: Connection = {
    ...freshState(),
    hash: hashOfEnds(guest, remote),
    guest: guest.address,
    guestPort: guest.port,
    remote: remote.address,
    remotePort: remote.port,
    header,
    headerSum: sumOf(view, ETHERNET_HEADER, tcp),
    pseudoSum: sumOfBytes(guest.address, sumOfBytes(remote.address, guest.port + remote.port + PROTOCOL.TCP)),
    onRead: (count) => hostRead(stack, c, count),
    onWritten: (count) => hostWrote(stack, c, count),
    onFailed: () => hostFailed(stack, c),
  };
  c.state = STATE.OPENING;
  c.iss = crypto.getRandomValues(new Int32Array(1))[0];
  c.sndUna = c.sndNxt = c.sndMax = c.iss;
  stack.connections.add(c);
  return c;
}

/** The hash that the table finds in segments from the guest. */
function hashOfEnds(guest: Endpoint, remote: Endpoint): number {
  const size = guest.address.length, bytes = new Uint8Array(2 * size + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(guest.address);
  bytes.set(remote.address, size);
  view.setUint16(2 * size, guest.port);
  view.setUint16(2 * size + 2, remote.port);
  return hashOf(view, 0, { size, ports: 2 * size });
}
