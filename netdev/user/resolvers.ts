import { type Endpoint, parseAddress } from "./address.ts";

const FILE = "/etc/resolv.conf";
const PORT = 53;
/** Name servers that are asked, as resolver libraries have it (resolv.conf(5), MAXNS). */
const MOST = 3;
/** Milliseconds after which the file is read again: networks come and go. */
const FRESH = 10_000;

let known: Endpoint[] = [];
let readAt = -Infinity;

/** The name servers that the host uses; none if it does not say. */
export function hostResolvers(): readonly Endpoint[] {
  if (performance.now() - readAt < FRESH) return known;
  readAt = performance.now();
  try {
    known = parseResolvers(Deno.readTextFileSync(FILE));
  } catch {
    known = [];
  }
  return known;
}

/** The name servers of a `resolv.conf`. */
export function parseResolvers(text: string): Endpoint[] {
  const servers: Endpoint[] = [];
  for (const line of text.split("\n")) {
    const [key, value = ""] = line.trim().split(/\s+/);
    const address = key === "nameserver" ? parseAddress(value) : undefined;
    if (address && servers.length < MOST) servers.push({ address, port: PORT });
  }
  return servers;
}
