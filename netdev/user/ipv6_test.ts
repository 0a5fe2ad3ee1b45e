import { assertEquals } from "@std/assert";
import { ADVERTISEMENT_INTERVAL } from "./icmpv6.ts";
import { EXTENSION_HEADERS } from "./ipv6.ts";
import { FakeHost } from "./testing/fake_host.ts";
import { ip, mac, text, u16, u32 } from "./testing/bytes.ts";
import {
  GUEST_MAC,
  HOST_MAC,
  icmpEcho,
  ipFrame,
  pseudoChecksum,
  tcpFrame,
  udpFrame,
  udpMessage,
} from "./testing/frames.ts";
import { plugIn } from "./testing/guest.ts";

const GUEST = "fec0::15";

/** An ICMPv6 message with its checksum. */
function icmp(from: string, to: string, message: number[], ttl = 255, toMac = HOST_MAC) {
  message.splice(2, 2, ...u16(pseudoChecksum(from, to, 58, message)));
  return ipFrame({ from, to, protocol: 58, payload: message, ttl, toMac });
}

const solicitation = (target: string, from = GUEST, ttl = 255) =>
  icmp(
    from,
    "ff02::1:ff00:2",
    [135, 0, 0, 0, 0, 0, 0, 0, ...ip(target), 1, 1, ...mac(GUEST_MAC)],
    ttl,
    "33:33:ff:00:00:02",
  );

async function rig(set = {}) {
  const host = new FakeHost();
  const guest = await plugIn({ ipv6: true, ...set }, host);
  await guest.ask(solicitation("fec0::2"));
  return { host, guest };
}

Deno.test("neighbour discovery answers for host, name server and router, and for nobody else", async () => {
  const { guest } = await rig();
  for (const target of ["fec0::2", "fec0::3", "fe80::2"]) {
    const [answer] = await guest.ask(solicitation(target));
    assertEquals([answer.payload[0], answer.toMac], [136, GUEST_MAC]);
    assertEquals([...answer.payload.subarray(8)], [...ip(target), 2, 1, ...mac(HOST_MAC)]);
  }
  assertEquals(await guest.ask(solicitation("fec0::77"), solicitation("fec0::2", GUEST, 254)), []);
  await guest.close();
});

Deno.test("a guest that makes sure of its address is answered at the group of all", async () => {
  const { guest } = await rig();
  const probe = icmp(
    "::",
    "ff02::1:ff00:2",
    [135, 0, 0, 0, 0, 0, 0, 0, ...ip("fec0::2")],
    255,
    "33:33:ff:00:00:02",
  );
  const [answer] = await guest.ask(probe);
  assertEquals([answer.to, answer.toMac, answer.payload[4]], [
    "ff02:0:0:0:0:0:0:1",
    "33:33:00:00:00:01",
    0xa0,
  ]);
  await guest.close();
});

Deno.test("the router advertises prefix, MTU and name server, when asked and from time to time", async () => {
  const { guest } = await rig();
  const solicitation = icmp("fe80::15", "ff02::2", [133, 0, 0, 0, 0, 0, 0, 0], 255, "33:33:00:00:00:02");
  const [advertisement] = await guest.ask(solicitation);
  assertEquals([advertisement.from, advertisement.to], ["fe80:0:0:0:0:0:0:2", "ff02:0:0:0:0:0:0:1"]);
  assertEquals([...advertisement.payload.subarray(4)], [
    ...[64, 0x40, ...u16(1800), ...u32(0), ...u32(0)],
    ...[1, 1, ...mac(HOST_MAC)],
    ...[5, 1, 0, 0, ...u32(1500)],
    ...[3, 4, 64, 0xc0, ...u32(86400), ...u32(14400), 0, 0, 0, 0, ...ip("fec0::0")],
    ...[25, 3, 0, 0, ...u32(1800), ...ip("fec0::3")],
  ]);
  guest.clock.pass(2.5 * ADVERTISEMENT_INTERVAL / 1e9);
  assertEquals((await guest.settle()).map(({ payload }) => payload[0]), [134, 134, 134]);
  await guest.close();
});

Deno.test("ICMPv6 echo is answered by host and name server, and the outside is unreachable", async () => {
  const { guest } = await rig();
  const answers = await guest.ask(
    ...["fec0::2", "fec0::3", "2001:db8::1"].map((to) => icmpEcho({ to }, text("data"))),
  );
  assertEquals(answers.map(({ payload }) => [payload[0], payload[1]]), [[129, 0], [129, 0], [1, 0]]);
  assertEquals([...answers[0].payload.subarray(8)], text("data"));
  await guest.close();
});

Deno.test("tcp over IPv6 reaches the host's loopback address and carries data", async () => {
  const { host, guest } = await rig();
  const at = { to: "fec0::2" }, ports = [5000, 80] as const;
  const [synAck] = await guest.ask(tcpFrame(at, { ports, seq: 10, flags: "S", options: [2, 4, 5, 180] }));
  assertEquals([synAck.flags, host.contacts], ["SA", ["tcp ::1 80"]]);
  assertEquals([...synAck.options], [2, 4, ...u16(1440)]);
  const ack = synAck.seq + 1 >>> 0;
  await guest.ask(tcpFrame(at, { ports, seq: 11, ack, flags: "AP", data: text("six") }));
  assertEquals(host.streams[0].written, text("six"));
  host.streams[0].give(text("seis"));
  assertEquals((await guest.settle()).map(({ data }) => [...data]), [text("seis")]);
  await guest.close();
});

Deno.test("udp over IPv6 goes out and comes back, in fragments if it is long", async () => {
  const { host, guest } = await rig();
  await guest.ask(udpFrame({ to: "2001:db8::1" }, [1000, 2000], [1]));
  assertEquals([host.contacts, host.sockets[0].size], [["udp 2001:db8::1 2000"], 16]);
  const from = { address: Uint8Array.from(ip("2001:db8::1")), port: 2000 };
  const data = Uint8Array.from({ length: 2000 }, (_, i) => i);
  host.sockets[0].receive(data, from);
  const fragments = await guest.settle();
  assertEquals(fragments.map(({ offset, more, protocol }) => [offset, more, protocol]), [[0, true, 17], [
    1448,
    false,
    17,
  ]]);
  assertEquals(fragments.flatMap(({ payload }) => [...payload]).slice(8), [...data]);
  await guest.close();
});

Deno.test("fragments of IPv6 are put together", async () => {
  const { host, guest } = await rig();
  const at = { to: "2001:db8::1" };
  const data = Array.from({ length: 1000 }, (_, i) => i & 255);
  const message = udpMessage(at, [1000, 2000], data);
  const piece = (start: number, end: number) => {
    const header = [17, 0, ...u16(start | (end < message.length ? 1 : 0)), ...u32(99)];
    return ipFrame({ ...at, protocol: 44, payload: [...header, ...message.slice(start, end)] });
  };
  await guest.ask(piece(800, message.length), piece(0, 800));
  assertEquals(host.sockets[0].sent.map(({ data }) => [...data]), [data]);
  await guest.close();
});

Deno.test("extension headers are looked through, up to EXTENSION_HEADERS, and unknown ones reported", async () => {
  const { host, guest } = await rig();
  const at = { to: "2001:db8::1" };
  const message = udpMessage(at, [1000, 2000], [1]);
  const chain = (count: number) => {
    const options = Array.from({ length: count }, (_, i) => [i === count - 1 ? 17 : 60, 0, 1, 4, 0, 0, 0, 0])
      .flat();
    return ipFrame({ ...at, protocol: 60, payload: [...options, ...message] });
  };
  await guest.ask(chain(1), chain(EXTENSION_HEADERS), chain(EXTENSION_HEADERS + 1));
  assertEquals(host.contacts.length, 2);
  const [problem] = await guest.ask(
    ipFrame({ ...at, protocol: 43, payload: [17, 0, 0, 0, 0, 0, 0, 0, ...message] }),
  );
  assertEquals([...problem.payload.subarray(0, 2), ...problem.payload.subarray(4, 8)], [4, 1, 0, 0, 0, 6]);
  await guest.close();
});

Deno.test("IPv4 addresses inside of IPv6, loopback and the link go nowhere", async () => {
  const { host, guest } = await rig();
  for (const to of ["::ffff:7f00:1", "::1", "::", "ff02::1", "fe80::77", "fec0::77"]) {
    guest.send(udpFrame({ to }, [1000, 2000], [1]), tcpFrame({ to }, { ports: [5, 6], seq: 0, flags: "S" }));
  }
  await guest.settle();
  assertEquals(host.contacts, []);
  await guest.close();
});

Deno.test("stateless DHCPv6 tells name server, search list and boot file", async () => {
  const { guest } = await rig({ bootfile: "zImage", dnssearch: "a.example" });
  const at = { from: GUEST, to: "ff02::1:2", toMac: "33:33:00:01:00:02" };
  const clientId = [0, 3, 0, 1, ...mac(GUEST_MAC)];
  const request = [
    11,
    1,
    2,
    3,
    ...u16(1),
    ...u16(10),
    ...clientId,
    ...u16(6),
    ...u16(6),
    0,
    23,
    0,
    24,
    0,
    59,
  ];
  const [reply] = await guest.ask(udpFrame(at, [546, 547], request));
  const url = text("tftp://[fec0::2]/zImage"), search = [1, ...text("a"), 7, ...text("example"), 0];
  assertEquals([reply.from, reply.ports], ["fe80:0:0:0:0:0:0:2", [547, 546]]);
  assertEquals([...reply.data], [
    ...[7, 1, 2, 3, ...u16(1), ...u16(10), ...clientId],
    ...[...u16(2), ...u16(10), 0, 3, 0, 1, ...mac(HOST_MAC)],
    ...[...u16(23), ...u16(16), ...ip("fec0::3")],
    ...[...u16(24), ...u16(search.length), ...search],
    ...[...u16(59), ...u16(url.length), ...url],
  ]);
  await guest.close();
});

Deno.test("IPv6 is off unless asked for, and IPv4 can be switched off", async () => {
  const off = await plugIn();
  assertEquals(await off.ask(solicitation("fec0::2")), []);
  await off.close();
  const only = await plugIn({ ipv4: false, ipv6: true });
  await only.announce();
  assertEquals(only.network.stack.neighbours.known, 0);
  await only.close();
});

Deno.test("dns over IPv6 is forwarded to a name server of either kind", async () => {
  const { host, guest } = await rig();
  host.servers.push({ address: Uint8Array.of(192, 0, 2, 53), port: 53 });
  const query = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1];
  await guest.ask(udpFrame({ to: "fec0::3" }, [1000, 53], query));
  assertEquals(host.contacts, ["udp 192.0.2.53 53"]);
  host.sockets[0].receive(Uint8Array.from([0x12, 0x34, 0x80, ...query.slice(3)]), host.servers[0]);
  const [answer] = await guest.settle();
  assertEquals([answer.from, answer.ports], ["fec0:0:0:0:0:0:0:3", [53, 1000]]);
  await guest.close();
});
