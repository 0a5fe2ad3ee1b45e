import { assert, assertEquals } from "@std/assert";
import { OutputQueue } from "./output.ts";

/** A writer that takes at most `most` bytes at a time, and waits while it is stopped. */
function rig({ most = Infinity, limit = 1000 } = {}) {
  const written: number[] = [], pieces: number[] = [], failures: unknown[] = [];
  let gate = Promise.withResolvers<void>();
  const queue = new OutputQueue({
    limit,
    failed: (error) => failures.push(error),
    async write(bytes) {
      await gate.promise;
      const count = Math.min(most, bytes.length);
      written.push(...bytes.subarray(0, count));
      pieces.push(count);
      return count;
    },
  });
  return {
    queue,
    written,
    pieces,
    failures,
    go: () => gate.resolve(),
    fail: (error: Error) => gate.reject(error),
    stop: () => gate = Promise.withResolvers(),
  };
}
const bytes = (...values: number[]) => Uint8Array.from(values);

Deno.test("output is written in order, whatever the writer takes at a time", async () => {
  const { queue, written, go } = rig({ most: 2 });
  queue.send(bytes(1, 2, 3));
  queue.send(bytes(4));
  queue.send(bytes(5, 6, 7));
  go();
  await queue.drain();
  assertEquals(written, [1, 2, 3, 4, 5, 6, 7]);
  assertEquals(queue.held, 0);
});

Deno.test("output that waits is joined into large pieces", async () => {
  const { queue, pieces, go } = rig();
  for (let i = 0; i < 100; i++) queue.send(bytes(i));
  go();
  await queue.drain();
  assertEquals(pieces, [1, 99]);
});

Deno.test("output is congested from its limit on, until half of it is written", async () => {
  const { queue, go } = rig({ limit: 10, most: 1 });
  queue.send(new Uint8Array(9));
  assertEquals(queue.congested(), undefined);
  queue.send(new Uint8Array(1));
  const over = queue.congested();
  assert(over !== undefined);
  go();
  await over;
  assertEquals(queue.held, 4);
  assertEquals(queue.congested(), undefined);
});

Deno.test("a broken output ends the congestion, says so once, and takes no more", async () => {
  const { queue, failures, fail } = rig({ limit: 4 });
  queue.send(new Uint8Array(8));
  const over = queue.congested();
  fail(new Error("broken"));
  await over;
  await queue.drain();
  queue.send(new Uint8Array(8));
  assertEquals(queue.held, 0);
  assertEquals(failures.length, 1);
});

Deno.test("the drain of an output that nobody reads gives up when it may", async () => {
  const { queue, go } = rig();
  queue.send(bytes(1));
  await queue.drain(5);
  assertEquals(queue.held, 1);
  go();
  await queue.drain();
  assertEquals(queue.held, 0);
});
