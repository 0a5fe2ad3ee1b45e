import { NEVER } from "@emu/core";
import { type Packet, packetIn } from "./packet.ts";

/** Datagrams that are put together at a time; the oldest gives way. */
export const REASSEMBLIES = 16;
/** Fragments of one datagram. */
export const FRAGMENTS = 64;
/** How long the fragments of a datagram may take, in nanoseconds (RFC 791: 15 s, RFC 8200: 60 s; Linux: 30 s). */
export const REASSEMBLY_TIME = 30e9;
/** Longest datagram there is. */
const LONGEST = 65535;
/** Room for the header of the first fragment, so that errors can quote it. */
const HEADER = 40;

interface Partial {
  readonly packet: Packet;
  key: string;
  deadline: number;
  /** Ends of the ranges received, by their starts. */
  readonly ranges: Map<number, number>;
  received: number;
  /** Length of the whole, once the last fragment is here. */
  total: number;
  first: boolean;
}

/** A fragment: `packet.payload` to `packet.end` go to `offset`. */
export interface Fragment {
  readonly id: number;
  readonly offset: number;
  readonly more: boolean;
  /** Length of the header to keep, without options and fragment headers. */
  readonly headerLength: number;
}

/**
 * Puts fragments together. Those that overlap end their datagram (RFC 5722, and since 2018 what Linux does for IPv4):
 * nobody honest sends them.
 */
export class Reassembly {
  readonly #partials: Partial[] = [];

  get active(): number {
    return this.#partials.filter(({ key }) => key !== "").length;
  }

  /** Takes a fragment; gives the datagram if it was the last that was missing. It is valid until the next call. */
  add(packet: Packet, fragment: Fragment, now: number): Packet | undefined {
    const length = packet.end - packet.payload;
    const { offset, more, headerLength } = fragment;
    const key = keyOf(packet, fragment.id);
    if (more && (length === 0 || length % 8 !== 0)) return undefined;
    const partial = this.#find(key, now);
    const end = offset + length;
    const misfit = end > LONGEST - headerLength || end > partial.total ||
      !more && partial.total !== LONGEST &&
        partial.total !== end ||
      !more && [...partial.ranges.values()].some((other) => other > end);
    if (misfit) return drop(partial);
    if (partial.ranges.get(offset) === end) return undefined; // a duplicate
    for (const [otherStart, otherEnd] of partial.ranges) {
      if (offset < otherEnd && otherStart < end) return drop(partial);
    }
    if (partial.ranges.size === FRAGMENTS) return drop(partial);
    partial.ranges.set(offset, end);
    partial.received += length;
    const { packet: whole } = partial;
    whole.bytes.set(packet.bytes.subarray(packet.payload, packet.end), HEADER + offset);
    if (!more) partial.total = end;
    if (offset === 0) {
      whole.header = HEADER - headerLength;
      whole.bytes.set(packet.bytes.subarray(packet.header, packet.header + headerLength), whole.header);
      whole.size = packet.size;
      whole.addresses = whole.header + packet.addresses - packet.header;
      whole.protocol = packet.protocol;
      whole.hops = packet.hops;
      whole.group = packet.group;
      partial.first = true;
    }
    if (!partial.first || partial.received !== partial.total) return undefined;
    whole.payload = HEADER;
    whole.end = HEADER + partial.total;
    drop(partial);
    return whole;
  }

  #find(key: string, now: number): Partial {
    const there = this.#partials.find((partial) => partial.key === key);
    if (there) return there;
    const partial = this.#partials.find((one) => one.key === "") ?? this.#make();
    partial.key = key;
    partial.deadline = now + REASSEMBLY_TIME;
    partial.total = LONGEST;
    return partial;
  }

  #make(): Partial {
    if (this.#partials.length === REASSEMBLIES) {
      const oldest = this.#partials.reduce((a, b) => a.deadline <= b.deadline ? a : b);
      drop(oldest);
      return oldest;
    }
    const partial: Partial = {
      packet: packetIn(new Uint8Array(HEADER + LONGEST)),
      key: "",
      deadline: NEVER,
      ranges: new Map(),
      received: 0,
      total: LONGEST,
      first: false,
    };
    this.#partials.push(partial);
    return partial;
  }

  /** Forgets what took too long; gives when to look again. */
  tick(now: number): number {
    let next = NEVER;
    for (const partial of this.#partials) {
      if (partial.key === "") continue;
      if (partial.deadline <= now) drop(partial);
      else next = Math.min(next, partial.deadline);
    }
    return next;
  }
}

function drop(partial: Partial): undefined {
  partial.key = "";
  partial.ranges.clear();
  partial.received = 0;
  partial.first = false;
}

function keyOf({ bytes, addresses, size, protocol }: Packet, id: number): string {
  const protocolOfV4 = size === 4 ? protocol : 0; // RFC 8200, 4.5: IPv6 has it not
  return `${id} ${protocolOfV4} ${bytes.subarray(addresses, addresses + 2 * size).join(".")}`;
}
