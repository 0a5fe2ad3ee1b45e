import { checked, errorText, libc } from "../libc.ts";
import { sharedPoller } from "../poller.ts";
import { AF, inetAddress } from "../socket_address.ts";
import type { HostPings } from "./host_network.ts";

const SOCK_DGRAM = 2, NONBLOCK = 0x800, CLOEXEC = 0x80000, IPPROTO_ICMP = 1;
const LONGEST = 65535;

/**
 * A socket for echo requests (icmp(7), "ping socket"), which needs no privileges where the system control
 * net.ipv4.ping_group_range includes the user's group. The kernel puts its own identifier in. Throws where it may not be.
 */
export function openPings(receive: (message: Uint8Array) => void): HostPings {
  const c = libc();
  const fd = c.socket(AF.INET, SOCK_DGRAM | NONBLOCK | CLOEXEC, IPPROTO_ICMP);
  if (fd < 0) {
    throw new Error(`${errorText()} (net.ipv4.ping_group_range does not include this user's group)`);
  }
  let open = true;
  const buffer = new Uint8Array(LONGEST);
  const running = (async () => {
    while (open) {
      await sharedPoller().readable(fd);
      for (;;) {
        const length = open ? Number(c.read(fd, buffer, BigInt(LONGEST))) : -1;
        if (length < 0) break; // nothing more, or an error message from the network: the request is lost
        receive(buffer.subarray(0, length));
      }
    }
  })();
  return {
    send(message, to) {
      const address = inetAddress(to, 0);
      c.sendto(fd, message, BigInt(message.length), 0, address, address.length);
    },
    async close() {
      if (!open) return;
      open = false;
      await sharedPoller().remove(fd);
      await running;
      checked(c.close(fd), "close");
    },
  };
}
