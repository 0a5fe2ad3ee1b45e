import { assertEquals, assertRejects } from "@std/assert";
import type { CharBackend, CharReceiver } from "@emu/core";
import { CHANNEL_BUFFER, channelStreams } from "./channel_stream.ts";
import { text } from "./testing/bytes.ts";
import { plugIn } from "./testing/guest.ts";
import { TcpPeer } from "./testing/tcp_peer.ts";

/** A channel with a test at its far end. */
function fakeChannel() {
  let end: CharReceiver | undefined;
  let waiting: number[] = [];
  const written: number[] = [];
  const deliver = () => {
    const room = end?.room() ?? 0;
    if (room > 0 && waiting.length > 0) end!.receive(Uint8Array.from(waiting.splice(0, room)));
  };
  const backend: CharBackend = {
    send: (bytes) => void written.push(...bytes),
    connect(receiver) {
      end = receiver;
      deliver();
    },
    ready: deliver,
    close() {},
  };
  const give = (bytes: number[]) => {
    waiting = [...waiting, ...bytes];
    deliver();
  };
  return { backend, written, give, left: () => waiting.length };
}

async function rig() {
  const channel = fakeChannel();
  const guest = await plugIn({ guestfwd: "tcp:10.0.2.100:80-chardev:c" }, undefined, {
    c: channel.backend,
  });
  await guest.announce();
  const call = async () => {
    const peer = new TcpPeer(guest, { to: "10.0.2.100" });
    await peer.open();
    return peer;
  };
  return { channel, guest, call };
}

Deno.test("guestfwd leads to a channel, whose peer waits until the guest calls", async () => {
  const { channel, guest, call } = await rig();
  channel.give(text("early"));
  assertEquals(channel.left(), 5);
  const peer = await call();
  await peer.write(text("hello"));
  guest.clock.pass(2); // the peer was not listening while it opened: once more
  await peer.run();
  assertEquals([peer.received, channel.written], [text("early"), text("hello")]);
  await peer.end();
  channel.give(text(", late"));
  await peer.run();
  assertEquals([peer.received, peer.ended], [text("early, late"), false]); // a channel has no end
  await guest.close();
});

Deno.test("a channel has one connection at a time, the last; what is said to the one before fails", async () => {
  const channel = fakeChannel(), open = channelStreams(channel.backend);
  const first = open(), into = new Uint8Array(10), ended = first.read(into);
  const second = open();
  assertEquals([await ended, await first.read(into)], [null, null]);
  channel.give(text("for the second"));
  assertEquals([await second.read(into), channel.left()], [10, 0]);
  assertEquals([...into], text("for the second").slice(0, 10));
  await assertRejects(() => first.write(new Uint8Array(1)));
  first.close();
  assertEquals([await second.write(Uint8Array.of(1, 2)), channel.written], [2, [1, 2]]);
  assertEquals(await second.read(into), 4);
  second.close();
  assertEquals(await second.read(into), null);
});

Deno.test("a channel behind guestfwd waits while the guest does not read", async () => {
  const { channel, guest, call } = await rig();
  const peer = await call();
  guest.open = false;
  const much = Array.from({ length: 1 << 21 }, (_, i) => i >> 8 & 0xff);
  channel.give(much);
  for (let i = 0; i < 20; i++) await guest.settle();
  assertEquals(channel.left() > much.length / 4 - CHANNEL_BUFFER, true);
  guest.open = true;
  guest.network.ready();
  await peer.run();
  assertEquals([peer.received.length, channel.left()], [much.length, 0]);
  assertEquals(peer.received, much);
  await guest.close();
});
