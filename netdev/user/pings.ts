import type { Address } from "./address.ts";
import { checksum, sumOf } from "./checksum.ts";
import type { HostPings } from "./host_network.ts";
import { sendV4 } from "./ipv4.ts";
import { destinationOf, type Packet, PROTOCOL, sourceOf } from "./packet.ts";
import { hostAddress } from "./routes.ts";
import type { Stack } from "./stack.ts";

/** Echo requests that wait for their answer; a further one takes the place of the oldest. A power of two. */
export const PINGS = 256;
/** How long they wait, in nanoseconds. */
export const PING_WAIT = 10e9;

/** An echo request of a guest's that is out. */
interface Ping {
  readonly guest: Address;
  readonly remote: Address;
  /** Identifier and sequence number, as the guest has them. */
  readonly id: number;
  readonly sequence: number;
  /** The sequence number that it has outside. */
  readonly own: number;
  readonly deadline: number;
}

/** The guests' way to ping the world: one socket of the host's, on which sequence numbers tell who asked. */
export interface Pings {
  /** Undefined until the first; null where the host does not permit it. */
  socket: HostPings | null | undefined;
  opening: Promise<HostPings | null> | undefined;
  readonly waiting: (Ping | undefined)[];
  next: number;
}

export function newPings(): Pings {
  return { socket: undefined, opening: undefined, waiting: new Array(PINGS), next: 0 };
}

/** Sends a guest's echo request out. False if there is no way; what fails out there is lost. */
export function pingOut(stack: Stack, packet: Packet): boolean {
  const { pings, host } = stack;
  if (pings.socket === null || packet.size !== 4 || !host.pings) return false;
  const to = hostAddress(stack, destinationOf(packet));
  if (to === undefined) return false;
  const message = packet.bytes.slice(packet.payload, packet.end), view = new DataView(message.buffer);
  const own = pings.next++ & 0xffff;
  pings.waiting[own % PINGS] = {
    guest: sourceOf(packet),
    remote: destinationOf(packet),
    id: view.getUint16(4),
    sequence: view.getUint16(6),
    own,
    deadline: stack.timers.now() + PING_WAIT,
  };
  view.setUint16(6, own);
  seal(view);
  if (pings.socket) pings.socket.send(message, to);
  else void open(stack).then((socket) => socket?.send(message, to));
  return true;
}

/** Opens the socket, once. */
function open(stack: Stack): Promise<HostPings | null> {
  const { pings, host } = stack;
  return pings.opening ??= host.pings!((message) => answer(stack, message)).catch((error) => {
    stack.warn(`Cannot pass pings on to the world: ${(error as Error).message}`);
    return null;
  }).then((socket) => pings.socket = socket);
}

function answer(stack: Stack, bytes: Uint8Array): void {
  if (bytes.length < 8 || bytes[0] !== 0 || stack.queue.room <= 0) return;
  const message = bytes.slice(), view = new DataView(message.buffer), own = view.getUint16(6);
  const ping = stack.pings.waiting[own % PINGS];
  if (ping?.own !== own || ping.deadline < stack.timers.now()) return;
  stack.pings.waiting[own % PINGS] = undefined;
  view.setUint16(4, ping.id);
  view.setUint16(6, ping.sequence);
  seal(view);
  sendV4(stack, { source: ping.remote, target: ping.guest, protocol: PROTOCOL.ICMP }, message);
}

function seal(view: DataView): void {
  view.setUint16(2, 0);
  view.setUint16(2, checksum(sumOf(view, 0, view.byteLength)));
}

export async function closePings({ pings }: Stack): Promise<void> {
  const socket = await pings.opening;
  pings.socket = null;
  await socket?.close();
}
