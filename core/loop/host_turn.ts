/**
 * Turns of the host's event loop in which sockets, pipes and terminals are looked at.
 *
 * After `setImmediate` alone they are not: Deno's loop has itself woken again, and its runtime (tokio, event interval
 * 61) asks the operating system for events only when it has nothing else to do, or every 61st turn. A guest that
 * computes would leave its network waiting for 120 ms. So a byte is sent through a connection to ourselves and awaited:
 * nothing but such a look can bring it. Waiting for another thread instead (a digest) costs four times as much, and
 * fails where that thread is done before this one sleeps, as it is when all of the host's processors are busy.
 *
 * @module
 */

const BYTE = new Uint8Array(1);
const NOTHING = new Uint8Array();

/** What brings about such turns. */
export class HostTurns {
  readonly #ends: readonly [near: Deno.Conn, far: Deno.Conn] | undefined;
  // More than one byte: a read that fills it would not have to wait for the next.
  readonly #received = new Uint8Array(16);

  private constructor(ends: readonly [near: Deno.Conn, far: Deno.Conn] | undefined) {
    this.#ends = ends;
  }

  static async open(): Promise<HostTurns> {
    const hostname = "127.0.0.1";
    try {
      using listener = Deno.listen({ hostname, port: 0 });
      const { port } = listener.addr;
      const [near, far] = await Promise.all([Deno.connect({ hostname, port }), listener.accept()]);
      // Somebody else on this host may have been quicker.
      if ((far.remoteAddr as Deno.NetAddr).port === (near.localAddr as Deno.NetAddr).port) {
        near.setNoDelay(true);
        return new HostTurns([near, far]);
      }
      near.close();
      far.close();
    } catch {
      // No permission to use the network: then the other way has to do.
    }
    return new HostTurns(undefined);
  }

  /** One turn. */
  async turn(): Promise<void> {
    if (this.#ends === undefined) return void await crypto.subtle.digest("SHA-1", NOTHING);
    const [near, far] = this.#ends;
    await Promise.all([near.write(BYTE), far.read(this.#received)]);
  }

  close(): void {
    for (const end of this.#ends ?? []) end.close();
  }
}
