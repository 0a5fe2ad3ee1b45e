/**
 * A name server for tests: a child process sees a `/etc/resolv.conf` that names it, in a mount namespace of its own, which
 * takes root.
 */
import { createSocket } from "node:dgram"; // Deno.listenDatagram is not stable yet

/** What is known, with its address, and what is not. */
export const NAME = { known: "here.emu.test", address: "192.0.2.77", unknown: "gone.emu.test" } as const;

/** A loopback address whose port 53 nobody else has; name servers are asked at that port only. */
const SERVER = { address: "127.42.0.53", port: 53 } as const;
/** RFC 1035, 4.1.1: header, type A, class IN; flags of an answer, and of one that says that there is no such name. */
const DNS = { HEADER: 12, TYPE_A: 1, CLASS_IN: 1, ANSWER: 0x8180, NO_NAME: 0x8183 } as const;
/** A pointer to the name in the question. */
const QUESTION_NAME = 0xc000 | DNS.HEADER;
/** Seconds for which an answer may be kept. */
const LIFE = 60;

/** Why there can be no such server here; undefined if there can. */
export const noNameServer: string | undefined = await (async () => {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "it takes root on Linux";
  const { success } = await new Deno.Command("unshare", { args: ["-m", "true"], stderr: "null" }).output()
    .catch(() => ({ success: false }));
  return success ? undefined : "no right to make a mount namespace";
})();

/** What goes before a command so that it asks this server. Puts a file into `folder`. */
export async function besides(folder: string): Promise<string[]> {
  const file = `${folder}/resolv.conf`;
  await Deno.writeTextFile(file, `nameserver ${SERVER.address}\n`);
  return ["unshare", "-m", "sh", "-c", `mount --bind ${file} /etc/resolv.conf && exec "$@"`, "sh"];
}

/** Starts the server. */
export async function nameServer(): Promise<AsyncDisposable> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { address, port }) => socket.send(answer(query), port, address));
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(SERVER.port, SERVER.address, resolve);
  });
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())) };
}

function answer(query: Uint8Array): Uint8Array {
  const labels: string[] = [];
  let at: number = DNS.HEADER;
  for (; query[at] > 0; at += 1 + query[at]) {
    labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + query[at])));
  }
  const end = at + 5, isA = (query[at + 1] << 8 | query[at + 2]) === DNS.TYPE_A;
  const known = labels.join(".") === NAME.known, found = known && isA;
  const bytes = new Uint8Array(end + (found ? 16 : 0)), view = new DataView(bytes.buffer);
  bytes.set(query.subarray(0, end));
  view.setUint16(2, known ? DNS.ANSWER : DNS.NO_NAME);
  view.setUint16(6, found ? 1 : 0);
  view.setUint32(8, 0); // nothing further
  if (!found) return bytes;
  view.setUint16(end, QUESTION_NAME);
  view.setUint16(end + 2, DNS.TYPE_A);
  view.setUint16(end + 4, DNS.CLASS_IN);
  view.setUint32(end + 6, LIFE);
  view.setUint16(end + 10, 4);
  bytes.set(NAME.address.split(".").map(Number), end + 12);
  return bytes;
}
