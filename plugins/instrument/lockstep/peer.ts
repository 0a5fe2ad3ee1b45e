import type { Stretch } from "./stretches.ts";

/** Bytes of a stretch on the wire: three doubles, little-endian. */
const SIZE = 24;
/** Bytes read at a time. */
const CHUNK = 1 << 16;

/** The other emulator. */
export class Peer {
  /** Stretches that have come. */
  received = 0;
  /** Nothing more will come. */
  over = false;
  readonly #connection: Deno.Conn;
  readonly #receive: (stretches: readonly Stretch[]) => void;
  #wake = () => {};

  constructor(connection: Deno.Conn, receive: (stretches: readonly Stretch[]) => void) {
    this.#connection = connection;
    this.#receive = receive;
    this.#read();
  }

  /** Sends stretches; whoever has gone does not get them. */
  async send(stretches: readonly Stretch[]): Promise<void> {
    const bytes = new Uint8Array(SIZE * stretches.length), view = new DataView(bytes.buffer);
    for (const [i, { start, end, after }] of stretches.entries()) {
      view.setFloat64(SIZE * i, start, true);
      view.setFloat64(SIZE * i + 8, end, true);
      view.setFloat64(SIZE * i + 16, after, true);
    }
    try {
      for (let done = 0; done < bytes.length;) done += await this.#connection.write(bytes.subarray(done));
    } catch { /* it has gone; what it sent before is still to be read */ }
  }

  /** Waits until so many stretches have come, or no more will. */
  async until(count: number): Promise<void> {
    while (this.received < count && !this.over) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  close(): void {
    try {
      this.#connection.close();
    } catch { /* it is closed */ }
    this.#end();
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(CHUNK), view = new DataView(chunk.buffer);
    let there = 0;
    try {
      for (;;) {
        const count = await this.#connection.read(chunk.subarray(there));
        if (count === null) break;
        there += count;
        const whole = there - there % SIZE, stretches: Stretch[] = [];
        for (let at = 0; at < whole; at += SIZE) {
          const start = view.getFloat64(at, true), end = view.getFloat64(at + 8, true);
          stretches.push({ start, end, after: view.getFloat64(at + 16, true) });
        }
        chunk.copyWithin(0, whole, there);
        there -= whole;
        this.received += stretches.length;
        this.#receive(stretches);
        this.#wake();
      }
    } catch { /* it has gone */ }
    this.#end();
  }

  #end(): void {
    this.over = true;
    this.#wake();
  }
}

/** Connects to whoever waits at a Unix socket, or waits there. */
export async function meet(path: string): Promise<Deno.Conn> {
  return await connect(path) ?? await accept(path) ?? await meet(path);
}

async function connect(path: string): Promise<Deno.Conn | undefined> {
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) await Deno.remove(path); // left behind
    else if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function accept(path: string): Promise<Deno.Conn | undefined> {
  let listener: Deno.Listener;
  try {
    listener = Deno.listen({ transport: "unix", path });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined; // the other was faster
    throw error;
  }
  try {
    return await listener.accept();
  } finally {
    listener.close();
    await Deno.remove(path).catch(() => {});
  }
}
