import { type BackendContext, defineNetdev } from "@emu/core";
import { parseHostPort } from "../host_port.ts";
import { type CountingBackend, streamBackend } from "../stream_link.ts";
import { calling, connect, listening } from "../stream_peers.ts";
import manifest from "./manifest.json" with { type: "json" };

const WAYS = ["listen", "connect", "mcast", "udp"] as const;

/** What QEMU's `-netdev socket` does, and talks to (net/socket.c): one of four ways to a peer. */
export default defineNetdev(manifest, async ({ id, properties, warn }): Promise<CountingBackend> => {
  const chosen = WAYS.filter((way) => properties[way] !== undefined);
  if (chosen.length !== 1) throw new Error(`give one of ${WAYS.join("=, ")}=; there are ${chosen.length}`);
  const [way] = chosen;
  const { hostname, port } = parseHostPort(properties[way]!, way);
  const say = (message: string) => warn(`${message} (${id})`);
  const { localaddr } = properties;
  if (localaddr !== undefined && (way === "listen" || way === "connect")) {
    throw new Error('property "localaddr": goes with mcast= and udp= only');
  }
  if (way === "listen") {
    return streamBackend(listening({ transport: "tcp", hostname, port }, say), { warn: say });
  }
  if (way === "connect") {
    const address = { transport: "tcp", hostname, port } as const;
    const first = await connect(address);
    return streamBackend(calling(address, { seconds: 0, warn: say }), { first, warn: say });
  }
  return await datagrams(way, { hostname, port, localaddr, warn: say });
});

async function datagrams(
  way: "mcast" | "udp",
  { hostname, port, localaddr, warn }: {
    readonly hostname: string;
    readonly port: number;
    readonly localaddr: string | undefined;
    readonly warn: BackendContext<unknown>["warn"];
  },
): Promise<CountingBackend> {
  // Loaded only here: it opens the C library.
  const { multicastBackend, udpBackend } = await import("../datagram_link.ts");
  if (way === "mcast") return await multicastBackend({ group: hostname, port, localaddr }, warn);
  if (localaddr === undefined) throw new Error('property "localaddr": udp= wants it, as HOST:PORT');
  return await udpBackend({ local: parseHostPort(localaddr, "localaddr"), remote: { hostname, port } }, warn);
}
