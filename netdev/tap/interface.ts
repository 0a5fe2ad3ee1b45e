import { cString, ERRNO, errno, errorText, libc } from "../libc.ts";

const DEVICE = "/dev/net/tun";
/** fcntl.h of Linux. */
const O = { RDWR: 2, NONBLOCK: 0x800, CLOEXEC: 0x80000 } as const;
const F = { GETFL: 3, SETFL: 4 } as const;
/** if_tun.h. */
const TUN = { SETIFF: 0x400454can, GETIFF: 0x800454d2n } as const;
const IFF = { TAP: 2, NO_PI: 0x1000, VNET_HDR: 0x4000 } as const;
/** struct ifreq of 64-bit Linux: a name, and here flags. */
const IFREQ = 40, IFNAMSIZ = 16;

/** An open TAP interface. */
export interface Interface {
  readonly fd: number;
  readonly name: string;
}

/** Opens or makes an interface; "" takes the next free name. Throws with the reason, and what helps. */
export function openInterface(wanted: string): Interface {
  const name = new TextEncoder().encode(wanted);
  if (name.length >= IFNAMSIZ) {
    throw new Error(`property "ifname": "${wanted}" is longer than ${IFNAMSIZ - 1} bytes`);
  }
  const fd = libc().open(cString(DEVICE), O.RDWR | O.NONBLOCK | O.CLOEXEC);
  if (fd < 0) throw new Error(`cannot open ${DEVICE}: ${openProblem(errno())}`);
  const request = new Uint8Array(IFREQ);
  request.set(name);
  new DataView(request.buffer).setUint16(IFNAMSIZ, IFF.TAP | IFF.NO_PI, true);
  if (libc().ioctl(fd, TUN.SETIFF, request) < 0) {
    const problem = attachProblem(errno(), wanted);
    libc().close(fd);
    throw new Error(`cannot use TAP interface ${wanted || "tapN"}: ${problem}`);
  }
  return { fd, name: nameIn(request) };
}

/** Checks a descriptor that was inherited, and makes it one that does not block. */
export function adoptInterface(fd: number): Interface {
  const request = new Uint8Array(IFREQ);
  const fail = (why: string): never => {
    throw new Error(`property "fd": ${fd} is not an open TAP interface: ${why}`);
  };
  if (libc().ioctl(fd, TUN.GETIFF, request) < 0) fail(errorText());
  const flags = new DataView(request.buffer).getUint16(IFNAMSIZ, true);
  if (!(flags & IFF.TAP)) fail("it is a TUN one");
  if (!(flags & IFF.NO_PI) || flags & IFF.VNET_HDR) {
    fail("it puts a header before frames (IFF_NO_PI, IFF_VNET_HDR)");
  }
  const status = libc().fcntl(fd, F.GETFL, 0);
  if (status < 0 || libc().fcntl(fd, F.SETFL, status | O.NONBLOCK) < 0) fail(errorText());
  return { fd, name: nameIn(request) };
}

function nameIn(request: Uint8Array): string {
  return new TextDecoder().decode(request.subarray(0, IFNAMSIZ)).replace(/\0.*$/s, "");
}

function openProblem(code: number): string {
  switch (code) {
    case ERRNO.ENOENT:
    case ERRNO.ENODEV:
      return "the kernel has no TUN/TAP, or its module is not loaded (modprobe tun)";
    case ERRNO.EACCES:
    case ERRNO.EPERM:
      return "no right to it; run as root, or give yourself the right to read and write it";
    default:
      return errorText(code);
  }
}

function attachProblem(code: number, name: string): string {
  switch (code) {
    case ERRNO.EPERM:
      return "no right to it; run as root, or have root make one for you: " +
        `ip tuntap add dev ${name || "tap0"} mode tap user $USER`;
    case ERRNO.EBUSY:
      return "another program has it";
    default:
      return errorText(code);
  }
}
