import { assertEquals } from "@std/assert";
import { FakeHost } from "./testing/fake_host.ts";
import { text } from "./testing/bytes.ts";
import { udpFrame } from "./testing/frames.ts";
import { plugIn } from "./testing/guest.ts";
import { DNS_IDLE, UDP_FLOWS, UDP_IDLE, UDP_SENDING } from "./udp_flows.ts";

const SERVER = Uint8Array.of(192, 0, 2, 1);
const QUERY = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1];
const RESPONSE = [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1];

async function rig(set = {}) {
  const host = new FakeHost();
  const guest = await plugIn(set, host);
  await guest.announce();
  return { host, guest };
}

Deno.test("udp reaches the outside from one socket for each port of the guest's, and answers come back", async () => {
  const { host, guest } = await rig();
  await guest.ask(
    udpFrame({ to: "192.0.2.1" }, [1000, 2000], text("a")),
    udpFrame({ to: "192.0.2.2" }, [1000, 2001], text("b")),
    udpFrame({ to: "192.0.2.1" }, [1001, 2000], text("c")),
  );
  assertEquals(host.sockets.map(({ sent }) => sent.map(({ to }) => to)), [[
    "192.0.2.1 2000",
    "192.0.2.2 2001",
  ], [
    "192.0.2.1 2000",
  ]]);
  assertEquals([...host.sockets[0].sent[0].data], text("a"));
  host.sockets[0].receive(Uint8Array.from(text("answer")), { address: SERVER, port: 2000 });
  const [answer] = await guest.settle();
  assertEquals([answer.from, answer.to, answer.ports, [...answer.data]], [
    "192.0.2.1",
    "10.0.2.15",
    [2000, 1000],
    text("answer"),
  ]);
  await guest.close();
});

Deno.test("udp to 10.0.2.2 reaches the host's loopback address, and its answers come from 10.0.2.2", async () => {
  const { host, guest } = await rig();
  await guest.ask(udpFrame({ to: "10.0.2.2" }, [1000, 2000], [1]));
  assertEquals(host.contacts, ["udp 127.0.0.1 2000"]);
  host.sockets[0].receive(Uint8Array.of(2), { address: Uint8Array.of(127, 0, 0, 1), port: 2000 });
  assertEquals((await guest.settle()).map(({ from }) => from), ["10.0.2.2"]);
  await guest.close();
});

Deno.test("udp goes nowhere to groups, broadcasts, loopback and empty places of the network", async () => {
  const { host, guest } = await rig();
  const nowhere = [
    "224.0.0.251",
    "255.255.255.255",
    "127.0.0.1",
    "0.0.0.1",
    "240.0.0.1",
    "10.0.2.77",
    "10.0.2.255",
  ];
  await guest.ask(...nowhere.map((to) => udpFrame({ to }, [1000, 2000], [1])));
  await guest.ask(udpFrame({ to: "192.0.2.1" }, [1000, 0], [1]), udpFrame({ to: "192.0.2.1" }, [0, 9], [1]));
  assertEquals(host.contacts, []);
  await guest.close();
});

Deno.test("an empty place of the network is an unreachable host", async () => {
  const { guest } = await rig();
  const [answer] = await guest.ask(udpFrame({ to: "10.0.2.77" }, [1000, 2000], [1]));
  assertEquals([answer.protocol, answer.payload[0], answer.payload[1]], [1, 3, 1]);
  await guest.close();
});

Deno.test("a UDP socket is closed when it was idle for UDP_IDLE, and not before", async () => {
  const { host, guest } = await rig();
  const frame = udpFrame({ to: "192.0.2.1" }, [1000, 2000], [1]);
  await guest.ask(frame);
  guest.clock.pass(UDP_IDLE / 1e9 - 1);
  await guest.ask(frame);
  guest.clock.pass(UDP_IDLE / 1e9 - 1);
  assertEquals(host.sockets.map(({ closed }) => closed), [false]);
  guest.clock.pass(2);
  assertEquals([host.sockets[0].closed, guest.network.stack.flows.size], [true, 0]);
  await guest.close();
});

Deno.test("UDP sockets are at most UDP_FLOWS: the one idle for longest gives way", async () => {
  const { host, guest } = await rig();
  for (let i = 0; i <= UDP_FLOWS; i++) {
    guest.clock.time++;
    guest.send(udpFrame({ to: "192.0.2.1" }, [1000 + i, 2000], [1]));
  }
  assertEquals(guest.network.stack.flows.size, UDP_FLOWS);
  assertEquals(host.sockets.findIndex(({ closed }) => closed), 0);
  await guest.close();
});

Deno.test("datagrams that the host does not take are lost beyond UDP_SENDING", async () => {
  const { host, guest } = await rig();
  const frame = udpFrame({ to: "192.0.2.1" }, [1000, 2000], [1]);
  guest.send(frame);
  host.sockets[0].waiting = [];
  for (let i = 0; i < 2 * UDP_SENDING; i++) guest.send(frame);
  assertEquals(host.sockets[0].waiting.length, UDP_SENDING);
  await guest.close();
});

Deno.test("a datagram longer than a frame comes in fragments that make it up again", async () => {
  const { host, guest } = await rig();
  await guest.ask(udpFrame({ to: "192.0.2.1" }, [1000, 2000], [1]));
  const data = Uint8Array.from({ length: 4000 }, (_, i) => 5 * i);
  host.sockets[0].receive(data, { address: SERVER, port: 2000 });
  const fragments = await guest.settle();
  assertEquals(fragments.map(({ offset, more, payload }) => [offset, more, payload.length]), [
    [0, true, 1480],
    [1480, true, 1480],
    [2960, false, 1048],
  ]);
  assertEquals(new Set(fragments.map(({ id }) => id)).size, 1);
  const whole = fragments.flatMap(({ payload }) => [...payload]);
  assertEquals(whole.slice(8), [...data]);
  await guest.close();
});

Deno.test("dns questions go to the host's name server, and its answers come from 10.0.2.3", async () => {
  const { host, guest } = await rig();
  host.servers.push({ address: Uint8Array.of(192, 0, 2, 53), port: 53 });
  await guest.ask(udpFrame({ to: "10.0.2.3" }, [1000, 53], QUERY));
  assertEquals(host.contacts, ["udp 192.0.2.53 53"]);
  assertEquals([...host.sockets[0].sent[0].data], QUERY);
  host.sockets[0].receive(Uint8Array.from(RESPONSE), { address: Uint8Array.of(192, 0, 2, 66), port: 53 });
  assertEquals(await guest.settle(), []); // it was not asked
  host.sockets[0].receive(Uint8Array.from(RESPONSE), { address: Uint8Array.of(192, 0, 2, 53), port: 53 });
  const [answer] = await guest.settle();
  assertEquals([answer.from, answer.ports, [...answer.data]], ["10.0.2.3", [53, 1000], RESPONSE]);
  await guest.close();
});

Deno.test("dns asks the next name server when the guest asks the same again", async () => {
  const { host, guest } = await rig();
  host.servers.push({ address: Uint8Array.of(192, 0, 2, 53), port: 53 }, {
    address: Uint8Array.of(192, 0, 2, 54),
    port: 53,
  });
  const frame = udpFrame({ to: "10.0.2.3" }, [1000, 53], QUERY);
  await guest.ask(frame, frame, frame);
  assertEquals(host.contacts, ["udp 192.0.2.53 53", "udp 192.0.2.54 53", "udp 192.0.2.53 53"]);
  guest.clock.pass(DNS_IDLE / 1e9 + 1);
  assertEquals(guest.network.stack.flows.size, 0);
  await guest.close();
});

Deno.test("dns is refused where the host has no name server, and what is no question is dropped", async () => {
  const { host, guest } = await rig();
  const [answer] = await guest.ask(
    udpFrame({ to: "10.0.2.3" }, [1000, 53], QUERY),
    udpFrame({ to: "10.0.2.3" }, [1000, 53], QUERY.slice(0, 11)),
    udpFrame({ to: "10.0.2.3" }, [1000, 53], RESPONSE),
  );
  assertEquals([...answer.data], [0x12, 0x34, 0x81, 0x85, 0, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals(host.contacts, []);
  await guest.close();
});

Deno.test("udp with a wrong checksum or length is dropped, without a checksum it is taken", async () => {
  const { host, guest } = await rig();
  const frames = [0, 1, 2, 3].map(() => udpFrame({ to: "192.0.2.1" }, [1000, 2000], [1, 2, 3]));
  frames[0][41]++; // checksum
  frames[1].fill(0, 40, 42); // none
  frames[2][39]++; // length, too long
  frames[3][39] = 7; // length, too short
  await guest.ask(...frames);
  assertEquals(host.contacts.length, 1);
  await guest.close();
});

Deno.test("a UDP port of the host leads to the guest, whose answers go back through it", async () => {
  const { host, guest } = await rig({ hostfwd: "udp:127.0.0.1:5000-:7" });
  const client = { address: Uint8Array.of(127, 0, 0, 1), port: 3333 };
  host.sockets[0].receive(Uint8Array.of(9), client);
  const [datagram] = await guest.settle();
  assertEquals([datagram.from, datagram.ports, [...datagram.data]], ["10.0.2.2", [3333, 7], [9]]);
  await guest.ask(udpFrame({ to: "10.0.2.2" }, [7, 3333], [10]));
  assertEquals(host.sockets.length, 1);
  assertEquals(host.sockets[0].sent.map(({ to, data }) => [to, ...data]), [["127.0.0.1 3333", 10]]);
  await guest.ask(udpFrame({ to: "10.0.2.2" }, [7, 4444], [11])); // not a client of it
  assertEquals(host.sockets.length, 2);
  await guest.close();
});
