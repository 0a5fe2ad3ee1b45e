import type { Endpoint } from "../address.ts";
import { formatAddress } from "../address.ts";
import type {
  DatagramReceiver,
  HostDatagrams,
  HostListener,
  HostNetwork,
  HostStream,
  Incoming,
} from "../host_network.ts";
import { openServed } from "../tftp_files.ts";

/** The host's end of a stream, with a test at its other end. */
export class FakeStream implements HostStream {
  /** What the guest's side wrote. */
  readonly written: number[] = [];
  ended = false;
  closed = false;
  /** While true, writes wait. */
  stalled = false;
  #incoming: Uint8Array[] = [];
  #over = false;
  #broken: Error | undefined;
  #wakeReader = () => {};
  #wakeWriter = () => {};

  /** Has the other side send bytes. */
  give(bytes: ArrayLike<number>): void {
    this.#incoming.push(Uint8Array.from(bytes));
    this.#wakeReader();
  }

  /** Has the other side end its direction. */
  end(): void {
    this.#over = true;
    this.#wakeReader();
  }

  /** Has the connection break. */
  fail(): void {
    this.#broken = new Error("connection reset");
    this.#wakeReader();
    this.#wakeWriter();
  }

  resume(): void {
    this.stalled = false;
    this.#wakeWriter();
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.closed) throw new Error("closed");
      if (this.#incoming.length > 0) {
        const first = this.#incoming[0], count = Math.min(first.length, into.length);
        into.set(first.subarray(0, count));
        if (count === first.length) this.#incoming.shift();
        else this.#incoming[0] = first.subarray(count);
        return count;
      }
      if (this.#broken) throw this.#broken;
      if (this.#over) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.stalled && !this.#broken && !this.closed) {
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
    if (this.#broken || this.closed) throw this.#broken ?? new Error("closed");
    for (const byte of bytes) this.written.push(byte);
    return bytes.length;
  }

  closeWrite(): Promise<void> {
    this.ended = true;
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
    this.#wakeReader();
    this.#wakeWriter();
  }
}

/** One UDP socket of a fake host. */
export interface FakeSocket {
  readonly size: number;
  readonly port: number;
  readonly sent: { readonly data: Uint8Array; readonly to: string }[];
  closed: boolean;
  /** Has a datagram come in. */
  receive: DatagramReceiver;
  /** While set, datagrams are not taken: those that wait. */
  waiting: (() => void)[] | undefined;
}

/** A world that is all the test's: it notes whatever the network wants of it. */
export class FakeHost implements HostNetwork {
  /** All that went out: connections, sockets, programs, in order. */
  readonly contacts: string[] = [];
  readonly streams: FakeStream[] = [];
  readonly sockets: FakeSocket[] = [];
  readonly servers: Endpoint[] = [];
  /** What `connect` does. */
  answer: (to: string) => Promise<HostStream> = () => {
    const stream = new FakeStream();
    this.streams.push(stream);
    return Promise.resolve(stream);
  };
  #accept: ((incoming: Incoming) => void)[] = [];
  readonly #listening: string[] = [];

  get listening(): readonly string[] {
    return this.#listening;
  }

  connect({ address, port }: Endpoint): Promise<HostStream> {
    this.contacts.push(`tcp ${formatAddress(address)} ${port}`);
    return this.answer(`${formatAddress(address)} ${port}`);
  }

  connectUnix(path: string): Promise<HostStream> {
    this.contacts.push(`unix ${path}`);
    return this.answer(path);
  }

  datagrams(size: number, receive: DatagramReceiver): HostDatagrams {
    return this.#socket(size, receive, 40000 + this.sockets.length);
  }

  bind({ address, port }: Endpoint, receive: DatagramReceiver) {
    return Promise.resolve(this.#socket(address.length, receive, port));
  }

  #socket(size: number, receive: DatagramReceiver, port: number) {
    const socket: FakeSocket = { size, port, sent: [], closed: false, receive, waiting: undefined };
    this.sockets.push(socket);
    return {
      port,
      send: (data: Uint8Array, to: Endpoint, done: () => void) => {
        const where = `${formatAddress(to.address)} ${to.port}`;
        this.contacts.push(`udp ${where}`);
        socket.sent.push({ data: data.slice(), to: where });
        if (socket.waiting) socket.waiting.push(done);
        else done();
      },
      close: () => void (socket.closed = true),
    };
  }

  /** Has somebody connect to the only listening port. */
  arrive(from: Endpoint): FakeStream {
    const stream = new FakeStream();
    this.#accept.shift()!({ stream, from });
    return stream;
  }

  listen({ address, port }: Endpoint): HostListener {
    const name = `${formatAddress(address)} ${port}`;
    this.#listening.push(name);
    return {
      port,
      accept: () => new Promise((resolve) => this.#accept.push(resolve)),
      close: () => void this.#listening.splice(this.#listening.indexOf(name), 1),
    };
  }

  run(command: string): HostStream {
    this.contacts.push(`run ${command}`);
    const stream = new FakeStream();
    this.streams.push(stream);
    return stream;
  }

  openServed: HostNetwork["openServed"] = openServed;
  resolvers = () => this.servers;
}
