import { assert, assertEquals } from "@std/assert";
import { QUEUE_FRAMES, RESERVED_FRAMES } from "./frame_queue.ts";
import { FakeHost } from "./testing/fake_host.ts";
import { assertSameBytes, text } from "./testing/bytes.ts";
import { tcpFrame } from "./testing/frames.ts";
import { plugIn } from "./testing/guest.ts";
import { TcpPeer } from "./testing/tcp_peer.ts";
import {
  BUFFER,
  CONNECTIONS,
  HOLES,
  KEEP_ALIVE,
  OPENING_CONNECTIONS,
  RETRANSMISSIONS,
  SYN_RETRIES,
} from "./tcp_state.ts";

async function connected(options: ConstructorParameters<typeof TcpPeer>[1] = {}) {
  const host = new FakeHost();
  const guest = await plugIn({}, host);
  await guest.announce();
  const peer = new TcpPeer(guest, options);
  await peer.open();
  const [connection] = guest.network.stack.connections.all();
  return { host, guest, peer, connection, stream: host.streams[0] };
}

const DATA = Uint8Array.from({ length: 200_000 }, (_, i) => i * i >> 4);

Deno.test("what the guest does not acknowledge is sent again, each time after twice as long", async () => {
  const { guest, stream, connection } = await connected();
  stream.give(text("once"));
  assertEquals((await guest.settle()).map(({ data }) => data.length), [4]);
  const times: number[] = [];
  for (let ms = 0; ms < 16_000; ms += 100) {
    guest.clock.pass(0.1);
    for (const { data } of await guest.settle()) if (data.length === 4) times.push(ms + 100);
  }
  assertEquals(times, [1000, 3000, 7000, 15000]);
  assertEquals(connection.retries, 4);
  await guest.close();
});

Deno.test("a guest that never acknowledges is given up, and the host's side closed", async () => {
  const { guest, stream } = await connected();
  stream.give(text("nobody"));
  await guest.settle();
  guest.clock.pass(60 * (RETRANSMISSIONS + 2));
  const seen = await guest.settle();
  assertEquals(seen.filter(({ data }) => data.length > 0).length, RETRANSMISSIONS);
  assertEquals(seen.at(-1)!.flags, "RA");
  assertEquals([stream.closed, guest.network.stack.connections.size], [true, 0]);
  await guest.close();
});

Deno.test("a lost segment is sent again after three duplicate acknowledgements, without waiting", async () => {
  const { guest, peer, stream } = await connected();
  let lost = 0;
  peer.lose = ({ data, seq }) =>
    data.length > 0 && seq === peer.ack && lost++ === 0 && peer.received.length === 0;
  stream.give(DATA);
  await peer.run();
  assertSameBytes(peer.received, DATA);
  assertEquals([lost > 0, guest.clock.time], [true, 0]);
  await guest.close();
});

Deno.test("data arrives whole when one in seven segments is lost", async () => {
  const { guest, peer, stream } = await connected();
  let count = 0;
  peer.lose = ({ data }) => data.length > 0 && ++count % 7 === 3;
  stream.give(DATA);
  for (let i = 0; i < 200 && peer.received.length < DATA.length; i++) {
    await peer.run();
    guest.clock.pass(1);
  }
  assertSameBytes(peer.received, DATA);
  await guest.close();
});

Deno.test("the round trip is measured, and the time-out follows it, within its bounds", async () => {
  const { guest, peer, stream, connection } = await connected();
  for (let i = 0; i < 20; i++) {
    stream.give([i]);
    const segments = await guest.settle();
    guest.clock.pass(0.5);
    peer.take(segments);
    await guest.settle();
  }
  assert(Math.abs(connection.srtt - 0.5e9) < 0.02e9, `srtt ${connection.srtt}`);
  assert(connection.rto > 0.5e9 && connection.rto < 0.7e9, `rto ${connection.rto}`);
  await guest.close();
});

Deno.test("segments that came out of order are put right, with the FIN among them", async () => {
  const { guest, peer, stream } = await connected();
  const at = (offset: number, data: string, flags = "A") =>
    peer.segment(flags, { seq: peer.seq + offset, data: text(data) });
  const acks = await guest.ask(at(6, "ghi", "FA"), at(3, "def"));
  assertEquals(acks.map(({ ack }) => ack), [peer.seq, peer.seq]);
  assertEquals(stream.written, []);
  const [ack] = await guest.ask(at(0, "abc"));
  assertEquals([ack.ack, stream.written, stream.ended], [peer.seq + 10, text("abcdefghi"), true]);
  await guest.close();
});

Deno.test("ranges out of order are kept up to HOLES; what is beyond is asked for again", async () => {
  const { guest, peer, stream, connection } = await connected();
  for (let i = 1; i <= HOLES + 4; i++) guest.send(peer.segment("A", { seq: peer.seq + 2 * i, data: [i] }));
  assertEquals(connection.holeCount, HOLES);
  await guest.settle();
  for (let i = 0; i <= HOLES; i++) {
    guest.send(peer.segment("A", { seq: peer.seq + 2 * i + 1, data: [100 + i] }));
  }
  await guest.ask(peer.segment("A", { data: [100] }));
  assertEquals(stream.written.length, 2 * HOLES + 2);
  await guest.close();
});

Deno.test("what the guest sends twice, or overlapping, is written once", async () => {
  const { guest, peer, stream } = await connected();
  await guest.ask(peer.segment("A", { data: text("abcd") }), peer.segment("A", { data: text("abcd") }));
  await guest.ask(peer.segment("A", { seq: peer.seq + 2, data: text("cdef") }));
  assertEquals(stream.written, text("abcdef"));
  await guest.close();
});

Deno.test("a host that does not read closes the guest's window, and opens it when it reads again", async () => {
  const { guest, peer, stream } = await connected();
  stream.stalled = true;
  const data = new Uint8Array(2 * BUFFER).fill(7);
  await peer.write(data);
  assertEquals(peer.theirWindow < 1460, true, `window ${peer.theirWindow}`);
  const taken = peer.acknowledged - 1001;
  assert(taken <= BUFFER && taken > BUFFER - 1460, `took ${taken}`);
  stream.resume();
  const update = (await guest.settle()).at(-1)!;
  assert(update.window << 3 > BUFFER / 2, `window ${update.window << 3}`);
  await guest.close();
});

Deno.test("a guest that does not read stops the host's side at BUFFER bytes", async () => {
  const { guest, peer, stream, connection } = await connected({ window: 0 });
  stream.give(new Uint8Array(4 * BUFFER));
  await peer.run();
  assertEquals(connection.send!.length, BUFFER);
  await guest.close();
});

Deno.test("a closed window is probed, more and more rarely, and data goes on when it opens", async () => {
  const { guest, peer, stream } = await connected({ window: 0 });
  stream.give(text("waiting"));
  assertEquals(await guest.settle(), []);
  const probes: number[] = [];
  for (let second = 1; second <= 30; second++) {
    guest.clock.pass(1);
    const segments = await guest.settle();
    if (segments.length > 0) probes.push(second);
    assertEquals(segments.every(({ data }) => data.length === 1), true);
    for (const _ of segments) guest.send(peer.segment("A"));
  }
  assert(probes.length >= 3 && probes.length <= 15, `probes at ${probes}`);
  peer.window = 65535;
  const [data] = await guest.ask(peer.segment("A"));
  assertEquals([...data.data], text("waiting"));
  await guest.close();
});

Deno.test("a guest that answers no probe of its closed window is given up", async () => {
  const { guest, stream } = await connected({ window: 0 });
  stream.give(text("waiting"));
  await guest.settle();
  guest.clock.pass(60 * (RETRANSMISSIONS + 2));
  assertEquals([stream.closed, guest.network.stack.connections.size], [true, 0]);
  await guest.close();
});

Deno.test("the guest's segments are no larger than its MSS, and its window is scaled", async () => {
  const { guest, peer, stream } = await connected({ mss: 500, shift: 2, window: 200_000 });
  stream.give(DATA);
  const segments = await guest.settle();
  assertEquals(Math.max(...segments.map(({ data }) => data.length)), 500);
  peer.take(segments);
  await peer.run();
  assertSameBytes(peer.received, DATA);
  await guest.close();
});

Deno.test("bulk data leaves room in the queue for answers while the guest takes nothing", async () => {
  const { guest, peer, stream } = await connected({ shift: 4, window: 1 << 20 });
  for (let i = 0; i < 100 && peer.received.length < 300_000; i++) {
    stream.give(new Uint8Array(1 << 16));
    peer.take(await guest.settle()); // so that the congestion window is wide
  }
  guest.open = false;
  stream.give(new Uint8Array(1 << 20));
  await guest.settle();
  const { queue } = guest.network.stack;
  assert(queue.count <= QUEUE_FRAMES - RESERVED_FRAMES + 1, `${queue.count} frames`);
  assertEquals(queue.dropped, 0);
  for (let i = 0; i < 3 * QUEUE_FRAMES; i++) {
    guest.send(tcpFrame({ to: "192.0.2.9" }, { ports: [1, 2], seq: 0, flags: "A" }));
  }
  assertEquals(queue.count, QUEUE_FRAMES);
  assert(queue.dropped > 0);
  await guest.close();
});

Deno.test("a guest that was silent for hours is asked whether it is there", async () => {
  const { guest, peer, stream } = await connected();
  guest.clock.pass(KEEP_ALIVE.IDLE / 1e9 + 1);
  const [probe] = await guest.settle();
  assertEquals([probe.flags, probe.seq], ["A", peer.ack - 1 >>> 0]);
  guest.send(peer.segment("A"));
  guest.clock.pass(KEEP_ALIVE.INTERVAL / 1e9 * (KEEP_ALIVE.PROBES + 1));
  assertEquals(stream.closed, false);
  guest.clock.pass((KEEP_ALIVE.IDLE + KEEP_ALIVE.INTERVAL * KEEP_ALIVE.PROBES) / 1e9);
  assertEquals(stream.closed, true);
  await guest.close();
});

Deno.test("connections that wait for the host are at most OPENING_CONNECTIONS", async () => {
  const host = new FakeHost();
  host.answer = () => new Promise(() => {});
  const guest = await plugIn({}, host);
  await guest.announce();
  const syns = Array.from(
    { length: OPENING_CONNECTIONS + 3 },
    (_, i) => tcpFrame({ to: "192.0.2.1" }, { ports: [5000 + i, 80], seq: 0, flags: "S" }),
  );
  const resets = await guest.ask(...syns);
  assertEquals(resets.map(({ flags }) => flags), ["RA", "RA", "RA"]);
  assertEquals([host.contacts.length, guest.network.stack.connections.size], [
    OPENING_CONNECTIONS,
    OPENING_CONNECTIONS,
  ]);
  await guest.close();
});

Deno.test("connections are at most CONNECTIONS, and those in TIME-WAIT give way", async () => {
  const { guest, host } = await connected();
  const open = async (port: number) => {
    const [answer] = await guest.ask(
      tcpFrame({ to: "192.0.2.1" }, { ports: [port, 80], seq: 0, flags: "S" }),
    );
    const ack = answer.seq + 1 >>> 0;
    if (answer.flags === "SA") {
      guest.send(tcpFrame({ to: "192.0.2.1" }, { ports: [port, 80], seq: 1, ack, flags: "A" }));
    }
    return { flags: answer.flags, ack };
  };
  for (let i = 1; i < CONNECTIONS; i++) assertEquals((await open(10_000 + i)).flags, "SA");
  assertEquals((await open(9000)).flags, "RA");
  const [first] = guest.network.stack.connections.all();
  const stream = host.streams.find((_, i) => i === first.guestPort - 10_000) ?? host.streams[0];
  stream.end();
  const [fin] = await guest.settle();
  const from = { ports: [first.guestPort, 80] as const, ack: fin.seq + 1 >>> 0, seq: first.rcvNxt >>> 0 };
  await guest.ask(tcpFrame({ to: "192.0.2.1" }, { ...from, flags: "FA" }));
  assertEquals((await open(9000)).flags, "SA");
  assertEquals(guest.network.stack.connections.size, CONNECTIONS);
  await guest.close();
});

Deno.test("a SYN that the guest does not answer is sent SYN_RETRIES times more, then given up", async () => {
  const host = new FakeHost();
  const guest = await plugIn({ hostfwd: "tcp:127.0.0.1:2222-:22" }, host);
  await guest.announce();
  const stream = host.arrive({ address: Uint8Array.of(127, 0, 0, 1), port: 40000 });
  await guest.settle();
  guest.clock.pass(300);
  const syns = (await guest.settle()).filter(({ flags }) => flags === "S");
  assertEquals([syns.length, stream.closed], [SYN_RETRIES, true]);
  await guest.close();
});

Deno.test("a new connection takes the place of one in TIME-WAIT with the same ends", async () => {
  const { guest, peer, stream, host } = await connected();
  stream.end();
  await peer.run();
  await peer.end();
  const [answer] = await guest.ask(
    tcpFrame({ to: "192.0.2.1" }, { ports: [5000, 80], seq: peer.seq + 1000, flags: "S" }),
  );
  assertEquals([answer.flags, host.streams.length], ["SA", 2]);
  await guest.close();
});

Deno.test("data that the host is slow to take is not lost when both directions have ended", async () => {
  const { guest, peer, stream } = await connected();
  stream.stalled = true;
  await peer.write(text("slow"));
  stream.end();
  await peer.end();
  assertEquals([peer.ended, stream.closed], [true, false]);
  stream.resume();
  await guest.settle();
  assertEquals([stream.written, stream.ended, stream.closed], [text("slow"), true, true]);
  guest.clock.pass(120);
  assertEquals(guest.network.stack.connections.size, 0);
  await guest.close();
});
