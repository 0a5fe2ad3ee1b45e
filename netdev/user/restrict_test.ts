import { assertEquals } from "@std/assert";
import { FakeHost } from "./testing/fake_host.ts";
import { text } from "./testing/bytes.ts";
import { icmpEcho, tcpFrame, udpFrame } from "./testing/frames.ts";
import { plugIn } from "./testing/guest.ts";

const QUERY = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 1, 0, 1];
const TARGETS = [
  "192.0.2.1",
  "10.0.2.2",
  "10.0.2.3",
  "10.0.2.4",
  "127.0.0.1",
  "10.0.2.77",
  "2001:db8::1",
  "fec0::2",
  "fec0::3",
];

/** Whatever a guest may try to get out with. */
function attempts(to: string): Uint8Array[] {
  return [
    tcpFrame({ to }, { ports: [5000, 80], seq: 0, flags: "S" }),
    tcpFrame({ to }, { ports: [5001, 53], seq: 0, flags: "S" }),
    udpFrame({ to }, [5000, 53], QUERY),
    udpFrame({ to }, [5000, 123], text("time")),
    icmpEcho({ to }, text("ping")),
  ];
}

async function rig(set = {}) {
  const host = new FakeHost();
  host.servers.push({ address: Uint8Array.of(192, 0, 2, 53), port: 53 });
  const guest = await plugIn({ ipv6: true, ...set }, host);
  await guest.announce();
  return { host, guest };
}

Deno.test("nothing leaves a restricted network", async () => {
  const { host, guest } = await rig({ restrict: true });
  for (const to of TARGETS) await guest.ask(...attempts(to));
  assertEquals(host.contacts, []);
  await guest.close();
});

Deno.test("the same attempts do leave a network that is not restricted", async () => {
  const { host, guest } = await rig();
  for (const to of TARGETS) await guest.ask(...attempts(to));
  assertEquals(host.contacts, [
    "udp 192.0.2.1 53",
    "udp 192.0.2.1 123",
    "tcp 192.0.2.1 80",
    "tcp 192.0.2.1 53",
    "udp 127.0.0.1 53",
    "udp 127.0.0.1 123",
    "tcp 127.0.0.1 80",
    "tcp 127.0.0.1 53",
    "udp 192.0.2.53 53",
    "tcp 192.0.2.53 53",
    "udp 2001:db8::1 53",
    "udp 2001:db8::1 123",
    "tcp 2001:db8::1 80",
    "tcp 2001:db8::1 53",
    "udp ::1 53",
    "udp ::1 123",
    "tcp ::1 80",
    "tcp ::1 53",
    "udp 192.0.2.53 53",
    "tcp 192.0.2.53 53",
  ]);
  await guest.close();
});

Deno.test("a restricted network lets through what rules name, both ways", async () => {
  const { host, guest } = await rig({
    restrict: true,
    guestfwd: "tcp:10.0.2.100:7-cmd:cat -n; echo;tcp:10.0.2.101:9-cmd:true",
    hostfwd: "tcp:127.0.0.1:2222-:22;udp:127.0.0.1:5000-:7",
  });
  const [synAck] = await guest.ask(tcpFrame({ to: "10.0.2.100" }, { ports: [5000, 7], seq: 0, flags: "S" }));
  assertEquals([synAck.flags, host.contacts], ["SA", ["run cat -n; echo"]]);
  host.arrive({ address: Uint8Array.of(127, 0, 0, 1), port: 40000 });
  assertEquals((await guest.settle()).map(({ flags }) => flags), ["S"]);
  host.sockets[0].receive(Uint8Array.of(1), { address: Uint8Array.of(127, 0, 0, 1), port: 3333 });
  await guest.settle();
  await guest.ask(udpFrame({ to: "10.0.2.2" }, [7, 3333], [2]), udpFrame({ to: "10.0.2.2" }, [7, 3334], [3]));
  assertEquals(host.contacts.slice(1), ["udp 127.0.0.1 3333"]);
  await guest.close();
});
