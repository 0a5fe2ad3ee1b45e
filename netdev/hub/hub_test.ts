import { assertEquals } from "@std/assert";
import { MAX_FRAME } from "@emu/core";
import { openPort } from "./hub.ts";

/** A port with a card that takes frames while `open`. */
function plug(hub: string, queue = 256) {
  const port = openPort({ hub, queue });
  const card = {
    open: true,
    got: [] as number[],
    canReceive: () => card.open,
    receive: (frame: Uint8Array) => void card.got.push(frame[0]),
  };
  port.connect(card);
  return { port, card };
}
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

Deno.test("hub copies a frame to all other ports of the same name, and to no other hub's", async () => {
  const a = plug("one"), b = plug("one"), c = plug("one"), d = plug("two");
  const frame = Uint8Array.of(1, 2, 3);
  a.port.send(frame);
  frame[0] = 9; // only lent
  await turn();
  assertEquals([a, b, c, d].map(({ card }) => card.got), [[], [1], [1], []]);
  for (const { port } of [a, b, c, d]) port.close();
});

Deno.test("hub keeps frames in order for a card that cannot receive, up to its bound, and counts", async () => {
  const a = plug("order"), b = plug("order", 3);
  b.card.open = false;
  for (let i = 0; i < 5; i++) a.port.send(Uint8Array.of(i));
  await turn();
  assertEquals(b.card.got, []);
  b.card.open = true;
  b.port.ready();
  assertEquals(b.card.got, [0, 1, 2]);
  assertEquals(a.port.counters, { sent: 5, received: 0, dropped: 0 });
  assertEquals(b.port.counters, { sent: 0, received: 3, dropped: 2 });
  a.port.close();
  b.port.close();
});

Deno.test("hub drops a frame that is longer than networks carry", async () => {
  const a = plug("long"), b = plug("long");
  a.port.send(new Uint8Array(MAX_FRAME + 1));
  await turn();
  assertEquals(b.card.got, []);
  assertEquals(a.port.counters.dropped, 1);
  a.port.close();
  b.port.close();
});

Deno.test("hub lets a card answer from within its receiver", async () => {
  const a = plug("answer"), b = plug("answer");
  b.port.connect({
    canReceive: () => true,
    receive: (frame) => {
      if (frame[0] < 100) b.port.send(Uint8Array.of(frame[0] + 100));
    },
  });
  a.port.send(Uint8Array.of(1));
  await turn();
  assertEquals(a.card.got, [101]);
  a.port.close();
  b.port.close();
});

Deno.test("a port without a name has a hub of its own", async () => {
  const a = plug(""), b = plug("");
  a.port.send(Uint8Array.of(1));
  await turn();
  assertEquals(b.card.got, []);
  a.port.close();
  b.port.close();
});

Deno.test("a closed port neither gets nor sends frames", async () => {
  const a = plug("gone"), b = plug("gone"), c = plug("gone");
  b.port.close();
  a.port.send(Uint8Array.of(1));
  b.port.send(Uint8Array.of(2));
  await turn();
  assertEquals([a, b, c].map(({ card }) => card.got), [[], [], [1]]);
  a.port.close();
  c.port.close();
});

Deno.test("a loop of hubs does not hold up the event loop", async () => {
  const ends = [plug("x"), plug("y"), plug("x"), plug("y")].map(({ port }) => port);
  for (const [from, to] of [[0, 1], [1, 0], [2, 3], [3, 2]]) {
    ends[from].connect({ canReceive: () => true, receive: (frame) => ends[to].send(frame) });
  }
  const start = plug("x");
  start.port.send(Uint8Array.of(1));
  await turn();
  for (const port of [...ends, start.port]) port.close();
});

Deno.test("a network plugged into a hub waits while the card at the other port has no room, and loses nothing", async () => {
  const frames = 1000, got: number[] = [];
  let waiting = 0, open = false, resumed = 0;
  /** A network that has many frames at once. */
  const source = openPort({ hub: "room", queue: 256 }), card = openPort({ hub: "room", queue: 256 });
  const pump = () => {
    for (; waiting < frames && source.canSend(); waiting++) {
      source.send(new Uint8Array(60).fill(waiting & 255));
    }
  };
  source.connect({
    receive() {},
    canReceive: () => true,
    roomAgain() {
      resumed++;
      pump();
    },
  });
  card.connect({ receive: (frame) => void got.push(frame[0]), canReceive: () => open });
  pump();
  assertEquals([waiting, source.canSend()], [256, false]);
  open = true;
  card.ready();
  while (card.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
  assertEquals(got, Array.from({ length: frames }, (_, i) => i & 255));
  assertEquals([card.counters.dropped, resumed > 0], [0, true]);
  source.close();
  card.close();
});

Deno.test("a hub with a port that nobody empties still carries frames between the others", () => {
  const ports = [1, 2, 3].map(() => openPort({ hub: "stuck", queue: 1 }));
  const [a, b] = ports;
  b.connect({ receive() {}, canReceive: () => true });
  a.send(new Uint8Array(60));
  assertEquals([a.canSend(), b.canSend()], [false, true]);
  for (const port of ports) port.close();
});
