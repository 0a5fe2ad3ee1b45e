import { assertEquals } from "@std/assert";
import { Inbox } from "./inbox.ts";
import { frameOf, numberOf, plug, range } from "./testing.ts";
import { noTraffic } from "./traffic.ts";

/** An inbox with a card; the rest of a back end is not needed. */
function rig(limit: number) {
  const traffic = noTraffic();
  const inbox = new Inbox(traffic, limit);
  const card = plug({ connect: (to) => inbox.connect(to), send() {}, ready() {}, close() {} });
  return { inbox, traffic, card, numbers: () => card.got.map(numberOf) };
}

Deno.test("inbox keeps frames in order while the card has no room, and says when it is full", async () => {
  const { inbox, traffic, card, numbers } = rig(4);
  inbox.push(frameOf(0));
  card.open = false;
  for (const n of range(1, 4)) inbox.push(frameOf(n));
  assertEquals([inbox.waiting, inbox.full, traffic.received], [4, true, 1]);
  let space = false;
  const waiting = inbox.space().then(() => space = true);
  await Promise.resolve();
  assertEquals(space, false);
  card.open = true;
  inbox.push(frameOf(5)); // not before those that wait
  inbox.deliver();
  await waiting;
  assertEquals(numbers(), range(0, 5));
  assertEquals(traffic.received, 6);
});

Deno.test("inbox keeps a copy of a frame that was only lent", () => {
  const { inbox, card, numbers } = rig(4);
  card.open = false;
  const frame = frameOf(1);
  inbox.push(frame);
  frame.fill(0);
  card.open = true;
  inbox.deliver();
  assertEquals(numbers(), [1]);
});

Deno.test("inbox lets a card say from within its receiver that it is ready", () => {
  const { inbox, card, numbers } = rig(4);
  const receive = card.receive;
  inbox.connect({
    canReceive: () => true,
    receive(frame) {
      receive(frame);
      if (card.got.length === 1) inbox.push(frameOf(2));
      inbox.deliver();
    },
  });
  inbox.push(frameOf(1));
  assertEquals(numbers(), [1]);
  inbox.deliver();
  assertEquals(numbers(), [1, 2]);
});

Deno.test("a closed inbox takes nothing and holds nobody up", async () => {
  const { inbox, card } = rig(1);
  card.open = false;
  inbox.push(frameOf(1));
  const waiting = inbox.space();
  inbox.close();
  await waiting;
  inbox.push(frameOf(2));
  card.open = true;
  inbox.deliver();
  assertEquals([card.got.length, inbox.waiting, inbox.full], [0, 0, false]);
});
