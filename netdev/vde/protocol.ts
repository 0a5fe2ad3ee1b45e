import { AF, SOCKADDR_UN, type SocketAddress } from "../socket_address.ts";

/** What a switch is asked on its control socket: `struct request_v3` of vde_switch, packed, in the host's byte order. */
const MAGIC = 0xfeedface;
const VERSION = 3;
const REQ_NEW_CONTROL = 0;
const HEADER = 12, MAX_DESCRIPTION = 128;

/** Bytes of the answer: the address to which frames go. */
export const ANSWER = SOCKADDR_UN;

/** Asks for a port (0: any) whose frames are to come to `own`. */
export function request(
  { port, own, description }: {
    readonly port: number;
    readonly own: SocketAddress;
    readonly description: string;
  },
): Uint8Array<ArrayBuffer> {
  const words = new TextEncoder().encode(description).subarray(0, MAX_DESCRIPTION - 1);
  const bytes = new Uint8Array(HEADER + SOCKADDR_UN + words.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, REQ_NEW_CONTROL + (port << 8), true);
  bytes.set(own, HEADER);
  bytes.set(words, HEADER + SOCKADDR_UN);
  return bytes;
}

/** The address in an answer; undefined if there is none, which is how a switch refuses. */
export function addressIn(answer: Uint8Array<ArrayBuffer>): SocketAddress | undefined {
  const family = answer[0] | answer[1] << 8;
  return answer.length === ANSWER && family === AF.UNIX && answer[2] !== 0 ? answer : undefined;
}
