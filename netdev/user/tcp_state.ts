import { NEVER } from "@emu/core";
import type { Address } from "./address.ts";
import type { HostStream } from "./host_network.ts";
import type { Ring } from "./ring.ts";

/** The states of RFC 9293, 3.3.2, without LISTEN; `OPENING` is SYN-RECEIVED while the host's side is not open yet. */
export const STATE = {
  CLOSED: 0,
  OPENING: 1,
  SYN_SENT: 2,
  SYN_RECEIVED: 3,
  ESTABLISHED: 4,
  CLOSE_WAIT: 5,
  FIN_WAIT_1: 6,
  FIN_WAIT_2: 7,
  CLOSING: 8,
  LAST_ACK: 9,
  TIME_WAIT: 10,
  /** The guest is done, the host has not taken everything yet. */
  DRAINING: 11,
} as const;

export const FLAG = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 } as const;
/** Offsets in the header. */
export const TCP = {
  SOURCE: 0,
  TARGET: 2,
  SEQ: 4,
  ACK: 8,
  OFFSET: 12,
  FLAGS: 13,
  WINDOW: 14,
  CHECKSUM: 16,
  URGENT: 18,
} as const;
export const TCP_HEADER = 20;

/** Connections at a time, with those that wait in TIME-WAIT. */
export const CONNECTIONS = 512;
/** Connections that wait for the host's side to open. */
export const OPENING_CONNECTIONS = 64;
/** Times that a SYN is sent. */
export const SYN_RETRIES = 5;
/** Bytes kept for a connection, each way. */
export const BUFFER = 1 << 18;
/** Our windows are given in units of 2³ bytes: enough for `BUFFER`. */
export const WINDOW_SHIFT = 3;
/** Ranges of data that came out of order; what comes further is dropped, and sent again by the guest. */
export const HOLES = 16;

const SECOND = 1e9;
/** Nanoseconds (RFC 6298; the lower bound is Linux's). */
export const RTO = { FIRST: SECOND, LEAST: 0.2 * SECOND, MOST: 60 * SECOND } as const;
/** Times that a segment is sent before the guest is given up. */
export const RETRANSMISSIONS = 10;
/** Twice the longest life of a segment: on one cable it is no longer than this. */
export const TIME_WAIT = 15 * SECOND;
/** Silence after which the guest is asked whether it is there, how often, and how many times (RFC 9293, 3.8.4). */
export const KEEP_ALIVE = { IDLE: 7200 * SECOND, INTERVAL: 75 * SECOND, PROBES: 9 } as const;

/** One connection of a guest's. Sequence numbers are 32-bit integers, compared by their difference. */
export interface Connection {
  readonly hash: number;
  /** The next of the same hash. */
  next: Connection | undefined;
  readonly guest: Address;
  readonly guestPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  /** Ethernet, IP and TCP header of what is sent: ports and addresses are in. */
  readonly header: Uint8Array;
  /** Partial checksums of the IP header and of the pseudo header with the ports. */
  readonly headerSum: number;
  readonly pseudoSum: number;
  state: number;
  /** The SYN, as ICMP errors quote it. */
  quote: Uint8Array<ArrayBuffer> | undefined;

  // Sending, in the names of RFC 9293.
  iss: number;
  sndUna: number;
  sndNxt: number;
  /** The most that was ever sent; `sndNxt` goes back to send again. */
  sndMax: number;
  sndWnd: number;
  sndWl1: number;
  sndWl2: number;
  sndShift: number;
  largestWnd: number;
  mss: number;
  /** Congestion control (RFC 5681, 6582). */
  cwnd: number;
  ssthresh: number;
  duplicateAcks: number;
  recover: number;
  recovering: boolean;
  /** What the host sent and the guest has not acknowledged. */
  send: Ring | undefined;
  /** The host has ended its direction: a FIN follows the data. */
  finQueued: boolean;

  // Receiving.
  rcvNxt: number;
  /** The edge of the window that was announced last. */
  rcvAdv: number;
  rcvShift: number;
  /** What the guest sent and the host has not taken. */
  receive: Ring | undefined;
  /** Ranges beyond `rcvNxt` that are here already: pairs of sequence numbers, sorted. */
  readonly holes: Int32Array;
  holeCount: number;
  /** Where the guest's FIN is, if it came before data that is missing. */
  finAt: number | undefined;
  finReceived: boolean;

  // Timers, in nanoseconds of virtual time.
  retransmitAt: number;
  /** Zero-window probe. */
  persistAt: number;
  waitUntil: number;
  aliveAt: number;
  probes: number;
  retries: number;
  rto: number;
  srtt: number;
  rttvar: number;
  /** The segment whose round trip is measured ends here. */
  timedSeq: number;
  timedAt: number;

  // The host's side.
  stream: HostStream | undefined;
  /** Ends an attempt to connect. */
  abort: AbortController | undefined;
  reading: boolean;
  writing: boolean;
  /** Nothing comes from the host any more; nothing more can be written to it. */
  hostEnded: boolean;
  hostShut: boolean;
  readonly onRead: (count: number | null) => void;
  readonly onWritten: (count: number) => void;
  readonly onFailed: () => void;

  // What is to do at the next turn.
  listed: boolean;
  ackNow: boolean;
}

/** Everything about a connection that does not come from outside, as it is at first. */
export function freshState() {
  return {
    next: undefined,
    state: STATE.CLOSED as number,
    quote: undefined,
    iss: 0,
    sndUna: 0,
    sndNxt: 0,
    sndMax: 0,
    sndWnd: 0,
    sndWl1: 0,
    sndWl2: 0,
    sndShift: 0,
    largestWnd: 0,
    mss: 536, // RFC 9293, 3.7.1: when the guest does not say
    cwnd: 0,
    ssthresh: Infinity,
    duplicateAcks: 0,
    recover: 0,
    recovering: false,
    send: undefined,
    finQueued: false,
    rcvNxt: 0,
    rcvAdv: 0,
    rcvShift: 0,
    receive: undefined,
    holes: new Int32Array(2 * HOLES),
    holeCount: 0,
    finAt: undefined,
    finReceived: false,
    retransmitAt: NEVER,
    persistAt: NEVER,
    waitUntil: NEVER,
    aliveAt: NEVER,
    probes: 0,
    retries: 0,
    rto: RTO.FIRST as number,
    srtt: 0,
    rttvar: 0,
    timedSeq: 0,
    timedAt: NEVER,
    stream: undefined,
    abort: undefined,
    reading: false,
    writing: false,
    hostEnded: false,
    hostShut: false,
    listed: false,
    ackNow: false,
  };
}

/** a − b as sequence numbers: negative if a is before b. */
export function ahead(a: number, b: number): number {
  return (a - b) | 0;
}
