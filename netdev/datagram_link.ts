import { descriptorBackend, type FramePort } from "./descriptor.ts";
import type { HostPort } from "./host_port.ts";
import { checked, errorText, libc } from "./libc.ts";
import {
  AF,
  inetAddress,
  ipOf,
  isMulticast,
  portOf,
  resolve,
  type SocketAddress,
  unixAddress,
} from "./socket_address.ts";
import type { CountingBackend } from "./stream_link.ts";
import { removeStale } from "./stream_peers.ts";

/** socket.h and in.h of Linux. */
const SOCK_DGRAM = 2 | 0x800 | 0x80000; // SOCK_NONBLOCK | SOCK_CLOEXEC
const SOL_SOCKET = 1, SO_REUSEADDR = 2;
const IPPROTO_IP = 0, IP_MULTICAST_IF = 32, IP_ADD_MEMBERSHIP = 35;
const MSG = { TRUNC: 0x20, NOSIGNAL: 0x4000 } as const;
const ANY = new Uint8Array(4);

type Warn = (message: string) => void;

/** Frames as datagrams between two UDP ports. Without `remote` it only receives. */
export async function udpBackend(
  { local, remote }: { readonly local: HostPort; readonly remote: HostPort | undefined },
  warn: Warn,
): Promise<CountingBackend> {
  const [own, to] = await Promise.all([resolve(local), remote && resolve(remote)]);
  const fd = datagramSocket(AF.INET, (fd) => {
    option(fd, [SOL_SOCKET, SO_REUSEADDR], Uint8Array.of(1, 0, 0, 0));
    bind(fd, own, `${local.hostname}:${local.port}`);
  });
  if (local.port === 0) warn(`Listening at port ${portOf(ownAddress(fd))}`);
  return descriptorBackend(datagramPort(fd, to), warn);
}

/**
 * Frames to everybody of a multicast group. They go out from a port of their own, so that those that come back from
 * the group can be told from others': a card does not hear itself.
 */
export async function multicastBackend(
  { group, port, localaddr }: {
    readonly group: string;
    readonly port: number;
    readonly localaddr: string | undefined;
  },
  warn: Warn,
): Promise<CountingBackend> {
  const [ip, own] = await Promise.all([ipOf(group), localaddr === undefined ? ANY : ipOf(localaddr)]);
  if (!isMulticast(ip)) throw new Error(`"${group}" is no multicast address (224.0.0.0 to 239.255.255.255)`);
  const to = inetAddress(ip, port);
  const fd = datagramSocket(AF.INET, (fd) => {
    option(fd, [SOL_SOCKET, SO_REUSEADDR], Uint8Array.of(1, 0, 0, 0));
    bind(fd, to, `${group}:${port}`);
    option(fd, [IPPROTO_IP, IP_ADD_MEMBERSHIP], Uint8Array.of(...ip, ...own));
  });
  let sender: number;
  try {
    sender = datagramSocket(AF.INET, (fd) => {
      if (own !== ANY) option(fd, [IPPROTO_IP, IP_MULTICAST_IF], own);
      bind(fd, inetAddress(own, 0), localaddr ?? "any address");
      checked(libc().connect(fd, to, to.length), `cannot reach ${group}:${port}`);
    });
  } catch (error) {
    libc().close(fd);
    throw error;
  }
  return descriptorBackend(groupPort(fd, sender), warn);
}

/** Frames as datagrams between two paths. Without `remote` it only receives. */
export function unixBackend(
  { local, remote }: { readonly local: string; readonly remote: string | undefined },
  warn: Warn,
): CountingBackend {
  const own = unixAddress(local), to = remote === undefined ? undefined : unixAddress(remote);
  removeStale(local);
  const fd = datagramSocket(AF.UNIX, (fd) => bind(fd, own, local));
  return descriptorBackend({ ...datagramPort(fd, to), closed: () => removeStale(local) }, warn);
}

/** A new socket that never blocks; closed again if `prepare` throws. */
export function datagramSocket(family: number, prepare: (fd: number) => void): number {
  const fd = checked(libc().socket(family, SOCK_DGRAM, 0), "cannot open a socket");
  try {
    prepare(fd);
    return fd;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}

export function bind(fd: number, address: SocketAddress, where: string): void {
  checked(libc().bind(fd, address, address.length), `cannot listen at ${where}`);
}

function option(fd: number, [level, name]: readonly [number, number], value: Uint8Array): void {
  const bytes = value as Uint8Array<ArrayBuffer>;
  if (libc().setsockopt(fd, level, name, bytes, bytes.length) === 0) return;
  const what = name === IP_ADD_MEMBERSHIP ? "cannot join the multicast group" : "cannot set up the socket";
  throw new Error(`${what}: ${errorText()}`);
}

function ownAddress(fd: number): SocketAddress {
  const address = new Uint8Array(16);
  checked(libc().getsockname(fd, address, Uint8Array.of(16, 0, 0, 0)), "getsockname");
  return address;
}

/** One socket for both directions, each frame sent to `to`; "peer": to where the socket is connected. */
export function datagramPort(fd: number, to: SocketAddress | "peer" | undefined): FramePort {
  const { recvfrom, sendto } = libc();
  const [address, length] = typeof to === "object" ? [to, to.length] : [null, 0];
  return {
    fd,
    read: (buffer) => Number(recvfrom(fd, buffer, BigInt(buffer.length), MSG.TRUNC, null, null)),
    ...to && {
      write: (frame) => Number(sendto(fd, frame, BigInt(frame.length), MSG.NOSIGNAL, address, length)),
    },
  };
}

/** A socket in the group to hear, another to speak; what comes back from that one is passed over. */
function groupPort(fd: number, sender: number): FramePort {
  const { recvfrom } = libc();
  const own = ownAddress(sender);
  const from = new Uint8Array(16), fromLength = new Uint8Array(4);
  function read(buffer: Uint8Array<ArrayBuffer>): number {
    // As often as there are own frames in the socket's queue, to which none is added meanwhile.
    for (;;) {
      fromLength[0] = from.length;
      const length = Number(recvfrom(fd, buffer, BigInt(buffer.length), MSG.TRUNC, from, fromLength));
      if (length < 0 || !isSame(from, own)) return length;
    }
  }
  return { ...datagramPort(sender, "peer"), fd, read, closed: () => void libc().close(sender) };
}

/** Whether port and address are the same. */
function isSame(a: SocketAddress, b: SocketAddress): boolean {
  for (let i = 2; i < 8; i++) if (a[i] !== b[i]) return false;
  return true;
}
