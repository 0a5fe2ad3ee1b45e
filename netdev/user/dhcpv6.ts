import { type Address, formatAddress, sameAddress } from "./address.ts";
import { sourceOf } from "./packet.ts";
import { searchList } from "./search_list.ts";
import type { Stack } from "./stack.ts";
import { type Datagram, sendUdp } from "./udp.ts";

/** Stateless DHCP for IPv6 (RFC 8415, 18.2.6; RFC 3646; RFC 5970): what router advertisements do not say. */
export const DHCPV6_PORT = 547;
const CLIENT_PORT = 546;
const SERVERS: Address = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2);
const MESSAGE = { REPLY: 7, INFORMATION_REQUEST: 11 } as const;
const OPTION = { CLIENT_ID: 1, SERVER_ID: 2, REQUESTED: 6, DNS: 23, SEARCH: 24, BOOTFILE_URL: 59 } as const;
/** DUID-LL of Ethernet (RFC 8415, 11.4). */
const DUID_LINK_LAYER = [0, 3, 0, 1];
/** Longest identifier of a client, in bytes (RFC 8415, 11.1). */
const LONGEST_ID = 130;
const HEADER = 4;

export function isDhcpV6Server(target: Address): boolean {
  return sameAddress(target, SERVERS);
}

export function dhcpV6Input(stack: Stack, { packet, sourcePort }: Datagram): void {
  const { bytes, view, payload, end } = packet;
  if (end - payload < HEADER || bytes[payload] !== MESSAGE.INFORMATION_REQUEST) return;
  const { settings } = stack;
  const ownId = [...DUID_LINK_LAYER, ...settings.mac];
  let clientId: Uint8Array | undefined;
  const wanted = new Set<number>();
  for (let at = payload + HEADER; at < end;) {
    if (at + 4 > end) return;
    const code = view.getUint16(at), start = at + 4;
    at = start + view.getUint16(at + 2);
    if (at > end) return;
    if (code === OPTION.CLIENT_ID && at - start <= LONGEST_ID) clientId = bytes.slice(start, at);
    if (code === OPTION.SERVER_ID && bytes.subarray(start, at).join() !== ownId.join()) return; // another one's
    if (code === OPTION.REQUESTED) { for (let i = start; i + 2 <= at; i += 2) wanted.add(view.getUint16(i)); }
  }
  const reply: number[] = [MESSAGE.REPLY, ...bytes.subarray(payload + 1, payload + HEADER)];
  const put = (code: number, value: ArrayLike<number>) =>
    reply.push(0, code, value.length >> 8, value.length & 255, ...Array.from(value));
  if (clientId) put(OPTION.CLIENT_ID, clientId);
  put(OPTION.SERVER_ID, ownId);
  if (wanted.has(OPTION.DNS)) put(OPTION.DNS, settings.dns6);
  const search = searchList(settings.dnssearch);
  if (wanted.has(OPTION.SEARCH) && search.length > 0) put(OPTION.SEARCH, search);
  if (wanted.has(OPTION.BOOTFILE_URL) && settings.bootfile !== "") {
    const url = `tftp://[${formatAddress(settings.host6)}]/${settings.bootfile}`;
    put(OPTION.BOOTFILE_URL, new TextEncoder().encode(url));
  }
  if (sourcePort !== CLIENT_PORT) return;
  const target = sourceOf(packet);
  if (target.every((byte) => byte === 0)) return;
  sendUdp(
    stack,
    { source: settings.router6, sourcePort: DHCPV6_PORT, target, targetPort: CLIENT_PORT },
    Uint8Array.from(reply),
  );
}
