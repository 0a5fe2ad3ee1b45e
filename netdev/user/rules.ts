import { ANY_V4, parseAddress, parseV4 } from "./address.ts";
import type { ForwardTarget, GuestForwardRule, HostForwardRule } from "./settings.ts";

/** Parts several rules in one property; a `;` inside a command stays. */
export function splitRules(text: string): string[] {
  return text.split(/;(?=(?:tcp|udp)?:)/).map((rule) => rule.trim()).filter((rule) => rule !== "");
}

const HOST_FORM = "[tcp|udp]:[ADDRESS]:PORT-[ADDRESS]:PORT";
const GUEST_FORM =
  "[tcp]:ADDRESS:PORT-TARGET, TARGET being cmd:COMMAND, tcp:ADDRESS:PORT, unix:PATH or chardev:ID";
/** An IPv4 address, an IPv6 address in brackets, or nothing. */
const ADDRESS = String.raw`(\[[^\]]*\]|[^:\-]*)`;
const HOST_RULE = new RegExp(`^(tcp|udp|):${ADDRESS}:(\\d+)-${ADDRESS}:(\\d+)$`);
const GUEST_RULE = new RegExp(`^(?:tcp)?:${ADDRESS}:(\\d+)-(.*)$`, "s");

/** Reads a rule of `hostfwd`. */
export function parseHostForwards(rule: string): HostForwardRule {
  const [whole, protocol, hostAddress, hostPort, guestAddress, guestPort] = HOST_RULE.exec(rule) ?? [];
  const bad = (problem: string): never => {
    throw new Error(`property "hostfwd": "${rule}" ${problem}`);
  };
  if (whole === undefined) return bad(`is not of the form ${HOST_FORM}`);
  const host = hostAddress === "" ? ANY_V4 : parseAddress(hostAddress);
  const guest = guestAddress === "" ? undefined : parseAddress(guestAddress);
  if (!host) return bad(`has no address in "${hostAddress}"`);
  if (guestAddress !== "" && !guest) return bad(`has no address in "${guestAddress}"`);
  if (Number(hostPort) > 65535) return bad(`has no port in "${hostPort}"`);
  if (Number(guestPort) > 65535 || Number(guestPort) === 0) return bad(`has no port in "${guestPort}"`);
  return {
    protocol: protocol === "udp" ? "udp" : "tcp",
    hostAddress: host,
    hostPort: Number(hostPort),
    guestAddress: guest,
    guestPort: Number(guestPort),
  };
}

/** Reads a rule of `guestfwd`. */
export function parseGuestForwards(rule: string): GuestForwardRule {
  const [whole, addressText, portText, targetText] = GUEST_RULE.exec(rule) ?? [];
  const bad = (problem: string): never => {
    throw new Error(`property "guestfwd": "${rule}" ${problem}`);
  };
  if (whole === undefined) return bad(`is not of the form ${GUEST_FORM}`);
  const address = parseV4(addressText), port = Number(portText);
  if (!address) return bad(`has no IPv4 address in "${addressText}"`);
  if (port === 0 || port > 65535) return bad(`has no port in "${portText}"`);
  const target = readTarget(targetText);
  if (!target) return bad(`leads nowhere: it is not of the form ${GUEST_FORM}`);
  return { address, port, target };
}

function readTarget(text: string): ForwardTarget | undefined {
  const [, kind, rest] = /^(cmd|tcp|unix|chardev):(.+)$/s.exec(text) ?? [];
  if (kind === "cmd") return { command: rest };
  if (kind === "unix") return { path: rest };
  if (kind === "chardev") return { channel: rest };
  const [, host, port] = /^(.*):(\d+)$/.exec(rest ?? "") ?? [];
  const address = parseAddress(host ?? "");
  const valid = address && Number(port) > 0 && Number(port) <= 65535;
  return valid ? { server: { address, port: Number(port) } } : undefined;
}
