import { assert, assertEquals } from "@std/assert";
import { ConnectError } from "./host_network.ts";
import { FakeHost } from "./testing/fake_host.ts";
import { assertSameBytes, internetChecksum, text, u16 } from "./testing/bytes.ts";
import { LARGE_FRAMES } from "./frame_queue.ts";
import { tcpFrame } from "./testing/frames.ts";
import { plugIn } from "./testing/guest.ts";
import { TcpPeer } from "./testing/tcp_peer.ts";

async function rig(set = {}) {
  const host = new FakeHost();
  const guest = await plugIn(set, host);
  await guest.announce();
  return { host, guest };
}

/** A connection that is open. */
async function connected(set = {}, options: ConstructorParameters<typeof TcpPeer>[1] = {}) {
  const { host, guest } = await rig(set);
  const peer = new TcpPeer(guest, options);
  await peer.open();
  return { host, guest, peer, stream: host.streams[0] };
}

Deno.test("tcp connects to the outside first, and then answers the guest's SYN", async () => {
  const { host, guest } = await rig();
  let connect = (_: unknown) => {};
  host.answer = () => new Promise((resolve) => connect = resolve as typeof connect);
  const peer = new TcpPeer(guest, {});
  assertEquals(await guest.ask(peer.syn()), []);
  assertEquals(host.contacts, ["tcp 192.0.2.1 80"]);
  connect(new (await import("./testing/fake_host.ts")).FakeStream());
  const [synAck] = await guest.settle();
  assertEquals([synAck.flags, synAck.ack, synAck.from, synAck.ports], ["SA", 1001, "192.0.2.1", [80, 5000]]);
  assertEquals([...synAck.options], [2, 4, ...[1460 >> 8, 1460 & 255], 1, 3, 3, 3]);
  await guest.close();
});

Deno.test("tcp does not offer window scaling to a guest that has none", async () => {
  const { host, guest } = await rig();
  const [synAck] = await guest.ask(
    tcpFrame({ to: "192.0.2.1" }, { ports: [5000, 80], seq: 1000, flags: "S" }),
  );
  assertEquals([...synAck.options], [2, 4, 1460 >> 8, 1460 & 255]);
  assertEquals(synAck.window, 65535);
  assertEquals(host.streams.length, 1);
  await guest.close();
});

Deno.test("tcp to 10.0.2.2 reaches the host's loopback address", async () => {
  const { host, guest } = await rig();
  await guest.ask(tcpFrame({ to: "10.0.2.2" }, { ports: [5000, 80], seq: 1000, flags: "S" }));
  assertEquals(host.contacts, ["tcp 127.0.0.1 80"]);
  await guest.close();
});

Deno.test("a connection that the other side refuses is reset, one to nowhere is unreachable", async () => {
  const { host, guest } = await rig();
  host.answer = () => Promise.reject(new ConnectError("refused", "no"));
  const syn = (to: string) => tcpFrame({ to }, { ports: [5000, 80], seq: 1000, flags: "S" });
  const [reset] = await guest.ask(syn("192.0.2.1"));
  assertEquals([reset.flags, reset.ack], ["RA", 1001]);
  host.answer = () => Promise.reject(new ConnectError("host-unreachable", "no"));
  const [error] = await guest.ask(syn("192.0.2.1"));
  assertEquals([error.protocol, error.payload[0], error.payload[1]], [1, 3, 1]);
  assertEquals([...error.payload.subarray(8)], [...syn("192.0.2.1").subarray(14)]);
  assertEquals(guest.network.stack.connections.size, 0);
  await guest.close();
});

Deno.test("tcp carries data both ways", async () => {
  const { guest, peer, stream } = await connected();
  await peer.write(text("hello"));
  assertEquals(stream.written, text("hello"));
  stream.give(text("world"));
  await peer.run();
  assertEquals(peer.received, text("world"));
  await guest.close();
});

Deno.test("tcp hands on what the guest pushes before its slice ends", async () => {
  const { guest, peer, stream } = await connected();
  guest.send(peer.segment("PA", { data: text("now") }));
  assertEquals(stream.written, text("now")); // without a turn of the event loop
  await guest.close();
});

Deno.test("tcp carries a megabyte each way, whatever the window", async () => {
  const data = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * i >> 3);
  const { guest, peer, stream } = await connected({}, { window: 20000, shift: 0 });
  stream.give(data);
  await peer.run();
  assertEquals(peer.received.length, data.length);
  assertSameBytes(peer.received, data);
  await peer.write(data);
  assertSameBytes(stream.written, data);
  await guest.close();
});

Deno.test("the guest ends its direction, the host goes on, then ends too", async () => {
  const { guest, peer, stream } = await connected();
  await peer.write(text("request"));
  await peer.end();
  assertEquals([stream.ended, stream.closed], [true, false]);
  stream.give(text("late answer"));
  stream.end();
  await peer.run();
  assertEquals(peer.received, text("late answer"));
  assertEquals(peer.ended, true);
  assertEquals([stream.closed, guest.network.stack.connections.size], [true, 0]);
  await guest.close();
});

Deno.test("the host ends its direction, the guest goes on, then ends too", async () => {
  const { guest, peer, stream } = await connected();
  stream.end();
  await peer.run();
  assertEquals(peer.ended, true);
  await peer.write(text("more"));
  assertEquals([stream.written, stream.closed], [text("more"), false]);
  await peer.end();
  assertEquals([stream.ended, stream.closed], [true, true]);
  assertEquals(guest.network.stack.connections.size, 1); // TIME-WAIT
  guest.clock.pass(120);
  assertEquals(guest.network.stack.connections.size, 0);
  await guest.close();
});

Deno.test("a reset by the guest closes the host's side", async () => {
  const { guest, peer, stream } = await connected();
  await guest.ask(peer.segment("R", { seq: peer.seq }));
  assertEquals([stream.closed, guest.network.stack.connections.size], [true, 0]);
  await guest.close();
});

Deno.test("a reset that is not at the edge is answered, not believed", async () => {
  const { guest, peer, stream } = await connected();
  const [answer] = await guest.ask(peer.segment("R", { seq: peer.seq + 100 }));
  assertEquals([answer.flags, stream.closed], ["A", false]);
  await guest.close();
});

Deno.test("a broken host connection resets the guest's", async () => {
  const { guest, stream } = await connected();
  stream.fail();
  const [reset] = await guest.settle();
  assertEquals([reset.flags, guest.network.stack.connections.size], ["RA", 0]);
  await guest.close();
});

Deno.test("a segment of no connection is reset", async () => {
  const { guest } = await rig();
  const [reset] = await guest.ask(
    tcpFrame({ to: "192.0.2.1" }, { ports: [5000, 80], seq: 7, ack: 99, flags: "A", data: [1] }),
  );
  assertEquals([reset.flags, reset.seq], ["R", 99]);
  await guest.close();
});

Deno.test("the host connects to the guest through hostfwd", async () => {
  const { host, guest } = await rig({ hostfwd: "tcp:127.0.0.1:2222-:22" });
  assertEquals(host.listening, ["127.0.0.1 2222"]);
  const stream = host.arrive({ address: Uint8Array.of(127, 0, 0, 1), port: 40000 });
  const [syn] = await guest.settle();
  assertEquals([syn.flags, syn.from, syn.to, syn.ports], ["S", "10.0.2.2", "10.0.2.15", [40000, 22]]);
  const at = { to: "10.0.2.2" };
  const ports = [22, 40000] as const, ack = syn.seq + 1 >>> 0;
  const [acked] = await guest.ask(tcpFrame(at, { ports, seq: 500, ack, flags: "SA" }));
  assertEquals([acked.flags, acked.ack, acked.seq], ["A", 501, ack]);
  await guest.ask(tcpFrame(at, { ports, seq: 501, ack, flags: "AP", data: text("SSH-") }));
  assertEquals(stream.written, text("SSH-"));
  stream.give(text("hi"));
  const [data] = await guest.settle();
  assertEquals([...data.data], text("hi"));
  await guest.close();
});

Deno.test("hostfwd to a port where the guest has nobody closes the host's connection", async () => {
  const { host, guest } = await rig({ hostfwd: "tcp:127.0.0.1:2222-:22" });
  const stream = host.arrive({ address: Uint8Array.of(127, 0, 0, 1), port: 40000 });
  const [syn] = await guest.settle();
  await guest.ask(
    tcpFrame({ to: "10.0.2.2" }, { ports: [22, 40000], seq: 0, ack: syn.seq + 1 >>> 0, flags: "RA" }),
  );
  assertEquals(stream.closed, true);
  await guest.close();
});

Deno.test("tcp gives a card that takes large segments what it would cut otherwise, its checksum begun", async () => {
  const { guest, peer, stream } = await connected({}, { window: 1 << 18, shift: 3 });
  guest.takesLarge = true;
  const data = Uint8Array.from({ length: 200_000 }, (_, i) => i * i >> 5), received: number[] = [];
  stream.give(data);
  for (let turns = 0; received.length < data.length && turns < 100; turns++) {
    const small = await guest.settle();
    const large = guest.large.splice(0);
    assert(large.length <= LARGE_FRAMES);
    for (const { segment, size } of large) {
      assertEquals([size, (segment.length - 54) % size, segment.length > 1514], [1460, 0, true]);
      const view = new DataView(segment.buffer);
      assertEquals(view.getUint16(16), segment.length - 14);
      // The sum of the pseudo header alone (RFC 9293, 3.1): virtio and the kernel add the rest.
      const pseudo = [192, 0, 2, 1, 10, 0, 2, 15, 0, 6, ...u16(segment.length - 34)];
      assertEquals(view.getUint16(50), 0xffff & ~internetChecksum(pseudo));
      received.push(...segment.subarray(54));
    }
    for (const segment of small) received.push(...segment.data);
    peer.ack = peer.ack + large.reduce((sum, { segment }) => sum + segment.length - 54, 0) +
        small.reduce((sum, { data }) => sum + data.length, 0) >>> 0;
    guest.send(peer.segment("A"));
  }
  assertSameBytes(Uint8Array.from(received), data);
  await guest.close();
});

Deno.test("tcp takes a guest's large segment, whose checksum is not there, and no frame like it", async () => {
  const { guest, peer, stream } = await connected();
  const data = Uint8Array.from({ length: 30_000 }, (_, i) => i * i >> 5);
  const segment = peer.segment("A", { data: [...data] });
  segment[50] ^= 1;
  guest.send(segment);
  await guest.settle();
  assertEquals(stream.written.length, 0);
  guest.network.sendLarge(segment);
  await guest.settle();
  assertSameBytes(Uint8Array.from(stream.written), data);
  await guest.close();
});
