import { assert, assertEquals } from "@std/assert";
import { prng, type Random } from "../../tests/prng.ts";
import { QUEUE_FRAMES } from "./frame_queue.ts";
import { ConnectError } from "./host_network.ts";
import { LEASES } from "./leases.ts";
import { HELD_PACKETS, NEIGHBOURS } from "./neighbours.ts";
import { REASSEMBLIES } from "./reassembly.ts";
import { CONNECTIONS, HOLES, OPENING_CONNECTIONS, STATE } from "./tcp_state.ts";
import { internetChecksum, ip, ipText, mac, text, u16, u32 } from "./testing/bytes.ts";
import { FakeHost, type FakeStream } from "./testing/fake_host.ts";
import {
  ethernet,
  GUEST_MAC,
  icmpEcho,
  ipFrame,
  pseudoChecksum,
  type Seen,
  tcpFrame,
  udpFrame,
} from "./testing/frames.ts";
import { arpRequest, plugIn, type TestGuest } from "./testing/guest.ts";
import { TFTP_SESSIONS } from "./tftp.ts";
import { openServed, type ServedFile } from "./tftp_files.ts";
import { UDP_FLOWS } from "./udp_flows.ts";

const FRAMES = 100_000;
const TURN_EVERY = 40;
const ALL = "ff:ff:ff:ff:ff:ff";
const TARGETS = ["10.0.2.2", "10.0.2.3", "10.0.2.4", "192.0.2.1", "10.0.2.255", "255.255.255.255"];
const TARGETS_6 = ["fec0::2", "fec0::3", "fe80::2", "2001:db8::1", "ff02::1", "ff02::1:2", "ff02::2"];
const NAMES = [
  "file",
  "..",
  "../secret",
  "link",
  "sub/../../secret",
  "/",
  "",
  "folder-link/secret",
  "sub",
  "a\\..\\b",
];

type Maker = (r: Random, last: Seen[]) => Uint8Array<ArrayBuffer>;

const at = (r: Random) => ({
  to: r.pick(TARGETS),
  from: r.oneIn(6) ? `10.0.2.${r.below(256)}` : "10.0.2.15",
  ttl: r.oneIn(8) ? r.below(4) : 64,
});
const at6 = (r: Random) => ({
  to: r.pick(TARGETS_6),
  from: r.oneIn(4) ? "::" : "fec0::15",
  ttl: r.oneIn(8) ? r.below(4) : 255,
});
const port = (r: Random) => r.pick([53, 67, 68, 69, 80, 546, 547, r.below(65536)]);
const octets = (r: Random, most: number) => r.bytes(r.below(most));

/** One kind of frame each, right or nearly so. */
const MAKERS: readonly Maker[] = [
  (r) => Uint8Array.from(arpRequest(r.pick(TARGETS), `10.0.2.${r.below(256)}`)),
  (r) => icmpEcho(at(r), octets(r, 64)),
  (r) => ipFrame({ ...at(r), protocol: r.below(256), payload: octets(r, 64) }),
  (r) =>
    ipFrame({ ...at(r), protocol: 17, payload: [...r.bytes(8)], options: [...r.bytes(4 * r.below(11))] }),
  (r) => { // fragments
    const payload = r.bytes(8 * r.below(180));
    return ipFrame({
      ...at(r),
      protocol: 17,
      payload,
      id: r.below(40),
      offset: 8 * r.below(8192),
      more: r.oneIn(2),
    });
  },
  (r) => udpFrame(at(r), [port(r), port(r)], octets(r, 300)),
  (r) => { // DHCP
    const options = Array.from(
      { length: r.below(8) },
      () => [r.pick([50, 53, 54, 61, r.below(256)]), 1, ...r.bytes(1)],
    );
    const type = [53, 1, 1 + r.below(8), ...(r.oneIn(2) ? [50, 4, ...ip(`10.0.2.${r.below(64)}`)] : [])];
    const client = [2, 0, 0, 0, r.below(8), r.below(256)];
    return udpFrame({ to: "255.255.255.255", from: "0.0.0.0", toMac: ALL }, [68, 67], [
      ...[1, 1, 6, 0, ...u32(r.u32()), 0, 0, 0, 0, ...new Array<number>(16).fill(0), ...client],
      ...new Array<number>(202).fill(0),
      ...[99, 130, 83, 99, ...type, ...options.flat(), 255],
    ]);
  },
  (r) => udpFrame({ to: r.pick(["10.0.2.3", "10.0.2.2"]) }, [port(r), 53], octets(r, 40)),
  (r) => { // TFTP
    const options = r.oneIn(2) ? ["blksize", String(r.word()), "tsize", "0"] : [];
    const words = [r.pick(NAMES), r.pick(["octet", "netascii", "OcTeT"]), ...options, ""];
    const payload = r.oneIn(3)
      ? [0, r.below(7), ...u16(r.below(4))]
      : [0, 1 + r.below(2), ...text(words.join("\0"))];
    return udpFrame({ to: "10.0.2.2" }, [3000 + r.below(40), 69], payload);
  },
  (r) =>
    tcpFrame(at(r), {
      ports: [5000 + r.below(2000), port(r)],
      seq: r.u32(),
      flags: "S",
      options: [...r.bytes(4 * r.below(11))],
    }),
  (r, last) => { // the next segment of a connection
    const seen = last.length > 0 ? r.pick(last) : undefined;
    if (!seen) return icmpEcho(at(r), []);
    const fin = seen.flags.includes("F") || seen.flags.includes("S") ? 1 : 0;
    return tcpFrame({ to: seen.from, from: seen.to }, {
      ports: [seen.ports[1], seen.ports[0]],
      seq: (r.oneIn(3) ? seen.ack + r.below(5000) - 1000 : seen.ack) >>> 0,
      ack: (r.oneIn(4) ? seen.seq + r.below(3000) : seen.seq + seen.data.length + fin) >>> 0,
      flags: r.pick(["A", "A", "A", "AP", "FA", "R", "S", "RA", "", "FSRPA"]),
      window: r.pick([0, 1, 100, 65535]),
      data: octets(r, r.pick([1, 100, 1460])),
    });
  },
  (r) => icmpEcho(at6(r), octets(r, 64)),
  (r) => { // neighbour discovery
    const { to, from, ttl } = at6(r);
    const options = [r.below(4), r.below(3), ...mac(GUEST_MAC)];
    const message = [133 + r.below(5), 0, 0, 0, 0, 0, 0, 0, ...ip(r.pick(TARGETS_6)), ...options];
    return ipFrame({ to, from, ttl, protocol: 58, payload: message });
  },
  (r) => { // extension headers, fragments of IPv6
    const header = [r.pick([0, 6, 17, 43, 44, 58, 59, 60]), r.below(3), ...r.bytes(6)];
    return ipFrame({ ...at6(r), protocol: r.pick([0, 43, 44, 60]), payload: [...header, ...octets(r, 200)] });
  },
  (r) => udpFrame(at6(r), [r.pick([546, port(r)]), r.pick([547, port(r)])], [11, 0, 0, 1, ...octets(r, 60)]),
  (r) => tcpFrame(at6(r), { ports: [5000 + r.below(500), port(r)], seq: r.u32(), flags: "S" }),
  (r) => ethernet(r.pick([0x800, 0x806, 0x86dd, 0x8100, r.below(65536)]), octets(r, 200)),
];

/** Changes some bytes, or the length. */
function mutate(frame: Uint8Array<ArrayBuffer>, r: Random): Uint8Array<ArrayBuffer> {
  for (let count = r.below(6); count > 0 && frame.length > 14; count--) {
    frame[14 + r.below(frame.length - 14)] = r.oneIn(2) ? r.u32() : r.pick([0, 1, 0x7f, 0x80, 0xff]);
  }
  if (r.oneIn(12)) return frame.slice(0, r.below(frame.length + 1));
  if (r.oneIn(20)) return Uint8Array.from([...frame, ...r.bytes(r.below(2000))]);
  return frame;
}

/** Makes the checksums right, so that what is inside is looked at. */
function mend(frame: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(frame.buffer);
  if (frame.length < 54) return;
  const v6 = view.getUint16(12) === 0x86dd, header = v6 ? 40 : 4 * (frame[14] & 15);
  if (!v6 && header >= 20) {
    view.setUint16(24, 0);
    view.setUint16(24, internetChecksum(frame.subarray(14, 14 + header)));
  }
  const protocol = frame[v6 ? 20 : 23], start = 14 + header;
  const place = { 1: 2, 6: 16, 17: 6, 58: 2 }[protocol];
  const length = v6 ? 40 + view.getUint16(18) : view.getUint16(16);
  const message = frame.subarray(start, Math.min(frame.length, 14 + length));
  if (place === undefined || message.length < place + 2) return;
  view.setUint16(start + place, 0);
  const addresses = v6 ? [22, 38, 54] : [26, 30, 34];
  const [from, to] = [0, 1].map((i) => ipText(frame.subarray(addresses[i], addresses[i + 1])));
  const sum = protocol === 1 ? internetChecksum(message) : pseudoChecksum(from, to, protocol, message);
  view.setUint16(start + place, sum);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

/** A world that does whatever worlds do. */
function whim(r: Random, opened: (file: ServedFile) => void) {
  const host = new FakeHost();
  const { answer } = host;
  host.servers.push({ address: Uint8Array.of(192, 0, 2, 53), port: 53 });
  host.answer = (to) => {
    if (r.oneIn(4)) return Promise.reject(new ConnectError(r.pick(["refused", "host-unreachable"]), "no"));
    return r.oneIn(12) ? new Promise(() => {}) : answer(to);
  };
  host.openServed = async (folder, name) => {
    const file = await openServed(folder, name);
    if (file) opened(file);
    return file;
  };
  return host;
}

/** Lets streams and sockets of the world do something. */
function stir(host: FakeHost, r: Random): void {
  if (host.streams.length > 0) {
    const stream: FakeStream = r.pick(host.streams);
    const deed = r.below(8);
    if (deed < 4) stream.give(r.bytes(r.below(4000)));
    else if (deed === 4) stream.end();
    else if (deed === 5) stream.fail();
    else if (deed === 6) stream.stalled = true;
    else stream.resume();
  }
  const open = host.sockets.filter(({ closed }) => !closed);
  if (open.length === 0) return;
  r.pick(open).receive(octets(r, 3000), { address: Uint8Array.of(192, 0, 2, r.pick([1, 53])), port: 53 });
}

/** Nothing has grown beyond what it may. */
function checkLimits({ network }: TestGuest): void {
  const { stack } = network;
  const connections = [...stack.connections.all()];
  assertEquals(stack.connections.size, connections.length);
  const opening = connections.filter(({ state }) => state < STATE.ESTABLISHED).length;
  assert(connections.length <= CONNECTIONS && opening <= OPENING_CONNECTIONS, "connections");
  assert(connections.every(({ holeCount }) => holeCount <= HOLES), "holes");
  assert(
    connections.every(({ send, receive }) => (send?.room ?? 0) >= 0 && (receive?.room ?? 0) >= 0),
    "buffers",
  );
  assert(stack.queue.count <= QUEUE_FRAMES, "queue");
  assert(stack.neighbours.known <= NEIGHBOURS && stack.neighbours.held <= HELD_PACKETS, "neighbours");
  assert(stack.reassembly.active <= REASSEMBLIES, "reassembly");
  assert(stack.leases.clients.size <= LEASES, "leases");
  assert(stack.flows.size <= UDP_FLOWS, "flows");
  assert(stack.tftpSessions.size <= TFTP_SESSIONS, "tftp");
  assert(stack.touched.length <= CONNECTIONS + OPENING_CONNECTIONS, "touched");
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const top = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${top}/served/sub`, { recursive: true });
    await Deno.writeTextFile(`${top}/served/file`, "served ".repeat(300));
    await Deno.writeTextFile(`${top}/secret`, "secret");
    await Deno.symlink("../secret", `${top}/served/link`);
    await Deno.symlink("..", `${top}/served/folder-link`);
    await use(`${top}/served`);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

Deno.test(`${FRAMES} frames of a mad guest neither throw, nor grow anything, nor leave the TFTP folder`, () =>
  withFolder(async (tftp) => {
    const seed = Number(Deno.env.get("SEED") ?? 1);
    const r = prng(seed);
    const served: ServedFile[] = [];
    const host = whim(r, (file) => served.push(file));
    const guest = await plugIn({ tftp, ipv6: true }, host);
    await guest.announce();
    let last: Seen[] = [], answers = 0, established = 0;
    for (let i = 0; i < FRAMES; i++) {
      const frame = mutate(r.pick(MAKERS)(r, last), r);
      if (!r.oneIn(10)) mend(frame);
      if (r.oneIn(8)) guest.network.sendLarge(r.oneIn(4) ? joined(frame, r.bytes(r.below(70_000))) : frame);
      else guest.send(frame);
      if (i % TURN_EVERY !== 0) continue;
      stir(host, r);
      guest.open = !r.oneIn(10);
      const seen = await guest.settle();
      answers += seen.length;
      last = [...last, ...seen.filter(({ protocol, ports }) => protocol === 6 && ports.length > 0)].slice(
        -20,
      );
      guest.clock.pass(r.oneIn(50) ? 100 : 0.01);
      established += [...guest.network.stack.connections.all()].filter(({ state }) =>
        state === STATE.ESTABLISHED
      ).length;
      checkLimits(guest);
      host.contacts.length = 0;
      host.streams.splice(0, host.streams.length - 40);
      host.sockets.splice(0, host.sockets.length - 300);
    }
    assert(
      answers > 10_000 && established > 100 && served.length > 0,
      `${answers} ${established} ${served.length}`,
    );
    assert(served.every(({ size }) => size === 2100), "a file outside of the folder was opened");
    await guest.close();
  }));
