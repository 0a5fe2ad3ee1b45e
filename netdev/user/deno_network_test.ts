import { assertEquals, assertRejects } from "@std/assert";
import { type Endpoint, LOOPBACK_V4, LOOPBACK_V6 } from "./address.ts";
import { denoNetwork } from "./deno_network.ts";
import { ConnectError } from "./host_network.ts";
import { parseResolvers } from "./resolvers.ts";
import { text } from "./testing/bytes.ts";
import { type Seen, tcpFrame, udpFrame } from "./testing/frames.ts";
import { plugIn, type TestGuest } from "./testing/guest.ts";
import { TcpPeer } from "./testing/tcp_peer.ts";

const NEVER_ABORTED = new AbortController().signal;

/** Frames that come while the host's real sockets do their work. */
async function waitFor(guest: TestGuest, enough: (seen: readonly Seen[]) => boolean): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let i = 0; i < 1000 && !enough(seen); i++) {
    seen.push(...await guest.settle());
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return seen;
}

/** A UDP server of the host's that answers with what it gets, behind a byte; closed after `use`. */
async function withEcho(at: Endpoint, mark: number, use: (port: number) => Promise<void>): Promise<void> {
  const server = await denoNetwork.bind(
    at,
    (data, from) => server.send(Uint8Array.of(...data, mark), from, () => {}),
  );
  try {
    await use(server.port);
  } finally {
    server.close();
  }
}

Deno.test("a datagram of the guest's reaches a server of the host's, whose answer comes back", () =>
  withEcho({ address: LOOPBACK_V4, port: 0 }, 77, async (port) => {
    const guest = await plugIn({}, denoNetwork);
    await guest.announce();
    guest.send(udpFrame({ to: "10.0.2.2" }, [1000, port], text("hello")));
    const [answer] = await waitFor(guest, (seen) => seen.length > 0);
    assertEquals([answer.from, answer.ports, [...answer.data]], ["10.0.2.2", [port, 1000], [
      ...text("hello"),
      77,
    ]]);
    await guest.close();
  }));

Deno.test("a question of the guest's reaches the host's name server by UDP and by TCP", async () => {
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = tcp.addr;
  const answered = tcp.accept().then(async (conn) => {
    await conn.write(new Uint8Array([9, 9]));
    conn.close();
  });
  const query = Uint8Array.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
  const at = { address: LOOPBACK_V4, port };
  const server = await denoNetwork.bind(at, (data, from) => {
    server.send(Uint8Array.from(data, (byte, i) => i === 2 ? byte | 0x80 : byte), from, () => {});
  });
  const guest = await plugIn({}, { ...denoNetwork, resolvers: () => [at] });
  await guest.announce();
  guest.send(udpFrame({ to: "10.0.2.3" }, [1000, 53], query));
  const [answer] = await waitFor(guest, (seen) => seen.length > 0);
  assertEquals([answer.from, answer.ports, answer.data[2]], ["10.0.2.3", [53, 1000], 0x81]);
  guest.send(tcpFrame({ to: "10.0.2.3" }, { ports: [5000, 53], seq: 0, flags: "S" }));
  const [synAck] = await waitFor(guest, (seen) => seen.length > 0);
  guest.send(
    tcpFrame({ to: "10.0.2.3" }, { ports: [5000, 53], seq: 1, ack: synAck.seq + 1 >>> 0, flags: "A" }),
  );
  const data = (await waitFor(guest, (seen) => seen.some(({ data }) => data.length > 0))).flatMap((
    { data },
  ) => [...data]);
  assertEquals(data, [9, 9]);
  await answered;
  server.close();
  tcp.close();
  await guest.close();
});

Deno.test("a UDP port of the host really leads to the guest", async () => {
  const guest = await plugIn({}, denoNetwork);
  await guest.announce();
  const port = await guest.network.addHostForward("udp:127.0.0.1:0-:7");
  let got: number[] = [];
  const client = denoNetwork.datagrams(4, (data) => void (got = [...data]));
  client.send(Uint8Array.of(5), { address: LOOPBACK_V4, port }, () => {});
  const [datagram] = await waitFor(guest, (seen) => seen.length > 0);
  assertEquals([datagram.from, datagram.ports[1], [...datagram.data]], ["10.0.2.2", 7, [5]]);
  guest.send(udpFrame({ to: "10.0.2.2" }, [7, datagram.ports[0]], [6]));
  await waitFor(guest, () => got.length > 0);
  assertEquals(got, [6]);
  client.close();
  await guest.close();
});

Deno.test("a TCP port of the host really leads to the guest, and is free again after it is removed", async () => {
  const guest = await plugIn({}, denoNetwork);
  await guest.announce();
  const port = await guest.network.addHostForward("tcp:127.0.0.1:0-:22");
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const [syn] = await waitFor(guest, (seen) => seen.length > 0);
  assertEquals([syn.flags, syn.from, syn.ports[1]], ["S", "10.0.2.2", 22]);
  assertEquals(guest.network.removeHostForward(`tcp:127.0.0.1:${port}-:22`), true);
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }));
  Deno.listen({ hostname: "127.0.0.1", port }).close();
  await guest.close();
  assertEquals(await conn.read(new Uint8Array(1)).catch(() => null), null);
  conn.close();
});

Deno.test("a port of the host's that nobody listens at refuses, over IPv4 and IPv6", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  for (const address of [LOOPBACK_V4, LOOPBACK_V6]) {
    const error = await assertRejects(
      () => denoNetwork.connect({ address, port }, NEVER_ABORTED),
      ConnectError,
    );
    assertEquals((error as ConnectError | undefined)?.failure ?? "refused", "refused");
  }
});

Deno.test("a port that is taken is refused by a line that names it", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await assertRejects(
    () => plugIn({ hostfwd: `tcp:127.0.0.1:${port}-:22` }, denoNetwork),
    Error,
    `Cannot forward tcp port ${port} of 127.0.0.1`,
  );
  listener.close();
});

Deno.test("a program behind guestfwd gets what the guest sends, and the guest what it answers", async () => {
  const guest = await plugIn({ guestfwd: "tcp:10.0.2.100:80-cmd:tr a-z A-Z" }, denoNetwork);
  await guest.announce();
  const peer = new TcpPeer(guest, { to: "10.0.2.100" });
  await peer.open();
  await peer.write(text("hello"));
  await peer.end();
  for (let i = 0; i < 500 && !peer.ended; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await peer.run();
  }
  assertEquals([peer.received, peer.ended], [text("HELLO"), true]);
  await guest.close();
});

Deno.test("guestfwd leads to a TCP server and to a Unix socket too, where a connection is made for each", async () => {
  const folder = await Deno.makeTempDir(), path = `${folder}/socket`;
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 }),
    unix = Deno.listen({ transport: "unix", path });
  const guest = await plugIn({
    guestfwd: `tcp:10.0.2.100:80-tcp:127.0.0.1:${tcp.addr.port};tcp:10.0.2.101:80-unix:${path}`,
    restrict: true,
  }, denoNetwork);
  await guest.announce();
  for (const [to, listener] of [["10.0.2.100", tcp], ["10.0.2.101", unix]] as const) {
    const peer = new TcpPeer(guest, { to }), accepted = listener.accept();
    guest.send(peer.syn());
    const conn = await accepted;
    conn.close();
    let answered = false;
    for (let i = 0; i < 500 && !answered; i++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      answered = (await guest.settle()).some(({ from, flags }) => from === to && flags === "SA");
    }
    assertEquals(answered, true, to);
  }
  await guest.close();
  tcp.close();
  unix.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a program that ends without reading resets or ends the guest's connection, and nothing else", async () => {
  const guest = await plugIn({
    guestfwd: "tcp:10.0.2.100:80-cmd:exit 3;tcp:10.0.2.101:80-cmd:/no/such/program",
  }, denoNetwork);
  await guest.announce();
  for (const to of ["10.0.2.100", "10.0.2.101"]) {
    const peer = new TcpPeer(guest, { to });
    await peer.open();
    await peer.write(text("hello"));
    for (let i = 0; i < 500 && !peer.ended && !peer.reset; i++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await peer.run();
    }
    assertEquals(peer.ended || peer.reset, true);
    guest.send(peer.segment("R"));
  }
  assertEquals(guest.network.stack.connections.size, 0);
  await guest.close();
});

Deno.test("name servers are read from resolv.conf as resolvers read it: the first three", () => {
  const file =
    "# comment\nsearch example.org\nnameserver 192.0.2.1\n nameserver\t2001:db8::1%eth0\nnameserver x\n" +
    "nameserver 192.0.2.3\nnameserver 192.0.2.4\n";
  assertEquals(parseResolvers(file).map(({ address, port }) => [[...address].length, port]), [[4, 53], [
    16,
    53,
  ], [4, 53]]);
  assertEquals(parseResolvers(""), []);
});
