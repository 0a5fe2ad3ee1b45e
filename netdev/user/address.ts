/** An IP address in network order: 4 bytes or 16. */
export type Address = Uint8Array<ArrayBuffer>;

/** An address with a port. */
export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** Length of the addresses of an IP version, in bytes. */
export const SIZE = { V4: 4, V6: 16 } as const;

export const ANY_V4: Address = new Uint8Array(SIZE.V4);
export const BROADCAST_V4: Address = new Uint8Array(SIZE.V4).fill(0xff);
export const LOOPBACK_V4: Address = Uint8Array.of(127, 0, 0, 1);
export const ANY_V6: Address = new Uint8Array(SIZE.V6);
export const LOOPBACK_V6: Address = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** Reads `10.0.2.2`, `fec0::2` or `[fec0::2]`. Undefined if it is no address. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

/** Reads an IPv4 address of four decimal numbers. */
export function parseV4(text: string): Address | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const numbers = text.split(".").map(Number);
  return numbers.every((number) => number <= 255) ? Uint8Array.from(numbers) : undefined;
}

/** Reads an IPv6 address (RFC 4291, 2.2), with or without brackets; a scope (`%eth0`) is left out. */
export function parseV6(text: string): Address | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  const halves = bare.split("::");
  if (halves.length > 2) return undefined;
  const [front, back] = halves.map(groups);
  if (!front || halves.length === 2 && !back) return undefined;
  const missing = 8 - front.length - (back?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = back ? [...front, ...new Array<number>(missing).fill(0), ...back] : front;
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The 16-bit groups of one side of `::`; the last may be an IPv4 address, which makes two. */
function groups(text: string): number[] | undefined {
  if (text === "") return [];
  const result: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 ? parseV4(part) : undefined;
    if (v4) result.push(v4[0] << 8 | v4[1], v4[2] << 8 | v4[3]);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) result.push(parseInt(part, 16));
    else return undefined;
  }
  return result;
}

/** Writes an address; of IPv6 the longest run of zeros is left out (RFC 5952). */
export function formatAddress(address: Uint8Array): string {
  if (address.length === SIZE.V4) return address.join(".");
  const text = Array.from({ length: 8 }, (_, i) => address[2 * i] << 8 | address[2 * i + 1]);
  let start = -1, longest = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && text[i + length] === 0) length++;
    if (length > longest) [start, longest] = [i, length];
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  return start < 0 ? hex(text) : `${hex(text.slice(0, start))}::${hex(text.slice(start + longest))}`;
}

/** Whether the address `a` stands in `bytes` at an offset. */
export function addressAt(bytes: Uint8Array, offset: number, a: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (bytes[offset + i] !== a[i]) return false;
  return true;
}

export function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && addressAt(a, 0, b);
}

/** Whether the first `bits` bits of two addresses of one version are equal. */
export function sameNetwork(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  if (a.length !== b.length) return false;
  const whole = bits >> 3, rest = bits & 7;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  return rest === 0 || ((a[whole] ^ b[whole]) >> 8 - rest) === 0;
}

/** 127.0.0.0/8, ::1, and 127.0.0.0/8 inside of IPv6. */
export function isLoopback(address: Uint8Array): boolean {
  if (address.length === SIZE.V4) return address[0] === 127;
  return sameAddress(address, LOOPBACK_V6) || isMapped(address) && address[12] === 127;
}

/** IPv4 addresses inside of IPv6: ::ffff:0:0/96. */
export function isMapped(address: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  return address.length === SIZE.V6 && address[10] === 0xff && address[11] === 0xff;
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: Uint8Array): boolean {
  return address.length === SIZE.V4 ? address[0] >> 4 === 14 : address[0] === 0xff;
}
