import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { fakeContext, frameOf, plug, until } from "../testing.ts";
import { unixAddress } from "../socket_address.ts";
import { addressIn, request } from "./protocol.ts";
import vde from "./vde.ts";

const found = Deno.build.os === "linux" &&
  (await new Deno.Command("sh", { args: ["-c", "command -v vde_switch"], stdout: "null" }).output()).success;
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: found ? name : `${name} (ignored: no vde_switch here)`, ignore: !found, fn });

const contextOf = (sock: string, more: { port?: number; group?: string; mode?: string } = {}) =>
  fakeContext({ sock, port: 0, group: undefined as string | undefined, mode: "0700", ...more });

/** Runs a switch for the time of a test. */
async function withSwitch(fn: (sock: string, stop: () => Promise<void>) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const sock = `${folder}/switch`;
  const child = new Deno.Command("vde_switch", {
    args: ["-s", sock, "-hub"],
    stdin: "piped", // at the end of its input it ends
    stdout: "null",
    stderr: "null",
  }).spawn();
  let running = true;
  const stop = async () => {
    if (!running) return;
    running = false;
    await child.stdin.close().catch(() => {});
    child.kill("SIGTERM");
    await child.status;
  };
  try {
    await until(() => exists(`${sock}/ctl`), "the switch");
    await fn(sock, stop);
  } finally {
    await stop();
    await Deno.remove(folder, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

const socketsBeside = (sock: string) =>
  [...Deno.readDirSync(`${sock}/..`)].map(({ name }) => name).filter((name) => name !== "switch").sort();

test("vde network carries frames through a switch, in order, and leaves no socket behind", () =>
  withSwitch(async (sock) => {
    const a = await vde.create(contextOf(sock)), b = await vde.create(contextOf(sock, { port: 5 }));
    const [cardA, cardB] = [plug(a), plug(b)];
    const frames = Array.from({ length: 100 }, (_, n) => frameOf(n, 60 + n * 14));
    for (const frame of frames) a.send(frame);
    b.send(frames[99]);
    await until(() => cardB.got.length === 100 && cardA.got.length === 1);
    assertEquals(cardB.got, frames);
    assertEquals(socketsBeside(sock).length, 2);
    await a.close();
    await b.close();
    assertEquals(socketsBeside(sock), []);
  }));

test("vde network gives its socket the rights and the group that were asked for", () =>
  withSwitch(async (sock) => {
    const a = await vde.create(contextOf(sock, { mode: "0640", group: `${Deno.gid()}` }));
    const path = `${sock}/../${socketsBeside(sock)[0]}`;
    const { mode, gid } = await Deno.stat(path);
    assertEquals([mode! & 0o777, gid], [0o640, Deno.gid()]);
    await a.close();
  }));

test("vde network says so when its switch has gone, and loses what is sent", () =>
  withSwitch(async (sock, stop) => {
    const context = contextOf(sock);
    const a = await vde.create(context);
    await stop();
    await until(() => context.said.length > 0);
    assertMatch(context.said[0], /Cannot reach the switch at .* any more/);
    a.send(frameOf(1));
    await a.close();
  }));

test("vde network says what is wrong", () =>
  withSwitch(async (sock) => {
    await assertRejects(
      async () => await vde.create(contextOf("/nowhere")),
      Error,
      "cannot connect to a switch at /nowhere/ctl",
    );
    await assertRejects(
      async () => await vde.create(contextOf(sock, { group: "no such" })),
      Error,
      'there is no group "no such"',
    );
    await assertRejects(
      async () => await vde.create(contextOf(sock, { port: 60000 })),
      Error,
      "perhaps it has no such port",
    );
    assertEquals(socketsBeside(sock), []);
  }));

Deno.test("a request for a port is what a switch reads", () => {
  const bytes = request({ port: 3, own: unixAddress("/tmp/x"), description: "emu" });
  const view = new DataView(bytes.buffer);
  assertEquals([0, 4, 8].map((at) => view.getUint32(at, true)), [0xfeedface, 3, 3 << 8]);
  assertEquals(bytes.length, 12 + 110 + 3);
  assertEquals(new TextDecoder().decode(bytes.subarray(14, 20)), "/tmp/x");
  assertThrows(() => unixAddress(""), Error, "1 to 107 bytes");
});

Deno.test("a short answer of a switch is a refusal", () => {
  assertEquals(addressIn(new Uint8Array(0)), undefined);
  assertEquals(addressIn(new Uint8Array(110)), undefined);
  assert(addressIn(unixAddress("/tmp/x")));
});
