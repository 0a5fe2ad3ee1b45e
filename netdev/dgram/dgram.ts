import { type BackendContext, defineNetdev } from "@emu/core";
import { multicastBackend, udpBackend, unixBackend } from "../datagram_link.ts";
import { parsePort } from "../host_port.ts";
import { ipOf, isMulticast } from "../socket_address.ts";
import type { CountingBackend } from "../stream_link.ts";
import manifest from "./manifest.json" with { type: "json" };

/** One of the two ends, as the user wrote it. */
interface End {
  readonly name: "local" | "remote";
  readonly type: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
  readonly path: string | undefined;
}

/** What QEMU's `-netdev dgram` does, and talks to (net/dgram.c). */
export default defineNetdev(manifest, async ({ id, properties, warn }): Promise<CountingBackend> => {
  const local: End = {
    name: "local",
    type: properties["local.type"],
    host: properties["local.host"],
    port: properties["local.port"],
    path: properties["local.path"],
  };
  const remote: End = {
    name: "remote",
    type: properties["remote.type"],
    host: properties["remote.host"],
    port: properties["remote.port"],
    path: properties["remote.path"],
  };
  const say = (message: string) => warn(`${message} (${id})`);
  const kind = kindOf(local) ?? kindOf(remote);
  if (!kind) {
    throw new Error("give local.host and local.port, local.path, or a multicast group as remote.host");
  }
  for (const end of [local, remote]) {
    if ((kindOf(end) ?? kind) !== kind) {
      throw new Error(`property "${end.name}.type": both ends are inet, or both unix`);
    }
  }
  if (kind === "unix") {
    if (local.path === undefined) throw new Error('property "local.path": is missing');
    return unixBackend({ local: local.path, remote: remote.path }, say);
  }
  return await inet(local, remote, say);
});

async function inet(
  local: End,
  remote: End,
  warn: BackendContext<unknown>["warn"],
): Promise<CountingBackend> {
  const to = remote.host === undefined
    ? undefined
    : { hostname: remote.host, port: parsePort(remote.port, "remote.port") };
  if (to && isMulticast(await ipOf(to.hostname))) {
    return await multicastBackend({ group: to.hostname, port: to.port, localaddr: local.host }, warn);
  }
  const port = parsePort(local.port, "local.port");
  return await udpBackend({ local: { hostname: local.host ?? "0.0.0.0", port }, remote: to }, warn);
}

function kindOf({ name, type, host, port, path }: End): "inet" | "unix" | undefined {
  const unix = path !== undefined, inet = host !== undefined || port !== undefined;
  if (unix && (inet || type === "inet") || inet && type === "unix") {
    throw new Error(`property "${name}.path": goes with ${name}.type=unix, host and port with inet`);
  }
  if (type === "inet" || type === "unix") return type;
  return unix ? "unix" : inet ? "inet" : undefined;
}
