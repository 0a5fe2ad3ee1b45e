import { type Address, type Endpoint, formatAddress, sameAddress } from "./address.ts";
import type { HostDatagrams } from "./host_network.ts";
import { guestAddress } from "./routes.ts";
import type { Stack } from "./stack.ts";
import { sendUdp } from "./udp.ts";
import { UDP_IDLE, UDP_SENDING } from "./udp_flows.ts";

/** Clients of one forwarded port that the guest can answer; the one silent for longest gives way. */
export const FORWARD_CLIENTS = 256;

/** A UDP port of the host whose datagrams go to a guest. */
export interface UdpForward {
  readonly guest: Endpoint;
  readonly port: number;
  readonly socket: HostDatagrams;
  /** Who may be answered through it, and until when. */
  readonly clients: Map<string, number>;
  sending: number;
}

/** Opens the port. Throws if the host does not give it. */
export async function openUdpForward(stack: Stack, at: Endpoint, guest: Endpoint): Promise<UdpForward> {
  const clients = new Map<string, number>();
  const socket = await stack.host.bind(at, (data, from) => {
    const source = guestAddress(stack, from.address);
    if (stack.queue.room <= 0 || source.length !== guest.address.length) return;
    note(clients, keyOf(from), stack.timers.now());
    sendUdp(stack, {
      source,
      sourcePort: from.port,
      target: guest.address,
      targetPort: guest.port,
    }, data);
  });
  return { guest, port: socket.port, socket, clients, sending: 0 };
}

function note(clients: Map<string, number>, key: string, now: number): void {
  clients.delete(key); // so that the order is that of last use
  if (clients.size >= FORWARD_CLIENTS) clients.delete(clients.keys().next().value!);
  clients.set(key, now + UDP_IDLE);
}

/** Sends what answers a client of a forward through it. Gives whether it does. */
export function sendByForward(
  stack: Stack,
  guest: { readonly address: Address; readonly port: number },
  { to, data }: { readonly to: Endpoint; readonly data: Uint8Array<ArrayBuffer> },
): boolean {
  if (stack.udpForwards.size === 0) return false;
  for (const forward of stack.udpForwards) {
    if (forward.guest.port !== guest.port || !sameAddress(forward.guest.address, guest.address)) continue;
    const until = forward.clients.get(keyOf(to));
    if (until === undefined || until <= stack.timers.now()) continue;
    note(forward.clients, keyOf(to), stack.timers.now());
    if (forward.sending < UDP_SENDING) {
      forward.sending++;
      forward.socket.send(data, to, () => forward.sending--);
    }
    return true;
  }
  return false;
}

function keyOf({ address, port }: Endpoint): string {
  return `${formatAddress(address)} ${port}`;
}
