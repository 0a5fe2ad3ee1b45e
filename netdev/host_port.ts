/** A host and a port. */
export interface HostPort {
  readonly hostname: string;
  readonly port: number;
}

/** `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (any address); `what` names the property in the error. */
export function parseHostPort(text: string, what: string): HostPort {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 0xffff) throw new Error(`property "${what}": "${text}" is not HOST:PORT`);
  return { hostname: (match[1] ?? match[2]) || "0.0.0.0", port };
}

/** A port as a text, which may not be there. */
export function parsePort(text: string | undefined, what: string): number {
  const port = /^\d{1,5}$/.test(text ?? "") ? Number(text) : NaN;
  if (!(port <= 0xffff)) {
    throw new Error(`property "${what}": ${text === undefined ? "is missing" : `"${text}" is no port`}`);
  }
  return port;
}
