import { defineNetdev } from "@emu/core";
import { parsePort } from "../host_port.ts";
import { type CountingBackend, streamBackend } from "../stream_link.ts";
import { calling, connect, listening, type StreamAddress } from "../stream_peers.ts";
import manifest from "./manifest.json" with { type: "json" };

/** What QEMU's `-netdev stream` does, and talks to (net/stream.c). */
export default defineNetdev(manifest, async ({ id, properties, warn }): Promise<CountingBackend> => {
  const { server, reconnect: seconds } = properties;
  const address = addressOf(properties);
  const say = (message: string) => warn(`${message} (${id})`);
  if (server) {
    if (seconds > 0) {
      throw new Error('property "reconnect": is for clients; a server waits for the next peer anyway');
    }
    return streamBackend(listening(address, say), { warn: say });
  }
  const first = await (seconds > 0 ? connect(address).catch(() => undefined) : connect(address));
  return streamBackend(calling(address, { seconds, warn: say }), { first, warn: say });
});

function addressOf(properties: {
  readonly "addr.type": string | undefined;
  readonly "addr.host": string;
  readonly "addr.port": string | undefined;
  readonly "addr.path": string | undefined;
}): StreamAddress {
  const { "addr.type": type, "addr.host": hostname, "addr.port": port, "addr.path": path } = properties;
  if (type === "unix" || type === undefined && path !== undefined) {
    if (path === undefined) throw new Error('property "addr.path": is missing');
    return { transport: "unix", path };
  }
  return { transport: "tcp", hostname, port: parsePort(port, "addr.port") };
}
