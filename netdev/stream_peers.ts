/** Where a stream goes to or comes in. */
export type StreamAddress =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string };

/** Where the peers of a stream come from. */
export interface Peers {
  /** The next peer; undefined when none will come. Rejects only when it cannot go on. */
  next(): Promise<Deno.Conn | undefined>;
  /** No more are wanted: a pending `next` gives undefined. */
  close(): void;
}

/** An address as messages have it. */
export function nameOf(address: StreamAddress): string {
  if (address.transport === "unix") return address.path;
  const { hostname, port } = address;
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** Lets one peer in at a time; others wait at the door. Throws where it cannot listen. */
export function listening(address: StreamAddress, warn: (message: string) => void): Peers {
  const listener = listen(address);
  if (address.transport === "tcp" && address.port === 0) {
    warn(`Listening at port ${(listener.addr as Deno.NetAddr).port}`);
  }
  return {
    async next() {
      const conn = await listener.accept().catch(() => undefined);
      return conn && prompt(conn);
    },
    close() {
      closeQuietly(listener);
      if (address.transport === "unix") removeStale(address.path);
    },
  };
}

/** Calls again `seconds` after the peer was lost or not there; with 0 never. */
export function calling(
  address: StreamAddress,
  { seconds, warn }: { readonly seconds: number; readonly warn: (message: string) => void },
): Peers {
  const closed = Promise.withResolvers<undefined>();
  let open = true;
  return {
    async next() {
      if (seconds === 0 && open) warn(`Cannot reach ${nameOf(address)} any more: the peer has gone`);
      while (open && seconds > 0) {
        await pause(seconds * 1000, closed.promise);
        if (!open) break;
        const calling = connect(address).catch(() => undefined);
        const conn = await Promise.race([calling, closed.promise]);
        if (conn) return conn;
        if (!open) void calling.then((late) => late && closeQuietly(late));
      }
      return undefined;
    },
    close() {
      open = false;
      closed.resolve(undefined);
    },
  };
}

async function pause(ms: number, closed: Promise<undefined>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([new Promise<void>((resolve) => timer = setTimeout(resolve, ms)), closed]);
  clearTimeout(timer);
}

/** Connects once. */
export async function connect(address: StreamAddress): Promise<Deno.Conn> {
  try {
    return address.transport === "unix" ? await Deno.connect(address) : prompt(await Deno.connect(address));
  } catch (error) {
    throw new Error(`cannot connect to ${nameOf(address)}: ${(error as Error).message}`);
  }
}

function listen(address: StreamAddress): Deno.Listener {
  try {
    if (address.transport === "tcp") return Deno.listen(address);
    removeStale(address.path);
    return Deno.listen(address) as unknown as Deno.Listener;
  } catch (error) {
    throw new Error(`cannot listen at ${nameOf(address)}: ${(error as Error).message}`);
  }
}

/** A socket that a run before has left behind. */
export function removeStale(path: string): void {
  try {
    if (Deno.statSync(path).isSocket) Deno.removeSync(path);
  } catch { /* there is none */ }
}

/** Closes what may be closed already. */
export function closeQuietly(it: { close(): void }): void {
  try {
    it.close();
  } catch { /* it is */ }
}

/** Frames are complete: waiting to send more of them at once only delays them. */
function prompt(conn: Deno.Conn): Deno.Conn {
  if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay();
  return conn;
}
