import { createSocket } from "node:dgram"; // Deno's own datagrams are unstable
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { multicastBackend, udpBackend, unixBackend } from "./datagram_link.ts";
import { fakeContext, frameOf, numberOf, plug, portOf, range, socketPath, until } from "./testing.ts";

const HERE = "127.0.0.1";
const linux = Deno.build.os === "linux";
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name: linux ? name : `${name} (ignored: needs Linux)`, ignore: !linux, fn });

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A port of UDP that is free. */
function freePort(): number {
  const listener = Deno.listen({ hostname: HERE, port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

test("udp link carries a frame a datagram, both ways", async () => {
  const ports = [freePort(), freePort()].map((port) => ({ hostname: HERE, port }));
  const context = fakeContext({});
  const a = await udpBackend({ local: ports[0], remote: ports[1] }, context.warn);
  const b = await udpBackend({ local: ports[1], remote: ports[0] }, context.warn);
  const [cardA, cardB] = [plug(a), plug(b)];
  const frames = range(1, 50).map((n) => frameOf(n, 14 + n * 29));
  for (const frame of frames) {
    a.send(frame);
    b.send(frame);
  }
  await until(() => cardA.got.length === 50 && cardB.got.length === 50);
  assertEquals([cardA.got, cardB.got], [frames, frames]);
  a.send(new Uint8Array(5));
  assertEquals(a.traffic, { sent: 50, received: 50, dropped: 0, malformed: 1 });
  await Promise.all([a.close(), b.close()]);
  a.send(frameOf(1));
  assertEquals(context.said, []);
});

test("udp link keeps a bounded number of frames that the card has no room for, the oldest", async () => {
  const context = fakeContext({});
  const a = await udpBackend({ local: { hostname: HERE, port: 0 }, remote: undefined }, context.warn);
  const card = plug(a);
  card.open = false;
  const remote = { hostname: HERE, port: portOf(context) };
  const b = await udpBackend({ local: { hostname: HERE, port: 0 }, remote }, () => {});
  for (let i = 0; i < 1000; i++) {
    b.send(frameOf(i, 1500));
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  card.open = true;
  a.ready();
  await until(() => card.got.length >= 256);
  assertEquals(card.got.slice(0, 256).map(numberOf), range(0, 255));
  assert(card.got.length < 1000, "all were kept");
  await Promise.all([a.close(), b.close()]);
});

test("udp link without a remote end only receives", async () => {
  const a = await udpBackend({ local: { hostname: HERE, port: 0 }, remote: undefined }, () => {});
  a.send(frameOf(1));
  assertEquals(a.traffic.dropped, 1);
  await a.close();
  await a.close();
});

test("udp link leaves out datagrams that are no frames", async () => {
  const context = fakeContext({});
  const a = await udpBackend({ local: { hostname: HERE, port: 0 }, remote: undefined }, context.warn);
  const card = plug(a);
  const stranger = createSocket("udp4");
  for (const bytes of [new Uint8Array(0), new Uint8Array(13), frameOf(1, 14)]) {
    await new Promise<void>((resolve) => stranger.send(bytes, portOf(context), HERE, () => resolve()));
  }
  await until(() => card.got.length === 1);
  assertEquals(card.got, [frameOf(1, 14)]);
  assertEquals(a.traffic.malformed, 2);
  stranger.close();
  await a.close();
});

test("multicast link reaches everybody of the group but the sender", async () => {
  const port = freePort();
  const open = () => multicastBackend({ group: "239.1.2.3", port, localaddr: HERE }, () => {});
  const members = [await open(), await open(), await open()];
  const cards = members.map(plug);
  for (const n of [1, 2]) members[0].send(frameOf(n, 900));
  members[1].send(frameOf(3));
  await until(() => cards[2].got.length === 3 && cards[1].got.length === 2 && cards[0].got.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(cards.map(({ got }) => got.map(numberOf)), [[3], [1, 2], [1, 2, 3]]);
  assertEquals(members.map(({ traffic }) => traffic.malformed), [0, 0, 0]);
  await Promise.all(members.map((member) => member.close()));
});

test("multicast link says which address is no group, and where it cannot join", async () => {
  const open = (group: string, localaddr?: string) =>
    multicastBackend({ group, port: 1234, localaddr }, () => {});
  await assertRejects(() => open("10.0.0.1"), Error, '"10.0.0.1" is no multicast address');
  await assertRejects(() => open("239.1.2.3", "192.0.2.77"), Error, "cannot join the multicast group");
});

test("unix datagram link carries frames in order, faster than the peer's queue, and both ways", () =>
  inFolder(async (folder) => {
    const paths = ["a", "b"].map((name) => socketPath(folder, name));
    const a = unixBackend({ local: paths[0], remote: paths[1] }, () => {});
    a.send(frameOf(1)); // nobody there yet
    assertEquals(a.traffic.dropped, 1);
    const b = unixBackend({ local: paths[1], remote: paths[0] }, () => {});
    const [cardA, cardB] = [plug(a), plug(b)];
    const frames = range(1, 200).map((n) => frameOf(n, 1514));
    for (const frame of frames) a.send(frame); // a queue of the kernel holds ten or so
    b.send(frames[0]);
    await until(() => cardB.got.length === 200 && cardA.got.length === 1);
    assertEquals(cardB.got, frames);
    await a.close();
    assertThrows(() => Deno.lstatSync(paths[0]), Deno.errors.NotFound);
    b.send(frames[0]);
    assertEquals(b.traffic.dropped, 1);
    const again = unixBackend({ local: paths[0], remote: paths[1] }, () => {});
    const card = plug(again);
    b.send(frames[5]);
    await until(() => card.got.length === 1);
    await Promise.all([again.close(), b.close()]);
  }));

test("unix datagram link drops and counts what a peer that has stalled does not take", () =>
  inFolder(async (folder) => {
    const paths = ["a", "b"].map((name) => socketPath(folder, name));
    const a = unixBackend({ local: paths[0], remote: paths[1] }, () => {});
    const b = unixBackend({ local: paths[1], remote: undefined }, () => {});
    const card = plug(b);
    card.open = false;
    for (let i = 0; i < 2000; i++) {
      a.send(frameOf(i));
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const { sent, dropped } = a.traffic;
    assertEquals(sent + dropped, 2000);
    assert(sent > 256 && sent < 800, `${sent} of 2000 are kept or delivered`);
    await Promise.all([a.close(), b.close()]);
  }));

test("unix datagram link takes over a socket that was left behind, and no other file", () =>
  inFolder(async (folder) => {
    const path = socketPath(folder, "file");
    await Deno.writeTextFile(path, "mine");
    assertStringIncludes(
      assertThrows(() => unixBackend({ local: path, remote: undefined }, () => {}), Error).message,
      `cannot listen at ${path}`,
    );
    assertEquals(await Deno.readTextFile(path), "mine");
    const long = socketPath(folder, "x".repeat(108));
    assertThrows(() => unixBackend({ local: long, remote: undefined }, () => {}), Error, "1 to 107 bytes");
  }));
