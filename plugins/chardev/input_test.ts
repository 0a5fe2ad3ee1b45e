import { assertEquals } from "@std/assert";
import { InputQueue } from "./input.ts";

/** A guest that has room for `room` bytes. */
function guest(room: number) {
  const got: number[] = [];
  return {
    got,
    room: () => room - got.length,
    receive: (bytes: Uint8Array) => void got.push(...bytes),
    break() {
      got.push(-1);
    },
    more: (count: number) => void (room += count),
  };
}
const bytes = (...values: number[]) => Uint8Array.from(values);

Deno.test("input waits until somebody receives it", () => {
  const queue = new InputQueue();
  queue.push(bytes(1, 2));
  const receiver = guest(10);
  queue.connect(receiver);
  assertEquals(receiver.got, [1, 2]);
});

Deno.test("input is handed over only as far as the guest has room", () => {
  const queue = new InputQueue(), receiver = guest(2);
  queue.connect(receiver);
  queue.push(bytes(1, 2, 3, 4));
  assertEquals(receiver.got, [1, 2]);
  receiver.more(1);
  queue.deliver();
  assertEquals(receiver.got, [1, 2, 3]);
});

Deno.test("input that finds the queue full is refused", () => {
  const queue = new InputQueue(3);
  assertEquals(queue.push(bytes(1, 2, 3, 4, 5)), 3);
  assertEquals(queue.room, 0);
  const receiver = guest(10);
  queue.connect(receiver);
  assertEquals(receiver.got, [1, 2, 3]);
});

Deno.test("a stream longer than the queue gets through in order while the guest takes it", async () => {
  const queue = new InputQueue(4), receiver = guest(3);
  queue.connect(receiver);
  let through = false;
  const all = queue.pushAll(Uint8Array.from({ length: 20 }, (_, i) => i)).then(() => through = true);
  await Promise.resolve();
  assertEquals(through, false);
  while (!through) {
    receiver.more(1);
    queue.deliver();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  receiver.more(20);
  queue.deliver();
  assertEquals(receiver.got, Array.from({ length: 20 }, (_, i) => i));
});

Deno.test("a guest that says it has room while it receives gets each byte once", () => {
  const queue = new InputQueue();
  const got: number[] = [];
  queue.connect({
    room: () => 1,
    receive(bytes) {
      got.push(...bytes);
      queue.deliver();
    },
  });
  queue.push(bytes(1, 2, 3));
  assertEquals(got, [1, 2, 3]);
});

Deno.test("a break reaches the guest, and one without is not asked for it", () => {
  const queue = new InputQueue(), receiver = guest(1);
  queue.break();
  queue.connect(receiver);
  queue.break();
  assertEquals(receiver.got, [-1]);
});
