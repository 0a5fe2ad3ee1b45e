import { assertEquals } from "@std/assert";
import { FRAGMENTS, REASSEMBLIES, REASSEMBLY_TIME } from "./reassembly.ts";
import { FakeHost } from "./testing/fake_host.ts";
import { ipFrame, udpFrame, udpMessage } from "./testing/frames.ts";
import { plugIn } from "./testing/guest.ts";

const AT = { to: "192.0.2.1" };
const DATA = Uint8Array.from({ length: 3000 }, (_, i) => 3 * i);
const MESSAGE = udpMessage(AT, [1000, 2000], DATA);

async function rig() {
  const host = new FakeHost();
  const guest = await plugIn({}, host);
  await guest.announce();
  return { host, guest, reassembly: guest.network.stack.reassembly };
}

function piece(offset: number, end: number, { id = 1, more = end < MESSAGE.length } = {}) {
  return ipFrame({ ...AT, protocol: 17, payload: MESSAGE.slice(offset, end), offset, more, id });
}

Deno.test("fragments make up their datagram in any order, with duplicates among them", async () => {
  const { host, guest, reassembly } = await rig();
  const [a, b, c] = [piece(0, 1480), piece(1480, 2960), piece(2960, MESSAGE.length)];
  await guest.ask(c, a, a, b);
  assertEquals(host.sockets[0].sent.map(({ data }) => [...data]), [[...DATA]]);
  assertEquals(reassembly.active, 0);
  await guest.close();
});

Deno.test("fragments of two datagrams are told apart by their identification", async () => {
  const { host, guest } = await rig();
  await guest.ask(
    piece(0, 1480, { id: 1 }),
    piece(1480, 2960, { id: 2 }),
    piece(2960, MESSAGE.length, { id: 1 }),
  );
  assertEquals(host.sockets.length, 0);
  await guest.ask(piece(1480, 2960, { id: 1 }));
  assertEquals(host.sockets.length, 1);
  await guest.close();
});

Deno.test("overlapping fragments end their datagram", async () => {
  const { host, guest, reassembly } = await rig();
  await guest.ask(piece(0, 1480), piece(1472, 2944), piece(1480, 2960), piece(2960, MESSAGE.length));
  assertEquals([host.sockets.length, reassembly.active], [0, 1]); // what came after it began another
  await guest.close();
});

Deno.test("fragments beyond 65535 bytes, and beyond the last one, end their datagram", async () => {
  const { guest, reassembly } = await rig();
  const at = (offset: number, more: boolean) =>
    ipFrame({ ...AT, protocol: 17, payload: new Uint8Array(1480), offset, more });
  await guest.ask(at(65528, false));
  assertEquals(reassembly.active, 0);
  await guest.ask(at(1480, false), at(2960, true));
  assertEquals(reassembly.active, 0);
  await guest.ask(at(2960, true), at(1480, false));
  assertEquals(reassembly.active, 0);
  await guest.close();
});

Deno.test("fragments in the middle have a multiple of eight bytes", async () => {
  const { guest, reassembly } = await rig();
  await guest.ask(ipFrame({ ...AT, protocol: 17, payload: new Uint8Array(13), more: true }));
  assertEquals(reassembly.active, 0);
  await guest.close();
});

Deno.test("fragments are forgotten when others do not come within REASSEMBLY_TIME", async () => {
  const { guest, reassembly } = await rig();
  await guest.ask(piece(0, 1480));
  guest.clock.pass(REASSEMBLY_TIME / 1e9 - 1);
  assertEquals(reassembly.active, 1);
  guest.clock.pass(2);
  assertEquals(reassembly.active, 0);
  await guest.close();
});

Deno.test("datagrams are put together up to REASSEMBLIES at a time; the oldest gives way", async () => {
  const { host, guest, reassembly } = await rig();
  for (let id = 0; id <= REASSEMBLIES; id++) {
    guest.clock.time++;
    guest.send(piece(0, 1480, { id }));
  }
  assertEquals(reassembly.active, REASSEMBLIES);
  const rest = (id: number) => [piece(1480, 2960, { id }), piece(2960, MESSAGE.length, { id })];
  await guest.ask(...rest(REASSEMBLIES));
  assertEquals(host.sockets.length, 1);
  await guest.ask(...rest(0));
  assertEquals(host.sockets[0].sent.length, 1);
  await guest.close();
});

Deno.test("a datagram has at most FRAGMENTS fragments", async () => {
  const { guest, reassembly } = await rig();
  for (let i = 0; i < FRAGMENTS; i++) {
    guest.send(ipFrame({ ...AT, protocol: 17, payload: new Uint8Array(8), offset: 16 * i, more: true }));
  }
  assertEquals(reassembly.active, 1);
  guest.send(
    ipFrame({ ...AT, protocol: 17, payload: new Uint8Array(8), offset: 16 * FRAGMENTS, more: true }),
  );
  assertEquals(reassembly.active, 0);
  await guest.close();
});

Deno.test("an IPv4 packet that asks for a route, or whose options or lengths are wrong, is dropped", async () => {
  const { host, guest } = await rig();
  const payload = udpMessage(AT, [1000, 2000], [1]);
  const optioned = (...options: number[]) => ipFrame({ ...AT, protocol: 17, payload, options });
  await guest.ask(
    optioned(131, 7, 4, 1, 2, 3, 4, 0),
    optioned(137, 7, 4, 1, 2, 3, 4, 0),
    optioned(7, 1, 0, 0),
    optioned(7, 9, 0, 0),
    optioned(1, 1, 1, 7),
  );
  assertEquals(host.contacts, []);
  await guest.ask(optioned(1, 1, 1, 0), optioned(7, 7, 4, 0, 0, 0, 0, 0));
  assertEquals(host.contacts.length, 2);
  for (const [offset, value] of [[14, 0x44], [14, 0x55], [16, 0xff], [17, 10], [24, 1]]) {
    const frame = udpFrame(AT, [1001, 2000], [1]);
    frame[offset] = value;
    guest.send(frame);
  }
  assertEquals(host.contacts.length, 2);
  await guest.close();
});

Deno.test("a packet from an address that no guest has is dropped", async () => {
  const { host, guest } = await rig();
  for (const from of ["8.8.8.8", "10.0.2.2", "10.0.2.3", "127.0.0.1"]) {
    guest.send(udpFrame({ ...AT, from }, [1, 2], [1]));
  }
  assertEquals(host.contacts, []);
  await guest.close();
});
