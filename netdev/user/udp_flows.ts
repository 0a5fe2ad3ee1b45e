import { NEVER } from "@emu/core";
import { type Address, type Endpoint, formatAddress, sameAddress } from "./address.ts";
import { DNS_PORT, isQuery, isResponse, refusal } from "./dns.ts";
import type { HostDatagrams } from "./host_network.ts";
import { destinationOf, sourceOf } from "./packet.ts";
import { guestAddress, hostTarget } from "./routes.ts";
import type { Stack } from "./stack.ts";
import { type Datagram, sendUdp, unreachable } from "./udp.ts";
import { sendByForward } from "./udp_forward.ts";

/** Sockets that guests' UDP ports have on the host; the one idle for longest gives way. */
export const UDP_FLOWS = 256;
/** Datagrams that wait in one socket for the host to take them; further ones are lost. */
export const UDP_SENDING = 64;
/** How long a socket is kept for answers, in nanoseconds (RFC 4787, 4.3: at least two minutes). */
export const UDP_IDLE = 240e9;
/** The same for a question to a name server. */
export const DNS_IDLE = 10e9;

/** A UDP port of a guest and its socket on the host. */
export interface Flow {
  readonly key: string;
  readonly guest: Endpoint;
  readonly size: number;
  readonly socket: HostDatagrams;
  readonly idle: number;
  /** When it has been idle for too long. */
  deadline: number;
  /** Datagrams that the host has not taken yet. */
  sending: number;
  /** Name servers: which one is asked, what it was asked last, and for which address it stands. */
  resolver: number;
  question: number;
  readonly server: Address | undefined;
}

/** Sends a guest's datagram on, from a port of the host's that stays the same while it talks. */
export function forwardToHost(
  stack: Stack,
  { packet, sourcePort, targetPort }: Datagram,
  target: Address,
): void {
  const guest = { address: sourceOf(packet), port: sourcePort };
  const to = hostTarget(stack, target, targetPort);
  const data = packet.bytes.slice(packet.payload, packet.end);
  if (to && sendByForward(stack, guest, { to, data })) return;
  if (stack.settings.restrict) return;
  if (!to) return unreachable(stack, packet, "HOST");
  send(flowOf(stack, guest, undefined), data, to);
}

/** Sends a question to the host's name server; the next one's turn comes when the guest asks the same again. */
export function forwardToDns(stack: Stack, { packet, sourcePort }: Datagram): void {
  const data = packet.bytes.slice(packet.payload, packet.end);
  if (!isQuery(data)) return;
  const guest = { address: sourceOf(packet), port: sourcePort };
  const server = destinationOf(packet);
  const resolvers = stack.host.resolvers();
  if (resolvers.length === 0) {
    return sendUdp(
      stack,
      { source: server, sourcePort: DNS_PORT, target: guest.address, targetPort: sourcePort },
      refusal(data),
    );
  }
  const first = resolvers[0].address.length;
  const flow = flowOf(stack, guest, { server, size: first });
  const id = data[0] << 8 | data[1];
  if (flow.question === id) flow.resolver++;
  flow.question = id;
  const usable = resolvers.filter(({ address }) => address.length === flow.size);
  if (usable.length > 0) send(flow, data, usable[flow.resolver % usable.length]);
}

function send(flow: Flow, data: Uint8Array<ArrayBuffer>, to: Endpoint): void {
  if (flow.sending >= UDP_SENDING) return;
  flow.sending++;
  flow.socket.send(data, to, () => flow.sending--);
}

function flowOf(
  stack: Stack,
  guest: Endpoint,
  dns: { readonly server: Address; readonly size: number } | undefined,
): Flow {
  const { flows } = stack;
  const now = stack.timers.now();
  const key = `${dns ? "dns " : ""}${formatAddress(guest.address)} ${guest.port}`;
  const there = flows.get(key);
  if (there && (!dns || there.server && sameAddress(dns.server, there.server))) {
    there.deadline = now + there.idle;
    return there;
  }
  if (there) close(stack, there);
  if (flows.size >= UDP_FLOWS) {
    close(
      stack,
      [...flows.values()].reduce((a, b) => a.deadline <= b.deadline ? a : b),
    );
  }
  const size = dns?.size ?? guest.address.length;
  const idle = dns ? DNS_IDLE : UDP_IDLE;
  const flow: Flow = {
    key,
    guest,
    size,
    socket: stack.host.datagrams(size, (data, from) => answer(stack, flow, { data, from })),
    idle,
    deadline: now + idle,
    sending: 0,
    resolver: 0,
    question: -1,
    server: dns?.server,
  };
  flows.set(key, flow);
  stack.timers.by(flow.deadline);
  return flow;
}

function answer(
  stack: Stack,
  flow: Flow,
  { data, from }: { readonly data: Uint8Array; readonly from: Endpoint },
): void {
  if (stack.flows.get(flow.key) !== flow || stack.queue.room <= 0) return;
  const source = sourceOfAnswer(stack, flow, { data, from });
  if (!source) return;
  flow.deadline = stack.timers.now() + flow.idle;
  const sourcePort = flow.server ? DNS_PORT : from.port;
  sendUdp(
    stack,
    { source, sourcePort, target: flow.guest.address, targetPort: flow.guest.port },
    data,
  );
}

/** From whom an answer comes as the guest sees it; undefined: from nobody it can have asked. */
function sourceOfAnswer(
  stack: Stack,
  { guest, server }: Flow,
  { data, from }: { readonly data: Uint8Array; readonly from: Endpoint },
): Address | undefined {
  if (!server) {
    const source = guestAddress(stack, from.address);
    return source.length === guest.address.length ? source : undefined;
  }
  const asked = stack.host.resolvers().some(({ address, port }) =>
    port === from.port && sameAddress(address, from.address)
  );
  return asked && isResponse(data) ? server : undefined;
}

function close({ flows }: Stack, flow: Flow): void {
  flows.delete(flow.key);
  flow.socket.close();
}

/** Closes the sockets that nobody uses any more; gives when to look again. */
export function udpTick(stack: Stack, now: number): number {
  let next = NEVER;
  for (const flow of stack.flows.values()) {
    if (flow.deadline <= now) close(stack, flow);
    else next = Math.min(next, flow.deadline);
  }
  return next;
}

export function closeFlows(stack: Stack): void {
  for (const flow of stack.flows.values()) close(stack, flow);
}
