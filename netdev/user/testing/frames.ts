import { internetChecksum, ip, ipText, mac, u16, u32 } from "./bytes.ts";

export const GUEST_MAC = "52:54:00:12:34:56";
export const HOST_MAC = "52:55:0a:00:02:02";

export interface IpFields {
  readonly from?: string;
  readonly to: string;
  readonly protocol: number;
  readonly payload: ArrayLike<number>;
  readonly ttl?: number;
  readonly id?: number;
  /** In bytes. */
  readonly offset?: number;
  readonly more?: boolean;
  readonly options?: readonly number[];
  readonly fromMac?: string;
  readonly toMac?: string;
}

export function ethernet(
  type: number,
  payload: ArrayLike<number>,
  { fromMac = GUEST_MAC, toMac = HOST_MAC } = {},
) {
  return Uint8Array.from([...mac(toMac), ...mac(fromMac), ...u16(type), ...Array.from(payload)]);
}

/** A frame with an IPv4 or IPv6 packet. */
export function ipFrame(fields: IpFields): Uint8Array<ArrayBuffer> {
  const { to, protocol, ttl = 64, id = 1, offset = 0, more = false, options = [] } = fields;
  const payload = Array.from(fields.payload);
  if (to.includes(":")) {
    const { from = "fec0::15" } = fields;
    const packet = [0x60, 0, 0, 0, ...u16(payload.length), protocol, ttl, ...ip(from), ...ip(to), ...payload];
    return ethernet(0x86dd, packet, macs(fields));
  }
  const { from = "10.0.2.15" } = fields;
  const length = 20 + options.length;
  const header = [
    0x40 | length / 4,
    0,
    ...u16(length + payload.length),
    ...u16(id),
    ...u16((more ? 0x2000 : 0) | offset / 8),
    ttl,
    protocol,
    0,
    0,
    ...ip(from),
    ...ip(to),
    ...options,
  ];
  header.splice(10, 2, ...u16(internetChecksum(header)));
  return ethernet(0x0800, [...header, ...payload], macs(fields));
}

function macs({ fromMac, toMac }: IpFields) {
  return { ...(fromMac ? { fromMac } : {}), ...(toMac ? { toMac } : {}) };
}

/** The checksum of a UDP, TCP or ICMPv6 message with its pseudo header. */
export function pseudoChecksum(
  from: string,
  to: string,
  protocol: number,
  message: ArrayLike<number>,
): number {
  const bytes = [...ip(from), ...ip(to), ...u32(message.length), ...u32(protocol), ...Array.from(message)];
  return internetChecksum(bytes);
}

export type Addressed = Omit<IpFields, "protocol" | "payload">;

const own = (to: string, from?: string) => from ?? (to.includes(":") ? "fec0::15" : "10.0.2.15");

export function udpMessage(
  { to, from }: Addressed,
  [source, target]: readonly [number, number],
  data: ArrayLike<number>,
): number[] {
  const message = [...u16(source), ...u16(target), ...u16(8 + data.length), 0, 0, ...Array.from(data)];
  message.splice(6, 2, ...u16(pseudoChecksum(own(to, from), to, 17, message) || 0xffff));
  return message;
}

export function udpFrame(at: Addressed, ports: readonly [number, number], data: ArrayLike<number>) {
  return ipFrame({ ...at, protocol: 17, payload: udpMessage(at, ports, data) });
}

export interface TcpFields {
  readonly ports: readonly [number, number];
  readonly seq: number;
  readonly ack?: number;
  /** Letters of S, A, F, R, P. */
  readonly flags: string;
  readonly window?: number;
  readonly options?: readonly number[];
  readonly data?: ArrayLike<number>;
}

const TCP_FLAGS = "FSRPAU";

export function tcpFrame(at: Addressed, fields: TcpFields): Uint8Array<ArrayBuffer> {
  const { ports, seq, ack = 0, flags, window = 65535, options = [], data = [] } = fields;
  const bits = [...flags].reduce((sum, letter) => sum | 1 << TCP_FLAGS.indexOf(letter), 0);
  const message = [
    ...ports.flatMap(u16),
    ...u32(seq),
    ...u32(ack),
    (20 + options.length) / 4 << 4,
    bits,
    ...u16(window),
    0,
    0,
    0,
    0,
    ...options,
    ...Array.from(data),
  ];
  message.splice(16, 2, ...u16(pseudoChecksum(own(at.to, at.from), at.to, 6, message)));
  return ipFrame({ ...at, protocol: 6, payload: message });
}

export function icmpEcho(at: Addressed, data: ArrayLike<number>, id = 7): Uint8Array<ArrayBuffer> {
  const v6 = at.to.includes(":");
  const message = [v6 ? 128 : 8, 0, 0, 0, ...u16(id), 0, 1, ...Array.from(data)];
  const sum = v6 ? pseudoChecksum(own(at.to, at.from), at.to, 58, message) : internetChecksum(message);
  message.splice(2, 2, ...u16(sum));
  return ipFrame({ ...at, protocol: v6 ? 58 : 1, payload: message });
}

/** What a frame from the network says, checked on the way: lengths and checksums are right. */
export interface Seen {
  readonly toMac: string;
  readonly type: number;
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly id: number;
  readonly offset: number;
  readonly more: boolean;
  /** IP payload. */
  readonly payload: Uint8Array;
  readonly ports: readonly number[];
  readonly data: Uint8Array;
  readonly seq: number;
  readonly ack: number;
  readonly flags: string;
  readonly window: number;
  readonly options: Uint8Array;
}

const NONE = new Uint8Array(0);

/** Reads a frame. Throws if it is not well formed. */
export function read(frame: Uint8Array): Seen {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const toMac = [...frame.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
  const type = view.getUint16(12);
  const blank = {
    toMac,
    type,
    from: "",
    to: "",
    protocol: -1,
    id: 0,
    offset: 0,
    more: false,
    payload: frame.slice(14),
  };
  const none = { ports: [], data: NONE, seq: 0, ack: 0, flags: "", window: 0, options: NONE };
  if (type !== 0x0800 && type !== 0x86dd) return { ...blank, ...none };
  const seen = type === 0x0800 ? readV4(frame, view) : readV6(frame, view);
  const base = { ...blank, ...seen };
  const { payload, protocol, from, to } = base;
  if (base.more || base.offset > 0) return { ...base, ...none };
  if (protocol !== 1) require(pseudoChecksum(from, to, protocol, payload) === 0, "checksum");
  else require(internetChecksum(payload) === 0, "ICMP checksum");
  const inner = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (protocol === 17) {
    require(inner.getUint16(4) === payload.length, "UDP length");
    return { ...base, ...none, ports: [inner.getUint16(0), inner.getUint16(2)], data: payload.slice(8) };
  }
  if (protocol !== 6) return { ...base, ...none, data: payload };
  const header = 4 * (payload[12] >> 4);
  return {
    ...base,
    ports: [inner.getUint16(0), inner.getUint16(2)],
    seq: inner.getUint32(4),
    ack: inner.getUint32(8),
    flags: [...TCP_FLAGS].filter((_, bit) => payload[13] >> bit & 1).join(""),
    window: inner.getUint16(14),
    options: payload.slice(20, header),
    data: payload.slice(header),
  };
}

function require(condition: boolean, what: string): void {
  if (!condition) throw new Error(`the network sent a wrong ${what}`);
}

function readV4(frame: Uint8Array, view: DataView) {
  require(frame[14] === 0x45, "IPv4 header");
  require(view.getUint16(16) === frame.length - 14, "IPv4 length");
  require(internetChecksum(frame.subarray(14, 34)) === 0, "IPv4 checksum");
  const fragment = view.getUint16(20);
  return {
    from: ipText(frame.subarray(26, 30)),
    to: ipText(frame.subarray(30, 34)),
    protocol: frame[23],
    id: view.getUint16(18),
    offset: 8 * (fragment & 0x1fff),
    more: (fragment & 0x2000) !== 0,
    payload: frame.slice(34),
  };
}

function readV6(frame: Uint8Array, view: DataView) {
  require(view.getUint16(18) === frame.length - 54, "IPv6 length");
  const fragment = frame[20] === 44;
  const word = fragment ? view.getUint16(56) : 0;
  return {
    from: ipText(frame.subarray(22, 38)),
    to: ipText(frame.subarray(38, 54)),
    protocol: fragment ? frame[54] : frame[20],
    id: fragment ? view.getUint32(58) : 0,
    offset: word & 0xfff8,
    more: (word & 1) !== 0,
    payload: frame.slice(fragment ? 62 : 54),
  };
}
