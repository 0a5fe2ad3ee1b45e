import { type CharBackend, type CharReceiver, defineChardev } from "@emu/core";
import { InputQueue } from "../input.ts";
import { OutputQueue } from "../output.ts";
import manifest from "./manifest.json" with { type: "json" };

type Listener = { accept(): Promise<Deno.Conn>; close(): void; readonly addr: Deno.Addr };

/** Milliseconds at the end in which the other side can still read. */
const PATIENCE = 1000;

/**
 * A stream socket with one peer at a time. A server takes the next peer when one has gone; what the guest sends while
 * there is none is lost, as on a serial line that is not plugged in.
 */
export default defineChardev(manifest, async ({ id, properties, warn }): Promise<CharBackend> => {
  const { host, port, path, server, wait } = properties;
  if (path === "" && port < 0) throw new Error('property "port": is missing; give host and port, or path');
  const where = path === "" ? `${host.includes(":") ? `[${host}]` : host}:${port}` : path;
  const input = new InputQueue();
  let peer: { readonly conn: Deno.Conn; readonly output: OutputQueue } | undefined;
  let listener: Listener | undefined;
  let open = true;

  function attach(conn: Deno.Conn): Promise<void> {
    const output = new OutputQueue({ write: (bytes) => conn.write(bytes), failed: () => closeConn(conn) });
    const mine = peer = { conn, output };
    return (async () => {
      const buffer = new Uint8Array(4096);
      for (;;) {
        const count = await conn.read(buffer).catch(() => null);
        if (count === null || !open) break;
        await input.pushAll(buffer.subarray(0, count));
      }
      if (peer === mine) peer = undefined;
      output.clear();
      if (open) closeConn(conn);
    })();
  }

  if (server) {
    listener = await listen({ host, port, path, where });
    if (port === 0) warn(`Listening at port ${(listener.addr as Deno.NetAddr).port} (${id})`);
    let gone: Promise<void> | undefined;
    if (wait) {
      warn(`Waiting for a connection to ${where} (${id})`);
      gone = attach(await listener.accept());
    }
    void (async () => {
      await gone;
      while (open) {
        const conn = await listener.accept().catch(() => undefined);
        if (!conn) return;
        await attach(conn);
      }
    })();
  } else {
    const conn = await connect({ host, port, path, where });
    void attach(conn).then(() => {
      if (open) warn(`Cannot reach ${where} any more (${id}): the other side has closed the connection`);
    });
  }

  const backend = {
    send: (bytes: Uint8Array) => peer?.output.send(bytes),
    congested: () => peer?.output.congested(),
    connect: (receiver: CharReceiver) => input.connect(receiver),
    ready: () => input.deliver(),
    async close() {
      if (!open) return;
      open = false;
      listener?.close();
      if (!peer) return;
      await peer.output.drain(PATIENCE);
      closeConn(peer.conn);
    },
  };
  return backend;
});

interface Address {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly where: string;
}

async function listen({ host, port, path, where }: Address): Promise<Listener> {
  try {
    if (path === "") return Deno.listen({ hostname: host, port });
    await removeStale(path);
    return Deno.listen({ transport: "unix", path });
  } catch (error) {
    throw new Error(`cannot listen at ${where}: ${(error as Error).message}`);
  }
}

/** Removes a socket that a run before has left behind; one that somebody still listens at is theirs. */
async function removeStale(path: string): Promise<void> {
  const isSocket = await Deno.stat(path).then(({ isSocket }) => isSocket, () => false);
  if (!isSocket) return;
  const other = await Deno.connect({ transport: "unix", path }).catch(() => undefined);
  if (other) {
    other.close();
    throw new Error("another program listens there");
  }
  await Deno.remove(path);
}

async function connect({ host, port, path, where }: Address): Promise<Deno.Conn> {
  try {
    if (path !== "") return await Deno.connect({ transport: "unix", path });
    const conn = await Deno.connect({ hostname: host, port });
    conn.setNoDelay();
    return conn;
  } catch (error) {
    throw new Error(`cannot connect to ${where}: ${(error as Error).message}`);
  }
}

function closeConn(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch { /* it is */ }
}
