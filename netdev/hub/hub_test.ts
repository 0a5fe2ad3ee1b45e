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
