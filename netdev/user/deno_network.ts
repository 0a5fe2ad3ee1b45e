import { createSocket } from "node:dgram"; // Deno.listenDatagram is not stable yet
import { type Endpoint, formatAddress, parseAddress, SIZE } from "./address.ts";
import {
  ConnectError,
  type ConnectFailure,
  type DatagramReceiver,
  type HostDatagrams,
  type HostListener,
  type HostNetwork,
  type HostStream,
} from "./host_network.ts";
import { openServed } from "./tftp_files.ts";
import { hostResolvers } from "./resolvers.ts";

const FAILURES: Readonly<Record<string, ConnectFailure>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "refused",
  ENETUNREACH: "network-unreachable",
};

/** The host's own sockets. */
export const denoNetwork: HostNetwork = {
  async connect({ address, port }, signal) {
    try {
      const conn = await Deno.connect({ hostname: formatAddress(address), port, signal });
      conn.setNoDelay();
      return streamOf(conn);
    } catch (error) {
      const { code, message } = error as Error & { code?: string };
      throw new ConnectError(FAILURES[code ?? ""] ?? "host-unreachable", message);
    }
  },
  async connectUnix(path) {
    try {
      return streamOf(await Deno.connect({ transport: "unix", path }));
    } catch (error) {
      throw new ConnectError("refused", (error as Error).message);
    }
  },
  datagrams: (size, receive) => socketOf(size, receive).datagrams,
  async bind({ address, port }, receive) {
    const { socket, datagrams } = socketOf(address.length, receive);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, formatAddress(address), resolve);
    });
    return { ...datagrams, port: socket.address().port };
  },
  // The C library is loaded only when somebody pings.
  pings: async (receive) => (await import("./ping_sockets.ts")).openPings(receive),
  listen({ address, port }): HostListener {
    const listener = Deno.listen({ hostname: formatAddress(address), port });
    return {
      port: listener.addr.port,
      async accept() {
        const conn = await listener.accept();
        conn.setNoDelay();
        const { hostname, port } = conn.remoteAddr;
        return { stream: streamOf(conn), from: endpointOf(hostname, port) };
      },
      close: () => listener.close(),
    };
  },
  run(command) {
    const child = new Deno.Command("sh", { args: ["-c", command], stdin: "piped", stdout: "piped" }).spawn();
    return pipesOf(child);
  },
  openServed,
  resolvers: hostResolvers,
};

function endpointOf(hostname: string, port: number): Endpoint {
  return { address: parseAddress(hostname) ?? new Uint8Array(SIZE.V4), port };
}

function streamOf(conn: Deno.TcpConn | Deno.UnixConn): HostStream {
  return {
    read: (into) => conn.read(into),
    write: (bytes) => conn.write(bytes),
    closeWrite: () => conn.closeWrite(),
    close() {
      try {
        conn.close();
      } catch { /* it is */ }
    },
  };
}

function socketOf(size: number, receive: DatagramReceiver) {
  const v6 = size === SIZE.V6;
  const socket = createSocket({ type: v6 ? "udp6" : "udp4", ipv6Only: v6 });
  let open = true;
  socket.on("message", (bytes, { address, port }) => {
    const from = parseAddress(address);
    if (open && from) receive(bytes, { address: from, port });
  });
  socket.on("error", () => {}); // such as "port unreachable" from a peer: the datagram is lost
  socket.unref();
  const datagrams: HostDatagrams = {
    send(bytes, { address, port }, done) {
      if (!open) return done();
      try {
        socket.send(bytes, port, formatAddress(address), () => done());
      } catch {
        done();
      }
    },
    close() {
      if (!open) return;
      open = false;
      socket.close();
    },
  };
  return { socket, datagrams };
}

/** A program's pipes as a stream. */
function pipesOf(child: Deno.ChildProcess): HostStream {
  const reader = child.stdout!.getReader({ mode: "byob" });
  const writer = child.stdin!.getWriter();
  void child.status.catch(() => {});
  return {
    async read(into) {
      // The reader takes the buffer away from its owner: it gets one of its own.
      const { value, done } = await reader.read(new Uint8Array(Math.min(into.length, 1 << 16)));
      if (done || !value) return null;
      into.set(value);
      return value.length;
    },
    async write(bytes) {
      await writer.ready;
      await writer.write(bytes.slice());
      return bytes.length;
    },
    closeWrite: () => writer.close(),
    close() {
      void reader.cancel().catch(() => {});
      void writer.close().catch(() => {});
      try {
        child.kill("SIGTERM");
      } catch { /* it has ended */ }
    },
  };
}
