export const DNS_PORT = 53;
/** Length of a DNS header (RFC 1035, 4.1.1). */
const HEADER = 12;
const FLAGS = { RESPONSE: 0x80, RECURSION_DESIRED: 0x01, OPCODE: 0x78 } as const;
const RECURSION_AVAILABLE = 0x80;
const REFUSED = 5;

/** Whether bytes can be a question. What it asks is for the name server to read. */
export function isQuery(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER && (bytes[2] & FLAGS.RESPONSE) === 0;
}

export function isResponse(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER && (bytes[2] & FLAGS.RESPONSE) !== 0;
}

/** The answer of a server that answers nobody: the host has no name server. */
export function refusal(query: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER);
  bytes.set(query.subarray(0, 2));
  bytes[2] = FLAGS.RESPONSE | query[2] & (FLAGS.OPCODE | FLAGS.RECURSION_DESIRED);
  bytes[3] = RECURSION_AVAILABLE | REFUSED;
  return bytes;
}
