import { type Endpoint, formatAddress, SIZE } from "./address.ts";
import type { HostForwardRule } from "./settings.ts";
import type { Stack } from "./stack.ts";
import { openToGuest } from "./tcp.ts";
import { openUdpForward } from "./udp_forward.ts";

/** Ports of the host that lead to guests, at a time. */
export const HOST_FORWARDS = 256;

/** Opens a port of the host that leads to a guest; gives the port. Throws if the host does not give it. */
export async function addHostForward(stack: Stack, rule: HostForwardRule): Promise<number> {
  const key = keyOf(rule), name = nameOf(rule);
  if (stack.listening.has(key)) throw new Error(`Cannot forward ${name}: it is already`);
  if (stack.listening.size >= HOST_FORWARDS) {
    throw new Error(`Cannot forward ${name}: ${HOST_FORWARDS} ports are`);
  }
  const at: Endpoint = { address: rule.hostAddress, port: rule.hostPort };
  const address = rule.guestAddress ?? stack.settings.dhcpStart;
  if (address.length === SIZE.V4 ? !stack.settings.ipv4 : !stack.settings.ipv6) {
    throw new Error(`Cannot forward ${name}: IPv${address.length === SIZE.V4 ? 4 : 6} is off`);
  }
  const guest = { address, port: rule.guestPort };
  try {
    const { port, close } = rule.protocol === "tcp" ? listen(stack, at, guest) : await bind(stack, at, guest);
    const actual = keyOf({ ...rule, hostPort: port });
    stack.listening.set(actual, { key: actual, close });
    return port;
  } catch (error) {
    throw new Error(`Cannot forward ${name}: ${(error as Error).message}`);
  }
}

/** Closes such a port; connections that came through it stay. Gives whether there was one. */
export function removeHostForward(
  stack: Stack,
  rule: Omit<HostForwardRule, "guestAddress" | "guestPort">,
): boolean {
  const key = keyOf(rule);
  stack.listening.get(key)?.close();
  return stack.listening.delete(key);
}

type HostSide = Pick<HostForwardRule, "protocol" | "hostAddress" | "hostPort">;

function keyOf({ protocol, hostAddress, hostPort }: HostSide): string {
  return `${protocol} ${formatAddress(hostAddress)} ${hostPort}`;
}

function nameOf({ protocol, hostAddress, hostPort }: HostSide): string {
  return `${protocol} port ${hostPort} of ${formatAddress(hostAddress)}`;
}

function listen(stack: Stack, at: Endpoint, guest: Endpoint) {
  const listener = stack.host.listen(at);
  let open = true;
  void (async () => {
    while (open) {
      try {
        const incoming = await listener.accept();
        if (!open || !openToGuest(stack, incoming, guest)) incoming.stream.close();
      } catch {
        // Too many open files, say. It gets another chance, but not the whole event loop.
        if (open) await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  })();
  return {
    port: listener.port,
    close() {
      open = false;
      listener.close();
    },
  };
}

async function bind(stack: Stack, at: Endpoint, guest: Endpoint) {
  const forward = await openUdpForward(stack, at, guest);
  stack.udpForwards.add(forward);
  return {
    port: forward.port,
    close() {
      stack.udpForwards.delete(forward);
      forward.socket.close();
    },
  };
}
