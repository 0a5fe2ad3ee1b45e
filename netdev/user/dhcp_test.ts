import { assertEquals } from "@std/assert";
import { LEASES } from "./leases.ts";
import { ip, mac, text, u16, u32 } from "./testing/bytes.ts";
import { GUEST_MAC, type Seen, udpFrame } from "./testing/frames.ts";
import { plugIn } from "./testing/guest.ts";

interface Message {
  readonly from?: string;
  readonly client?: string;
  readonly options?: readonly (readonly [number, readonly number[]])[];
  readonly cookie?: boolean;
}

/** A message of a client's. */
function dhcp({ from = GUEST_MAC, client = "0.0.0.0", options = [], cookie = true }: Message) {
  const fixed = [
    1,
    1,
    6,
    0,
    ...u32(0x1234_5678),
    ...u16(3),
    0x80,
    0,
    ...ip(client),
    ...new Array<number>(12).fill(0),
  ];
  const names = [...mac(from), ...new Array<number>(10 + 64 + 128).fill(0)];
  const tail = cookie
    ? [0x63, 0x82, 0x53, 0x63, ...options.flatMap(([code, value]) => [code, value.length, ...value]), 255]
    : [];
  return udpFrame({ from: client, to: "255.255.255.255", toMac: "ff:ff:ff:ff:ff:ff", fromMac: from }, [
    68,
    67,
  ], [
    ...fixed,
    ...names,
    ...tail,
  ]);
}

/** An answer's address and options. */
function parse({ data }: Seen) {
  const options: Record<number, number[]> = {};
  for (let at = 240; data[at] !== 255; at += 2 + data[at + 1]) {
    options[data[at]] = [...data.subarray(at + 2, at + 2 + data[at + 1])];
  }
  const file = new TextDecoder().decode(data.subarray(108, 236)).replace(/\0+$/, "");
  return {
    op: data[0],
    yours: data.subarray(16, 20).join("."),
    server: data.subarray(20, 24).join("."),
    file,
    options,
  };
}

const DISCOVER = { options: [[53, [1]]] } as const;

Deno.test("dhcp offers 10.0.2.15 with mask, router and name server, and acknowledges it", async () => {
  const guest = await plugIn();
  const [offer] = await guest.ask(dhcp(DISCOVER));
  assertEquals([offer.from, offer.to, offer.ports, offer.toMac], [
    "10.0.2.2",
    "255.255.255.255",
    [67, 68],
    GUEST_MAC,
  ]);
  assertEquals(parse(offer), {
    op: 2,
    yours: "10.0.2.15",
    server: "10.0.2.2",
    file: "",
    options: {
      1: [255, 255, 255, 0],
      3: [10, 0, 2, 2],
      6: [10, 0, 2, 3],
      51: u32(86400),
      53: [2],
      54: [10, 0, 2, 2],
    },
  });
  assertEquals([...offer.data.subarray(4, 12)], [...u32(0x1234_5678), 0, 0, 0x80, 0]);
  const [ack] = await guest.ask(dhcp({ options: [[53, [3]], [50, ip("10.0.2.15")], [54, ip("10.0.2.2")]] }));
  assertEquals([parse(ack).yours, parse(ack).options[53]], ["10.0.2.15", [5]]);
  await guest.close();
});

Deno.test("dhcp names host, domain, search list, boot file and its server where the user does", async () => {
  const guest = await plugIn({
    hostname: "box",
    domainname: "example.org",
    dnssearch: "a.example;b.example",
    bootfile: "zImage",
    "tftp-server-name": "boot.example",
    dhcpstart: "10.0.2.40",
    dns: "10.0.2.9",
  });
  const { yours, file, options } = parse((await guest.ask(dhcp(DISCOVER)))[0]);
  assertEquals([yours, file], ["10.0.2.40", "zImage"]);
  assertEquals(options[12], text("box"));
  assertEquals(options[15], text("example.org"));
  assertEquals(options[66], text("boot.example"));
  assertEquals(options[67], text("zImage"));
  assertEquals(options[6], [10, 0, 2, 9]);
  assertEquals(options[119], [
    1,
    ...text("a"),
    7,
    ...text("example"),
    0,
    1,
    ...text("b"),
    7,
    ...text("example"),
    0,
  ]);
  await guest.close();
});

Deno.test("dhcp refuses an address that is another's, or none of the network's", async () => {
  const guest = await plugIn();
  await guest.ask(dhcp(DISCOVER));
  const other = "52:54:00:12:34:57";
  for (const wanted of ["10.0.2.15", "10.0.2.2", "192.168.1.1", "10.0.2.31"]) {
    const [nak] = await guest.ask(dhcp({ from: other, options: [[53, [3]], [50, ip(wanted)]] }));
    assertEquals([parse(nak).yours, parse(nak).options[53]], ["0.0.0.0", [6]], wanted);
  }
  await guest.close();
});

Deno.test("dhcp gives each client its own address, the same again, and the wanted one if it is free", async () => {
  const guest = await plugIn();
  const address = async (from: string, wanted?: string) =>
    parse(
      (await guest.ask(dhcp({ from, options: [[53, [1]], ...(wanted ? [[50, ip(wanted)] as const] : [])] })))[
        0
      ],
    ).yours;
  assertEquals(await address("52:54:00:00:00:01"), "10.0.2.15");
  assertEquals(await address("52:54:00:00:00:02"), "10.0.2.16");
  assertEquals(await address("52:54:00:00:00:01"), "10.0.2.15");
  assertEquals(await address("52:54:00:00:00:03", "10.0.2.20"), "10.0.2.20");
  assertEquals(await address("52:54:00:00:00:04", "10.0.2.15"), "10.0.2.17");
  await guest.close();
});

Deno.test("dhcp takes back what a client releases, and does not give out what it declines", async () => {
  const guest = await plugIn();
  const first = "52:54:00:00:00:01", second = "52:54:00:00:00:02";
  await guest.ask(dhcp({ from: first, ...DISCOVER }));
  await guest.ask(dhcp({ from: first, client: "10.0.2.15", options: [[53, [7]], [54, ip("10.0.2.2")]] }));
  const offers = async (from: string) => parse((await guest.ask(dhcp({ from, ...DISCOVER })))[0]).yours;
  assertEquals(await offers(second), "10.0.2.15");
  await guest.ask(dhcp({ from: second, options: [[53, [4]], [50, ip("10.0.2.15")]] }));
  assertEquals(await offers(second), "10.0.2.16");
  await guest.close();
});

Deno.test("dhcp gives out no more than LEASES addresses: the client heard of longest ago loses its own", async () => {
  const guest = await plugIn();
  const offers: string[] = [];
  for (let i = 0; i <= LEASES; i++) {
    const [offer] = await guest.ask(
      dhcp({ from: `52:54:00:00:01:${i.toString(16).padStart(2, "0")}`, ...DISCOVER }),
    );
    offers.push(parse(offer).yours);
  }
  assertEquals([offers[0], offers[LEASES - 1], offers[LEASES]], ["10.0.2.15", "10.0.2.30", "10.0.2.15"]);
  assertEquals(guest.network.stack.leases.clients.size, LEASES);
  await guest.close();
});

Deno.test("a BOOTP client gets address and boot file", async () => {
  const guest = await plugIn({ bootfile: "kernel" });
  const { yours, file, options } = parse((await guest.ask(dhcp({ cookie: false })))[0]);
  assertEquals([yours, file, options[53]], ["10.0.2.15", "kernel", undefined]);
  await guest.close();
});

Deno.test("an INFORM is answered without an address", async () => {
  const guest = await plugIn();
  const [ack] = await guest.ask(dhcp({ client: "10.0.2.50", options: [[53, [8]]] }));
  const { yours, options } = parse(ack);
  assertEquals([yours, options[53], options[51], options[6]], ["0.0.0.0", [5], undefined, [10, 0, 2, 3]]);
  await guest.close();
});

Deno.test("dhcp of a restricted network names neither router nor name server", async () => {
  const guest = await plugIn({ restrict: true });
  const { yours, options } = parse((await guest.ask(dhcp(DISCOVER)))[0]);
  assertEquals([yours, options[3], options[6]], ["10.0.2.15", undefined, undefined]);
  await guest.close();
});

Deno.test("a client that has chosen another server gets no answer", async () => {
  const guest = await plugIn();
  assertEquals(
    await guest.ask(dhcp({ options: [[53, [3]], [50, ip("10.0.2.15")], [54, ip("10.0.2.9")]] })),
    [],
  );
  await guest.close();
});
