import { assertEquals } from "@std/assert";
import { HELD_PACKETS, NEIGHBOURS } from "./neighbours.ts";
import { ip, mac, text, u16 } from "./testing/bytes.ts";
import { ethernet, GUEST_MAC, HOST_MAC, udpFrame } from "./testing/frames.ts";
import { arpRequest, plugIn } from "./testing/guest.ts";

/** The parts of an ARP message: operation, who, whom. */
function arp(payload: Uint8Array) {
  return {
    operation: payload[7],
    sender: [...payload.subarray(8, 14)],
    senderIp: payload.subarray(14, 18).join("."),
    targetIp: payload.subarray(24, 28).join("."),
  };
}

Deno.test("arp answers for gateway and name server, and for nobody else", async () => {
  const guest = await plugIn();
  const requests = ["10.0.2.2", "10.0.2.3", "10.0.2.4", "10.0.2.15", "10.0.2.77", "10.0.3.2"].map((to) =>
    arpRequest(to)
  );
  const answers = await guest.ask(...requests);
  assertEquals(
    answers.map(({ payload }) => arp(payload)),
    ["10.0.2.2", "10.0.2.3"].map((senderIp) => ({
      operation: 2,
      sender: mac(HOST_MAC),
      senderIp,
      targetIp: "10.0.2.15",
    })),
  );
  assertEquals(answers.map(({ toMac }) => toMac), [GUEST_MAC, GUEST_MAC]);
  await guest.close();
});

Deno.test("arp answers for the address of a guestfwd rule", async () => {
  const guest = await plugIn({ guestfwd: "tcp:10.0.2.100:7-cmd:cat" });
  const [answer] = await guest.ask(arpRequest("10.0.2.100"));
  assertEquals(arp(answer.payload).senderIp, "10.0.2.100");
  await guest.close();
});

Deno.test("a guest whose hardware address is unknown is asked for it, and then gets what waited", async () => {
  const guest = await plugIn({ hostfwd: "tcp:127.0.0.1:2222-:22" });
  const host = guest.network.stack.host as unknown as import("./testing/fake_host.ts").FakeHost;
  host.arrive({ address: Uint8Array.of(127, 0, 0, 1), port: 1234 });
  const [request] = await guest.settle();
  assertEquals(request.toMac, "ff:ff:ff:ff:ff:ff");
  assertEquals(arp(request.payload), {
    operation: 1,
    sender: mac(HOST_MAC),
    senderIp: "10.0.2.2",
    targetIp: "10.0.2.15",
  });
  const reply = [
    ...u16(1),
    8,
    0,
    6,
    4,
    ...u16(2),
    ...mac(GUEST_MAC),
    ...ip("10.0.2.15"),
    ...mac(HOST_MAC),
    ...ip("10.0.2.2"),
  ];
  const [syn] = await guest.ask(ethernet(0x0806, reply));
  assertEquals([syn.toMac, syn.flags, syn.ports], [GUEST_MAC, "S", [1234, 22]]);
  await guest.close();
});

Deno.test("arp is not learned from those who claim an address of ours, or one that no guest can have", async () => {
  const guest = await plugIn();
  for (const from of ["10.0.2.2", "10.0.2.3", "10.0.2.0", "10.0.2.255", "0.0.0.0", "8.8.8.8"]) {
    guest.send(arpRequest("10.0.2.2", from));
  }
  assertEquals(guest.network.stack.neighbours.known, 0);
  await guest.close();
});

Deno.test("neighbours are kept up to NEIGHBOURS, however many there claim to be", async () => {
  const guest = await plugIn({ net: "10.0.0.0/16" });
  for (let i = 0; i < 3 * NEIGHBOURS; i++) {
    const message = [
      ...u16(1),
      8,
      0,
      6,
      4,
      ...u16(1),
      2,
      0,
      0,
      0,
      0,
      i,
      10,
      0,
      9,
      i,
      0,
      0,
      0,
      0,
      0,
      0,
      10,
      0,
      0,
      2,
    ];
    guest.send(ethernet(0x0806, message, { toMac: "52:55:0a:00:00:02" }));
  }
  assertEquals(guest.network.stack.neighbours.known, NEIGHBOURS);
  await guest.close();
});

Deno.test("packets wait for a hardware address up to HELD_PACKETS", async () => {
  const guest = await plugIn();
  for (let i = 0; i < 3 * HELD_PACKETS; i++) {
    guest.send(udpFrame({ to: "10.0.2.2", from: "10.0.2.99" }, [1000, 69], [0, 1, ...text("x\0bad\0")]));
  }
  await guest.settle();
  assertEquals(guest.network.stack.neighbours.held, HELD_PACKETS);
  await guest.close();
});
