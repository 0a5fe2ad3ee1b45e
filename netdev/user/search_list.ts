/** Longest list of domains, in bytes: what an option of DHCP can hold. */
export const SEARCH_LIST = 255;

/** Domain names as DNS writes them (RFC 1035, 3.1), one after the other; those too long for the list are left out. */
export function searchList(domains: readonly string[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const domain of domains) {
    const name = domainName(domain);
    if (name && bytes.length + name.length <= SEARCH_LIST) bytes.push(...name);
  }
  return Uint8Array.from(bytes);
}

/** A name as labels with their lengths. Undefined if it is none. */
export function domainName(domain: string): number[] | undefined {
  const labels = domain.replace(/\.$/, "").split(".").map((label) => new TextEncoder().encode(label));
  if (labels.some(({ length }) => length === 0 || length > 63)) return undefined;
  const name = [...labels.flatMap((label) => [label.length, ...label]), 0];
  return name.length <= 255 ? name : undefined;
}
