import { defineNetdev } from "@emu/core";
import { datagramPort, datagramSocket } from "../datagram_link.ts";
import { descriptorBackend } from "../descriptor.ts";
import { checked, ERRNO, errno, libc } from "../libc.ts";
import { AF, type SocketAddress, unixAddress } from "../socket_address.ts";
import type { CountingBackend } from "../stream_link.ts";
import { closeQuietly, removeStale } from "../stream_peers.ts";
import { groupId } from "./group.ts";
import manifest from "./manifest.json" with { type: "json" };
import { addressIn, ANSWER, request } from "./protocol.ts";

/** Milliseconds in which a switch has to answer. */
const PATIENCE = 2000;

/** What a switch does that lacks the port it is asked for. */
const NO_ANSWER = "the switch does not answer; perhaps it has no such port";

/** A cable into a VDE switch: one socket to ask for a port, which has to stay open, another for the frames. */
export default defineNetdev(manifest, async ({ id, properties, warn }): Promise<CountingBackend> => {
  const { sock, port, group, mode } = properties;
  const gid = group === undefined ? undefined : await groupId(group);
  const control = await callSwitch(sock);
  const own = bindOwn(sock);
  try {
    await Deno.chmod(own.path, parseInt(mode, 8));
    if (gid !== undefined) await Deno.chown(own.path, null, gid);
    await control.write(request({ port, own: own.address, description: `emu ${id} pid=${Deno.pid}` }));
    const to = addressIn(await answerOf(control));
    if (!to) throw new Error(`the switch at ${sock} has no port ${port || "left"} for us`);
    checked(libc().connect(own.fd, to, to.length), `cannot connect to the switch at ${sock}`);
  } catch (error) {
    closeQuietly(control);
    libc().close(own.fd);
    removeStale(own.path);
    throw error;
  }
  let open = true;
  const gone = watch(control).then(() => {
    if (open) warn(`Cannot reach the switch at ${sock} any more: it has gone (${id})`);
  });
  return descriptorBackend({
    ...datagramPort(own.fd, "peer"),
    async closed() {
      open = false;
      closeQuietly(control);
      await gone;
      removeStale(own.path);
    },
  }, warn);
});

async function callSwitch(sock: string): Promise<Deno.Conn> {
  const path = `${sock}/ctl`;
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    throw new Error(`cannot connect to a switch at ${path}: ${(error as Error).message}`);
  }
}

interface OwnSocket {
  readonly fd: number;
  readonly path: string;
  readonly address: SocketAddress;
}

/** A socket at a new path that the switch can reach: beside its own, or in /tmp. */
function bindOwn(sock: string): OwnSocket {
  for (const stem of [sock, "/tmp/vde"]) {
    for (let n = 0; n < 1000; n++) {
      const path = `${stem}.${`${Deno.pid}`.padStart(5, "0")}-${`${n}`.padStart(5, "0")}`;
      let problem = 0;
      try {
        const address = unixAddress(path);
        const fd = datagramSocket(AF.UNIX, (fd) => {
          if (libc().bind(fd, address, address.length) < 0) problem = errno();
          if (problem !== 0) throw new Error(path);
        });
        return { fd, path, address };
      } catch { /* the path is too long, taken, or not ours */ }
      if (problem !== ERRNO.EADDRINUSE) break;
    }
  }
  throw new Error(`cannot make a socket beside ${sock}, nor in /tmp`);
}

/** What the switch answers; less than a whole answer if it hangs up. */
async function answerOf(control: Deno.Conn): Promise<Uint8Array<ArrayBuffer>> {
  const answer = new Uint8Array(ANSWER);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    control.close();
  }, PATIENCE);
  let used = 0;
  try {
    while (used < ANSWER) {
      const count = await control.read(answer.subarray(used));
      if (count === null) break;
      used += count;
    }
  } catch (error) {
    throw new Error(late ? NO_ANSWER : (error as Error).message);
  } finally {
    clearTimeout(timer);
  }
  return answer.subarray(0, used);
}

/** Settles when the other side hangs up. */
async function watch(control: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64);
  while (await control.read(buffer).catch(() => null) !== null);
}
