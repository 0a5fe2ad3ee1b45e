import { assert, assertEquals, assertMatch } from "@std/assert";
import { framed } from "./framing.ts";
import { streamBackend } from "./stream_link.ts";
import { calling, connect, listening } from "./stream_peers.ts";
import { fakeContext, frameOf, numberOf, plug, portOf, range, until } from "./testing.ts";

const ANY = { transport: "tcp", hostname: "127.0.0.1", port: 0 } as const;

/** A back end that listens, and its card. */
function server() {
  const context = fakeContext({});
  const backend = streamBackend(listening(ANY, context.warn), context);
  const card = plug(backend);
  const address = { ...ANY, port: portOf(context) };
  return { backend, card, address, said: context.said, numbers: () => card.got.map(numberOf) };
}

async function client(address: { readonly transport: "tcp"; hostname: string; port: number }) {
  const context = fakeContext({});
  const first = await connect(address);
  const backend = streamBackend(calling(address, { seconds: 0, warn: context.warn }), { first, ...context });
  const card = plug(backend);
  return { backend, card, said: context.said, numbers: () => card.got.map(numberOf) };
}

Deno.test("stream link carries frames of all lengths both ways, in order", async () => {
  const a = server();
  const b = await client(a.address);
  b.backend.send(frameOf(0));
  await until(() => a.card.got.length === 1);
  const frames = range(1, 200).map((n) => frameOf(n, 14 + n * 37));
  for (const frame of frames) {
    a.backend.send(frame);
    b.backend.send(frame);
  }
  await until(() => a.card.got.length === 201 && b.card.got.length === 200);
  assertEquals(a.card.got.slice(1), frames);
  assertEquals(b.card.got, frames);
  assertEquals(a.backend.traffic, { sent: 200, received: 201, dropped: 0, malformed: 0 });
  await b.backend.close();
  await a.backend.close();
});

Deno.test("stream link holds the peer back while the card has no room, and loses nothing", async () => {
  const a = server();
  a.card.open = false;
  using peer = await Deno.connect(a.address);
  const frame = framed(frameOf(7, 60_000));
  let written = 0;
  const writing = (async () => {
    for (; written < 2000; written++) {
      for (let done = 0; done < frame.length;) done += await peer.write(frame.subarray(done));
    }
  })();
  let before = -1;
  await until(() => written > 0 && before === (before = written), "the peer's standstill");
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert(written < 2000, "the peer could write all");
  a.card.open = true;
  a.backend.ready();
  await until(() => a.card.got.length === 2000 || (a.backend.ready(), false));
  await writing;
  await a.backend.close();
});

Deno.test("stream link drops and counts what a peer that has stalled does not take", async () => {
  const a = server();
  using peer = await Deno.connect(a.address);
  await peer.write(framed(frameOf(1)));
  await until(() => a.card.got.length === 1);
  const big = frameOf(2, 60_000);
  for (let i = 0; i < 1000; i++) a.backend.send(big);
  assert(a.backend.traffic.dropped > 900, `only ${a.backend.traffic.dropped} dropped`);
  await a.backend.close(); // does not wait for it
});

Deno.test("stream link takes the next peer when one has gone, even in the middle of a frame", async () => {
  const a = server();
  a.backend.send(frameOf(9));
  assertEquals(a.backend.traffic.dropped, 1);
  const first = await Deno.connect(a.address);
  await first.write(framed(frameOf(1)).subarray(0, 30));
  first.close();
  const second = await client(a.address);
  second.backend.send(frameOf(2));
  await until(() => a.card.got.length === 1);
  a.backend.send(frameOf(3));
  await until(() => second.card.got.length === 1);
  assertEquals([a.numbers(), second.numbers()], [[2], [3]]);
  await second.backend.close();
  await a.backend.close();
});

Deno.test("stream link disconnects peers that send garbage, says so once, and serves the next", async () => {
  const a = server();
  for (let i = 0; i < 3; i++) {
    using peer = await Deno.connect(a.address);
    await peer.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    assertEquals(await peer.read(new Uint8Array(1)).catch(() => null), null);
  }
  const good = await client(a.address);
  good.backend.send(frameOf(4));
  await until(() => a.card.got.length === 1);
  assertEquals(a.said.length, 2); // where it listens, and this
  assertMatch(a.said[1], /announced a frame of 1195725856 bytes/); // "GET "
  await good.backend.close();
  await a.backend.close();
});

Deno.test("stream link drops the guest's frames that are no frames", async () => {
  const a = server();
  a.backend.send(new Uint8Array(13));
  a.backend.send(new Uint8Array(70_000));
  assertEquals(a.backend.traffic.malformed, 2);
  await a.backend.close();
});

Deno.test("stream link as a client calls again until the peer is back, and gives up when closed", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { ...ANY, port: listener.addr.port };
  const context = fakeContext({});
  const backend = streamBackend(calling(address, { seconds: 0.01, warn: context.warn }), context);
  const card = plug(backend);
  for (const n of [1, 2]) {
    const conn = await listener.accept();
    await conn.write(framed(frameOf(n)));
    await until(() => card.got.length === n);
    conn.close();
  }
  listener.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await backend.close();
  assertEquals(context.said, []);
});

Deno.test("stream link as a client that calls once says that the peer has gone", async () => {
  const a = server();
  const b = await client(a.address);
  b.backend.send(frameOf(1));
  await until(() => a.card.got.length === 1);
  await a.backend.close();
  await until(() => b.said.length === 1);
  assertMatch(b.said[0], /Cannot reach 127\.0\.0\.1:\d+ any more/);
  b.backend.send(frameOf(2));
  assertEquals(b.backend.traffic.dropped, 1);
  await b.backend.close();
});
