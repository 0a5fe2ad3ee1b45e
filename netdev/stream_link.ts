import type { NetBackend } from "@emu/core";
import { Deframer, framed } from "./framing.ts";
import { Inbox } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import { closeQuietly, type Peers } from "./stream_peers.ts";
import { fits, noTraffic, type Traffic } from "./traffic.ts";

/** A back end that counts. */
export type CountingBackend = NetBackend & { readonly traffic: Readonly<Traffic> };

interface Link {
  readonly conn: Deno.Conn;
  readonly outbox: Outbox;
}

/** Frames over a stream with one peer after the other; what the guest sends while there is none is lost. */
export function streamBackend(
  peers: Peers,
  { first, warn }: { readonly first?: Deno.Conn | undefined; readonly warn: (message: string) => void },
): CountingBackend {
  const traffic = noTraffic();
  const inbox = new Inbox(traffic);
  let link: Link | undefined;
  let open = true, complained = false;

  /** Serves a peer until it goes. */
  async function serve(conn: Deno.Conn): Promise<void> {
    const outbox = new Outbox({ write: (bytes) => conn.write(bytes), failed: () => closeQuietly(conn) });
    const deframer = new Deframer(traffic, (frame) => inbox.push(frame));
    link = { conn, outbox };
    const buffer = new Uint8Array(1 << 16);
    for (;;) {
      const count = await conn.read(buffer).catch(() => null);
      if (count === null || !open) break;
      const garbage = deframer.feed(buffer.subarray(0, count));
      if (garbage) {
        complain(garbage.length);
        break;
      }
      // Not reading is what holds the peer back.
      if (inbox.full) await inbox.space();
    }
    link = undefined;
    outbox.close();
    closeQuietly(conn);
  }

  /** Says once what a peer may do as often as it likes. */
  function complain(length: number): void {
    if (complained) return;
    complained = true;
    warn(`Cannot understand the peer: it announced a frame of ${length} bytes, and was disconnected`);
  }

  async function run(): Promise<void> {
    if (first) await serve(first);
    while (open) {
      const conn = await peers.next();
      if (!conn) return;
      if (!open) return closeQuietly(conn);
      await serve(conn);
    }
  }
  const running = run();

  return {
    traffic,
    send(frame) {
      if (!fits(frame.length, traffic)) return;
      if (link?.outbox.send(framed(frame))) traffic.sent++;
      else traffic.dropped++;
    },
    connect: (receiver) => inbox.connect(receiver),
    ready: () => inbox.deliver(),
    async close() {
      open = false;
      peers.close();
      inbox.close();
      if (link) closeQuietly(link.conn);
      await running;
    },
  };
}
