import { type Address, ANY_V4, BROADCAST_V4, sameAddress } from "./address.ts";
import { learn } from "./ethernet.ts";
import { decline, leaseFor, mayHave, release } from "./leases.ts";
import { searchList } from "./search_list.ts";
import type { Stack } from "./stack.ts";
import { type Datagram, sendUdp } from "./udp.ts";

/** The Dynamic Host Configuration Protocol (RFC 2131, 2132) and BOOTP (RFC 951). */
export const DHCP_PORT = 67;
const CLIENT_PORT = 68;
const OP = { REQUEST: 1, REPLY: 2 } as const;
const AT = {
  OP: 0,
  HARDWARE: 1,
  FLAGS: 10,
  CLIENT: 12,
  YOURS: 16,
  SERVER: 20,
  MAC: 28,
  FILE: 108,
  COOKIE: 236,
  OPTIONS: 240,
} as const;
/** Copied from question to answer: transaction, flags, relay, hardware address. */
const COPIED = [[4, 8], [10, 12], [24, 44]] as const;
const COOKIE = 0x6382_5363;
const OPTION = {
  PAD: 0,
  MASK: 1,
  ROUTER: 3,
  DNS: 6,
  HOSTNAME: 12,
  DOMAIN: 15,
  REQUESTED: 50,
  LEASE_TIME: 51,
  TYPE: 53,
  SERVER: 54,
  TFTP_SERVER: 66,
  BOOTFILE: 67,
  SEARCH: 119,
  END: 255,
} as const;
const TYPE = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;
/** Seconds. */
const LEASE_TIME = 86400;
/** Shortest message that BOOTP clients take (RFC 951, 3). */
const SHORTEST = 300;
const LONGEST = 576 - 28;
const MAC_LENGTH = 6;
const FILE_LENGTH = 128;

/** What a client asks. */
interface Question {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly mac: Uint8Array<ArrayBuffer>;
  readonly client: Address;
  /** Undefined: BOOTP. */
  readonly type: number | undefined;
  readonly requested: Address | undefined;
  readonly server: Address | undefined;
}

export function dhcpInput(stack: Stack, { packet, sourcePort }: Datagram): void {
  const question = read(packet.bytes.slice(packet.payload, packet.end));
  if (!question || sourcePort !== CLIENT_PORT) return;
  const { type, server, client, mac, requested } = question;
  const leases = stack.leases;
  const wanted = requested ?? (sameAddress(client, ANY_V4) ? undefined : client);
  if (server && !sameAddress(server, stack.settings.host)) return; // the client has chosen another server
  switch (type) {
    case undefined:
    case TYPE.DISCOVER: {
      const address = leaseFor(leases, mac, wanted);
      if (address) answer(stack, question, { type: type && TYPE.OFFER, address });
      return;
    }
    case TYPE.REQUEST: {
      const address = wanted && mayHave(leases, mac, wanted) ? leaseFor(leases, mac, wanted) : undefined;
      if (!address) return answer(stack, question, { type: TYPE.NAK, address: ANY_V4 });
      learn(stack, address, mac);
      return answer(stack, question, { type: TYPE.ACK, address });
    }
    case TYPE.INFORM:
      return answer(stack, question, { type: TYPE.ACK, address: ANY_V4 });
    case TYPE.RELEASE:
      return release(leases, mac, client);
    case TYPE.DECLINE:
      if (requested) decline(leases, mac, requested);
  }
}

function read(bytes: Uint8Array<ArrayBuffer>): Question | undefined {
  if (bytes.length < AT.COOKIE || bytes[AT.OP] !== OP.REQUEST) return undefined;
  if (bytes[AT.HARDWARE] !== 1 || bytes[AT.HARDWARE + 1] !== MAC_LENGTH) return undefined;
  const view = new DataView(bytes.buffer);
  const options = new Map<number, Uint8Array<ArrayBuffer>>();
  if (bytes.length >= AT.OPTIONS && view.getUint32(AT.COOKIE) === COOKIE) {
    for (let at = AT.OPTIONS as number; at < bytes.length && bytes[at] !== OPTION.END;) {
      if (bytes[at] === OPTION.PAD) {
        at++;
        continue;
      }
      const end = at + 1 < bytes.length ? at + 2 + bytes[at + 1] : Infinity;
      if (end > bytes.length) return undefined;
      options.set(bytes[at], bytes.slice(at + 2, end));
      at = end;
    }
  }
  const address = (code: number) => options.get(code)?.length === 4 ? options.get(code) : undefined;
  return {
    bytes,
    mac: bytes.slice(AT.MAC, AT.MAC + MAC_LENGTH),
    client: bytes.slice(AT.CLIENT, AT.YOURS),
    type: options.get(OPTION.TYPE)?.[0],
    requested: address(OPTION.REQUESTED),
    server: address(OPTION.SERVER),
  };
}

function answer(
  stack: Stack,
  { bytes, mac, client }: Question,
  { type, address }: { readonly type: number | undefined; readonly address: Address },
): void {
  const { settings } = stack;
  const reply = new Uint8Array(LONGEST);
  const view = new DataView(reply.buffer);
  reply.set([OP.REPLY, 1, MAC_LENGTH]);
  for (const [start, end] of COPIED) reply.set(bytes.subarray(start, end), start);
  view.setUint32(AT.COOKIE, COOKIE);
  let at = AT.OPTIONS as number;
  const put = (code: number, value: ArrayLike<number>) => {
    if (value.length === 0 || value.length > 255 || at + 2 + value.length >= LONGEST) return;
    reply.set([code, value.length], at);
    reply.set(value, at + 2);
    at += 2 + value.length;
  };
  const text = (code: number, value: string) => put(code, new TextEncoder().encode(value));
  if (type !== undefined) put(OPTION.TYPE, [type]);
  put(OPTION.SERVER, settings.host);
  if (type !== TYPE.NAK) {
    reply.set(address, AT.YOURS);
    if (type === TYPE.ACK) reply.set(client, AT.CLIENT);
    reply.set(settings.host, AT.SERVER);
    reply.set(new TextEncoder().encode(settings.bootfile).subarray(0, FILE_LENGTH - 1), AT.FILE);
    if (!sameAddress(address, ANY_V4)) {
      put(
        OPTION.LEASE_TIME,
        [0, 0, 0, 0].map((_, i) => LEASE_TIME >> 24 - 8 * i & 255),
      );
    }
    put(OPTION.MASK, settings.mask);
    if (!settings.restrict) {
      put(OPTION.ROUTER, settings.host);
      put(OPTION.DNS, settings.dns);
    }
    text(OPTION.HOSTNAME, settings.hostname);
    text(OPTION.DOMAIN, settings.domainname);
    text(OPTION.TFTP_SERVER, settings.tftpServerName);
    text(OPTION.BOOTFILE, settings.bootfile);
    put(OPTION.SEARCH, searchList(settings.dnssearch));
  }
  reply[at++] = OPTION.END;
  // To the hardware address, and to all at IP: the client has no address that it would listen to yet.
  sendUdp(stack, {
    source: settings.host,
    sourcePort: DHCP_PORT,
    target: BROADCAST_V4,
    targetPort: CLIENT_PORT,
    mac,
  }, reply.subarray(0, Math.max(at, SHORTEST)));
}
