import type { HostPort } from "./host_port.ts";

/** A `struct sockaddr` as Linux has it. */
export type SocketAddress = Uint8Array<ArrayBuffer>;

export const AF = { UNIX: 1, INET: 2 } as const;
const SUN_PATH = 108;
/** Bytes of a `struct sockaddr_un`. */
export const SOCKADDR_UN = 2 + SUN_PATH;

/** unix(7). Throws if the path is too long for one. */
export function unixAddress(path: string): SocketAddress {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length === 0 || bytes.length >= SUN_PATH) {
    throw new Error(`the path of a socket has 1 to ${SUN_PATH - 1} bytes, which "${path}" has not`);
  }
  const address = new Uint8Array(SOCKADDR_UN);
  new DataView(address.buffer).setUint16(0, AF.UNIX, true);
  address.set(bytes, 2);
  return address;
}

/** ip(7). */
export function inetAddress(ip: Uint8Array, port: number): SocketAddress {
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF.INET, true);
  view.setUint16(2, port);
  address.set(ip, 4);
  return address;
}

/** The port in it. */
export function portOf(address: SocketAddress): number {
  return address[2] << 8 | address[3];
}

/** The four bytes of an IPv4 address, or of the first one that a name has. */
export async function ipOf(hostname: string): Promise<Uint8Array> {
  const parts = hostname.split(".");
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return Uint8Array.from(parts, Number);
  }
  const { lookup } = await import("node:dns/promises"); // reads /etc/hosts, as Deno.resolveDns does not
  try {
    const { address } = await lookup(hostname, { family: 4 });
    return await ipOf(address);
  } catch {
    throw new Error(`there is no IPv4 address of "${hostname}"`);
  }
}

/** Where a host's port is. */
export async function resolve({ hostname, port }: HostPort): Promise<SocketAddress> {
  return inetAddress(await ipOf(hostname), port);
}

/** 224.0.0.0/4. */
export function isMulticast(ip: Uint8Array): boolean {
  return ip[0] >> 4 === 0xe;
}
