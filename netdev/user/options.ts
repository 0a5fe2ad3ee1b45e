import {
  type Address,
  ANY_V4,
  formatAddress,
  isMulticast,
  parseAddress,
  parseV4,
  parseV6,
  sameAddress,
  sameNetwork,
  SIZE,
} from "./address.ts";
import { LEASES } from "./leases.ts";
import { parseGuestForwards, parseHostForwards, splitRules } from "./rules.ts";
import { domainName } from "./search_list.ts";
import type { Settings } from "./settings.ts";

/** The properties of the manifest. */
export interface Options {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly net: string;
  readonly host: string;
  readonly dns: string;
  readonly dhcpstart: string;
  readonly "ipv6-prefix": string;
  readonly "ipv6-prefixlen": number;
  readonly "ipv6-host": string;
  readonly "ipv6-dns": string;
  readonly hostname: string;
  readonly domainname: string;
  readonly dnssearch: string;
  readonly tftp: string;
  readonly "tftp-server-name": string;
  readonly bootfile: string;
  readonly smb: string;
  readonly smbserver: string;
  readonly hostfwd: string;
  readonly guestfwd: string;
  readonly restrict: boolean;
}

/** Longest prefix that leaves room for host, servers and leases. */
const MOST_BITS = 27;
const LEAST_BITS = 8;
/** Which addresses of the network are whose, counted from its first. */
const PLACE = { HOST: 2, DNS: 3, SMB: 4, DHCP: 15 } as const;
/** Longest text that an option of DHCP holds. */
const LONGEST_TEXT = 255;

function fail(property: string, problem: string): never {
  throw new Error(`property "${property}": ${problem}`);
}

/** Understands the properties. Throws an error that names the property. */
export function readOptions(options: Options): Settings {
  if (!options.ipv4 && !options.ipv6) fail("ipv4", `is off, and so is "ipv6": no network is left`);
  const v4 = readV4(options), v6 = readV6(options);
  for (const property of ["hostname", "domainname", "tftp-server-name", "bootfile"] as const) {
    if (new TextEncoder().encode(options[property]).length > LONGEST_TEXT) {
      fail(property, `is longer than ${LONGEST_TEXT} bytes`);
    }
  }
  const dnssearch = options.dnssearch.split(/[;\s]+/).filter((domain) => domain !== "");
  for (const domain of dnssearch) if (!domainName(domain)) fail("dnssearch", `"${domain}" is no domain`);
  if (options.tftp !== "") checkFolder("tftp", options.tftp);
  if (options.smb !== "") checkFolder("smb", options.smb);
  return {
    ...v4,
    ...v6,
    ipv4: options.ipv4,
    ipv6: options.ipv6,
    mac: Uint8Array.of(0x52, 0x55, ...v4.host), // QEMU's; the 2 in 0x52 says: given out locally
    hostname: options.hostname,
    domainname: options.domainname,
    dnssearch,
    tftp: options.tftp,
    tftpServerName: options["tftp-server-name"],
    bootfile: options.bootfile,
    smb: options.smb,
    restrict: options.restrict,
    hostForwards: splitRules(options.hostfwd).map((rule) => parseHostForwards(rule)),
    guestForwards: splitRules(options.guestfwd).map((rule) => readGuestForward(rule, v4)),
  };
}

function checkFolder(property: string, path: string): void {
  try {
    if (Deno.statSync(path).isDirectory) return;
  } catch { /* said below */ }
  fail(property, `there is no folder "${path}"`);
}

function readV4(options: Options) {
  const [text, length = ""] = options.net.split("/");
  const address = parseV4(text);
  if (!address) fail("net", `"${options.net}" is not of the form 10.0.2.0/24`);
  const bits = length === "" ? classBits(address) : maskBits(length);
  if (bits === undefined || bits < LEAST_BITS || bits > MOST_BITS) {
    fail(
      "net",
      `"${options.net}" is not of the form 10.0.2.0/24, with a mask of ${LEAST_BITS} to ${MOST_BITS} bits`,
    );
  }
  const mask = Uint8Array.from(
    address,
    (_, i) => 0xff00 >> Math.max(0, Math.min(8, bits - 8 * i)) & 0xff,
  );
  const network = address.map((byte, i) => byte & mask[i]);
  if (isMulticast(network) || network[0] === 0 || network[0] === 127) {
    fail("net", `${formatAddress(network)} cannot be a network of hosts`);
  }
  const broadcast = network.map((byte, i) => byte | ~mask[i] & 0xff);
  const own = (property: "host" | "dns" | "dhcpstart" | "smbserver", place: number): Address => {
    const given = options[property];
    const own = given === "" ? at(network, place) : parseV4(given);
    if (!own) return fail(property, `"${given}" is no IPv4 address`);
    if (!sameNetwork(own, network, bits) || sameAddress(own, network) || sameAddress(own, broadcast)) {
      fail(property, `${given} is no address of ${formatAddress(network)}/${bits}`);
    }
    return own;
  };
  const host = own("host", PLACE.HOST), dns = own("dns", PLACE.DNS), smbServer = own("smbserver", PLACE.SMB);
  const dhcpStart = own("dhcpstart", PLACE.DHCP);
  if (sameAddress(host, dns)) fail("dns", `${formatAddress(dns)} is the host's address`);
  if (dhcpStart[3] + LEASES - 1 > 255 || sameAddress(at(dhcpStart, LEASES - 1), broadcast)) {
    fail("dhcpstart", `there are no ${LEASES} addresses from ${formatAddress(dhcpStart)} on`);
  }
  for (const [property, address] of [["host", host], ["dns", dns]] as const) {
    const index = address[3] - dhcpStart[3];
    if (sameNetwork(address, dhcpStart, 24) && index >= 0 && index < LEASES) {
      fail(property, `${formatAddress(address)} is one of the ${LEASES} addresses that DHCP gives out`);
    }
  }
  return { network, bits, mask, broadcast, host, dns, smbServer, dhcpStart };
}

function at(network: Address, place: number): Address {
  const address = network.slice();
  address[address.length - 1] += place;
  return address;
}

/** The length of the mask that an address had before there were masks. */
function classBits(address: Address): number {
  return address[0] < 128 ? 8 : address[0] < 192 ? 16 : 24;
}

/** A mask as a number of bits, or written as an address. */
function maskBits(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const mask = parseV4(text);
  if (!mask) return undefined;
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.lastIndexOf("1") + 1 : undefined;
}

function readV6(options: Options) {
  const prefix = parseV6(options["ipv6-prefix"]), bits6 = options["ipv6-prefixlen"];
  if (!prefix) return fail("ipv6-prefix", `"${options["ipv6-prefix"]}" is no IPv6 address`);
  const network6 = prefix.map((byte, i) => byte & 0xff00 >> Math.max(0, Math.min(8, bits6 - 8 * i)) & 0xff);
  if (isMulticast(network6)) fail("ipv6-prefix", `${formatAddress(network6)} cannot be a network of hosts`);
  const own = (property: "ipv6-host" | "ipv6-dns", place: number): Address => {
    const given = options[property];
    const own = given === "" ? at(network6, place) : parseAddress(given);
    if (own?.length !== SIZE.V6) return fail(property, `"${given}" is no IPv6 address`);
    if (!sameNetwork(own, network6, bits6)) {
      fail(property, `${given} is no address of ${formatAddress(network6)}/${bits6}`);
    }
    return own;
  };
  const router6 = parseV6("fe80::2")!;
  return { network6, bits6, host6: own("ipv6-host", PLACE.HOST), dns6: own("ipv6-dns", PLACE.DNS), router6 };
}

function readGuestForward(rule: string, v4: ReturnType<typeof readV4>) {
  const parsed = parseGuestForwards(rule);
  const { address } = parsed;
  const free = !sameAddress(address, v4.network) && !sameAddress(address, v4.broadcast) &&
    !sameAddress(address, v4.host) && !sameAddress(address, v4.dns) && !sameAddress(address, ANY_V4);
  if (!free || !sameNetwork(address, v4.network, v4.bits)) {
    fail(
      "guestfwd",
      `${formatAddress(address)} is no free address of ${formatAddress(v4.network)}/${v4.bits}`,
    );
  }
  return parsed;
}
