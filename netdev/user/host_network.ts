import type { Address, Endpoint } from "./address.ts";
import type { ServedFile } from "./tftp_files.ts";

/** A stream to or from the host: a TCP connection, a program's pipes. */
export interface HostStream {
  /** Reads into a buffer; null at the end. */
  read(into: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Writes some of the bytes; gives how many. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /** Ends this direction. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** A stream that came in, and from whom. */
export interface Incoming {
  readonly stream: HostStream;
  readonly from: Endpoint;
}

/** A UDP socket. */
export interface HostDatagrams {
  /** Sends; what fails is lost, as datagrams are. Calls back when the bytes are not needed any more. */
  send(bytes: Uint8Array<ArrayBuffer>, to: Endpoint, done: () => void): void;
  close(): void;
}

/** Who gets what a UDP socket receives; the bytes are only lent. */
export type DatagramReceiver = (bytes: Uint8Array, from: Endpoint) => void;

/** A listening TCP socket. */
export interface HostListener {
  readonly port: number;
  accept(): Promise<Incoming>;
  close(): void;
}

/** Why a connection could not be made, as far as the guest can be told. */
export type ConnectFailure = "refused" | "host-unreachable" | "network-unreachable";

/** A connection that could not be made. */
export class ConnectError extends Error {
  readonly failure: ConnectFailure;

  constructor(failure: ConnectFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** A socket for echo requests. */
export interface HostPings {
  /** Sends an ICMP message, whose identifier the host chooses anew. */
  send(message: Uint8Array<ArrayBuffer>, to: Address): void;
  close(): Promise<void>;
}

/** All that the stack does to the outside world: tests put their own here. */
export interface HostNetwork {
  /** Throws a {@link ConnectError}. */
  connect(to: Endpoint, signal: AbortSignal): Promise<HostStream>;
  /** A stream to a Unix socket; throws a {@link ConnectError}. */
  connectUnix(path: string): Promise<HostStream>;
  /** A socket for one IP version (4 or 16), at a free port. */
  datagrams(size: number, receive: DatagramReceiver): HostDatagrams;
  /** A socket at a given port. */
  bind(at: Endpoint, receive: DatagramReceiver): Promise<HostDatagrams & { readonly port: number }>;
  /** A socket for echo requests over IPv4; rejects where the host permits none. Answers are only lent. */
  pings?(receive: (message: Uint8Array) => void): Promise<HostPings>;
  listen(at: Endpoint): HostListener;
  /** A program, with its standard input and output as the stream. */
  run(command: string): HostStream;
  /** A file below a folder, and nowhere else. */
  openServed(folder: string, name: string): Promise<ServedFile | undefined>;
  /** The name servers that the host uses. */
  resolvers(): readonly Endpoint[];
}
