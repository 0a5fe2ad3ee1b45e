import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { formatAddress } from "./address.ts";
import { HOST_FORWARDS } from "./forward.ts";
import { type Options, readOptions } from "./options.ts";
import { parseGuestForwards, parseHostForwards, splitRules } from "./rules.ts";
import { FakeHost } from "./testing/fake_host.ts";
import { optionsWith, plugIn } from "./testing/guest.ts";

const read = (set: Partial<Options>) => readOptions(optionsWith(set));

Deno.test("the network is QEMU's unless told otherwise", () => {
  const { network, mask, broadcast, host, dns, smbServer, dhcpStart, host6, dns6, mac } = read({});
  const addresses = [network, mask, broadcast, host, dns, smbServer, dhcpStart, host6, dns6].map(
    formatAddress,
  );
  assertEquals(addresses, [
    "10.0.2.0",
    "255.255.255.0",
    "10.0.2.255",
    "10.0.2.2",
    "10.0.2.3",
    "10.0.2.4",
    "10.0.2.15",
    "fec0::2",
    "fec0::3",
  ]);
  assertEquals([...mac], [0x52, 0x55, 10, 0, 2, 2]);
});

Deno.test("a network may have a mask of bits, a mask like an address, or none", () => {
  const shape = (net: string) => {
    const { network, bits, host, dhcpStart } = read({ net });
    return [formatAddress(network), bits, formatAddress(host), formatAddress(dhcpStart)];
  };
  assertEquals(shape("192.168.76.0/24"), ["192.168.76.0", 24, "192.168.76.2", "192.168.76.15"]);
  assertEquals(shape("172.20.9.1/255.255.0.0"), ["172.20.0.0", 16, "172.20.0.2", "172.20.0.15"]);
  assertEquals(shape("10.0.0.0"), ["10.0.0.0", 8, "10.0.0.2", "10.0.0.15"]);
});

Deno.test("what cannot be is refused by a line that names the property", () => {
  const bad: [Partial<Options>, string][] = [
    [{ net: "10.0.2.0/33" }, "net"],
    [{ net: "10.0.2.0/28" }, "net"],
    [{ net: "10.0.2.0/255.0.255.0" }, "net"],
    [{ net: "nonsense" }, "net"],
    [{ net: "127.0.0.0/8" }, "net"],
    [{ net: "224.0.0.0/8" }, "net"],
    [{ host: "10.0.3.2" }, "host"],
    [{ host: "10.0.2.255" }, "host"],
    [{ dns: "10.0.2.2" }, "dns"],
    [{ dns: "10.0.2.20" }, "dns"],
    [{ dhcpstart: "10.0.2.245" }, "dhcpstart"],
    [{ dhcpstart: "x" }, "dhcpstart"],
    [{ hostname: "a".repeat(256) }, "hostname"],
    [{ dnssearch: "a..b" }, "dnssearch"],
    [{ tftp: "/no/such/folder" }, "tftp"],
    [{ "ipv6-prefix": "10.0.2.0" }, "ipv6-prefix"],
    [{ "ipv6-host": "fec1::2" }, "ipv6-host"],
    [{ ipv4: false }, "ipv4"],
    [{ hostfwd: "2222-22" }, "hostfwd"],
    [{ guestfwd: "tcp:10.0.2.2:80-cmd:cat" }, "guestfwd"],
    [{ guestfwd: "tcp:10.0.3.9:80-cmd:cat" }, "guestfwd"],
  ];
  for (const [set, property] of bad) {
    assertThrows(() => read(set), Error, `property "${property}"`);
  }
});

Deno.test("a rule of hostfwd may leave out protocol and addresses, and may have IPv6 ones", () => {
  const rule = (text: string) => {
    const { protocol, hostAddress, hostPort, guestAddress, guestPort } = parseHostForwards(text);
    return [
      protocol,
      formatAddress(hostAddress),
      hostPort,
      guestAddress && formatAddress(guestAddress),
      guestPort,
    ];
  };
  assertEquals(rule("tcp::2222-:22"), ["tcp", "0.0.0.0", 2222, undefined, 22]);
  assertEquals(rule("::2222-:22"), ["tcp", "0.0.0.0", 2222, undefined, 22]);
  assertEquals(rule("udp:127.0.0.1:53-10.0.2.16:5353"), ["udp", "127.0.0.1", 53, "10.0.2.16", 5353]);
  assertEquals(rule("tcp:[::1]:80-[fec0::15]:8080"), ["tcp", "::1", 80, "fec0::15", 8080]);
});

Deno.test("a rule that is none is refused", () => {
  for (
    const bad of [
      "",
      "tcp:2222-:22",
      "tcp::22222222-:22",
      "tcp::2222-:0",
      "icmp::1-:1",
      "tcp:x:1-:1",
      "tcp::1-[x]:1",
    ]
  ) {
    assertThrows(() => parseHostForwards(bad), Error, "hostfwd");
  }
  for (
    const bad of [
      "tcp:10.0.2.9:80",
      "tcp:10.0.2.9:80-cmd:",
      "tcp:10.0.2.9:0-cmd:x",
      "tcp::80-cmd:x",
      "tcp:10.0.2.9:80-chr0",
      "tcp:10.0.2.9:80-tcp:localhost",
      "tcp:10.0.2.9:80-tcp:127.0.0.1:0",
      "tcp:10.0.2.9:80-unix:",
      "tcp:10.0.2.9:80-chardev:",
    ]
  ) {
    assertThrows(() => parseGuestForwards(bad), Error, "guestfwd");
  }
});

Deno.test("rules are parted by semicolons, but not inside of a command", () => {
  assertEquals(splitRules("tcp:10.0.2.9:1-cmd:a; b;tcp:10.0.2.9:2-cmd:c;"), [
    "tcp:10.0.2.9:1-cmd:a; b",
    "tcp:10.0.2.9:2-cmd:c;",
  ]);
  assertEquals(splitRules("tcp::1-:1;udp::2-:2;::3-:3"), ["tcp::1-:1", "udp::2-:2", "::3-:3"]);
  assertEquals(splitRules(""), []);
});

Deno.test("hostfwd rules can be added and removed at run time, each once", async () => {
  const host = new FakeHost();
  const { network, close } = await plugIn({}, host);
  assertEquals(await network.addHostForward("tcp:127.0.0.1:2222-:22"), 2222);
  assertEquals(host.listening, ["127.0.0.1 2222"]);
  await assertRejects(
    () => network.addHostForward("tcp:127.0.0.1:2222-:23"),
    Error,
    "Cannot forward tcp port 2222",
  );
  assertEquals(await network.addHostForward("udp:127.0.0.1:2222-:22"), 2222);
  assertEquals(network.removeHostForward("tcp:127.0.0.1:2222-:22"), true);
  assertEquals(network.removeHostForward("tcp:127.0.0.1:2222-:22"), false);
  assertEquals([host.listening, host.sockets[0].closed], [[], false]);
  assertEquals(network.removeHostForward("udp:127.0.0.1:2222-:22"), true);
  assertEquals(host.sockets[0].closed, true);
  await close();
});

Deno.test("hostfwd rules are at most HOST_FORWARDS", async () => {
  const { network, close } = await plugIn();
  for (let i = 1; i <= HOST_FORWARDS; i++) await network.addHostForward(`tcp:127.0.0.1:${i}-:22`);
  await assertRejects(() => network.addHostForward("tcp:127.0.0.1:9999-:22"), Error, "Cannot forward");
  await close();
});

Deno.test("a rule for IPv6 wants IPv6", async () => {
  await assertRejects(() => plugIn({ hostfwd: "tcp:[::1]:80-[fec0::15]:80" }), Error, "IPv6 is off");
});

Deno.test("closing the network closes all that it holds open", async () => {
  const host = new FakeHost();
  const guest = await plugIn({ hostfwd: "tcp:127.0.0.1:1-:1;udp:127.0.0.1:2-:2" }, host);
  await guest.close();
  assertEquals([host.listening, host.sockets.map(({ closed }) => closed)], [[], [true]]);
});
