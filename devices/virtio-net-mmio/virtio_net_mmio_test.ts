import { assert, assertEquals } from "@std/assert";
import {
  deviceRig,
  type RigOptions,
  VIRTIO_REG as REG,
  VIRTIO_STATUS,
  virtioDriver,
  type VirtioDriverOptions,
} from "@emu/core";
import { fold, get16, isValid, put16, sum } from "./checksum.ts";
import { GSO, HDR_F, HEADER } from "./header.ts";
import { prng } from "../../tests/prng.ts";
import virtioNet from "./virtio_net_mmio.ts";

const RX = 0, TX = 1, CONTROL = 2;
const VERSION_1 = 32;
const OWN = [0x52, 0x54, 0, 0x12, 0x34, 0x57], OTHER = [0x52, 0x55, 0, 0, 0, 1], ALL = Array(6).fill(0xff);
const GROUP = [0x01, 0, 0x5e, 0, 0, 9];

function rig(more: Partial<VirtioDriverOptions> = {}, options: RigOptions = {}) {
  const made = deviceRig(virtioNet, { ramSize: 1 << 20, ...options });
  const driver = virtioDriver(made, { queues: 3, size: 16, ...more });
  const { device, frames, log, lines, advance } = made;
  return { made, driver, device, frames, log, lines, advance, nic: made.nic! };
}

function frame(to: readonly number[], length = 60): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from({ length }, (_, i) => i * 5);
  bytes.set([...to, ...OTHER, 0x88, 0xb5]);
  return bytes;
}

function header({ flags = 0, gsoType = 0, gsoSize = 0, csumStart = 0, csumOffset = 0 } = {}): Uint8Array {
  const bytes = new Uint8Array(HEADER), view = new DataView(bytes.buffer);
  bytes.set([flags, gsoType]);
  [gsoSize, csumStart, csumOffset].forEach((value, i) => view.setUint16(4 + 2 * i, value, true));
  return bytes;
}

/** TCP over IPv4 with the header's checksums right, or TCP's left to the card. */
function tcpFrame(payload: Uint8Array, { partial = false, flags = 0x19 } = {}): Uint8Array {
  const bytes = new Uint8Array(54 + payload.length), view = new DataView(bytes.buffer);
  bytes.set([...OTHER, ...OWN, 8, 0, 0x45, 0]);
  put16(bytes, 16, 40 + payload.length);
  bytes.set([0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1], 18);
  put16(bytes, 24, fold(sum(bytes, 14, 34)));
  bytes.set([4, 0, 0, 9], 34);
  view.setUint32(38, 0xffff_ff00);
  bytes.set([0x50, flags], 46);
  bytes.set(payload, 54);
  const pseudo = sum(bytes, 26, 34) + 6 + 20 + payload.length;
  put16(bytes, 50, partial ? ~fold(pseudo) & 0xffff : fold(pseudo + sum(bytes, 34, bytes.length)));
  return bytes;
}

function command({ driver }: ReturnType<typeof rig>, ...bytes: number[]): number {
  return driver.send(CONTROL, [Uint8Array.of(bytes[0], bytes[1]), Uint8Array.from(bytes.slice(2)), 1])[0]
    .bytes[0];
}

/** Whether a frame to an address reaches the guest. */
function hears({ driver, nic }: ReturnType<typeof rig>, to: readonly number[], bytes = frame(to)): boolean {
  driver.offer(RX, [2048]);
  nic.receive(bytes);
  return driver.used(RX).length > 0;
}

Deno.test("virtio-net-mmio tells its address and that the cable is in", () => {
  const { device, driver } = rig();
  assertEquals(driver.read(REG.DEVICE_ID), 1);
  assertEquals(Array.from({ length: 8 }, (_, i) => device.read(0x100 + i, 1)), [...OWN, 1, 0]);
});

Deno.test("virtio-net-mmio sends frames of any cut, without their headers", () => {
  const { driver, frames, lines } = rig();
  const bytes = frame(OTHER, 200);
  assertEquals(driver.send(TX, [header(), bytes]).length, 1);
  driver.send(TX, [header().subarray(0, 5), header().subarray(5), bytes.subarray(0, 3), bytes.subarray(3)]);
  driver.send(TX, [Uint8Array.of(...header(), ...bytes)]);
  assertEquals(frames, [bytes, bytes, bytes]);
  assert(lines.irq);
});

Deno.test("virtio-net-mmio gives back what is no frame without sending it", () => {
  const { driver, frames, log } = rig();
  assertEquals(driver.send(TX, [new Uint8Array(25)]).length, 1);
  assertEquals(driver.send(TX, [header(), new Uint8Array(0x1_1000)]).length, 1);
  assertEquals(frames, []);
  assertEquals(log.length, 2);
});

Deno.test("virtio-net-mmio receives a frame behind its header", () => {
  const { driver, nic, lines } = rig();
  driver.offer(RX, [HEADER, 2048]);
  const bytes = frame(OWN, 99);
  nic.receive(bytes);
  const [used] = driver.used(RX);
  assertEquals(used.written, HEADER + 99);
  assertEquals(used.bytes.subarray(0, HEADER), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0));
  assertEquals(used.bytes.slice(HEADER, HEADER + 99), bytes);
  assert(lines.irq);
});

Deno.test("virtio-net-mmio spreads a frame over merged buffers, and gives them back together", () => {
  const { driver, nic } = rig();
  for (let i = 0; i < 3; i++) driver.offer(RX, [40]);
  const bytes = frame(OWN, 100);
  nic.receive(bytes);
  const used = driver.used(RX);
  assertEquals(used.map(({ written }) => written), [40, 40, 32]);
  const all = Uint8Array.from(used.flatMap(({ bytes, written }) => [...bytes.subarray(0, written)]));
  assertEquals(all[10], 3);
  assertEquals(all.slice(HEADER), bytes);
});

Deno.test("virtio-net-mmio keeps a frame until there are buffers enough, and holds the network back", () => {
  const { driver, nic, made } = rig();
  assertEquals(nic.canReceive(), false);
  driver.send(RX, [64]);
  assertEquals(nic.canReceive(), true);
  const bytes = frame(OWN, 100);
  nic.receive(bytes);
  assertEquals([driver.used(RX).length, nic.canReceive()], [0, false]);
  const saved = made.device.snapshot();
  made.device.restore(saved);
  const used = driver.send(RX, [64]);
  assertEquals(used.map(({ written }) => written), [64, 48]);
});

Deno.test("virtio-net-mmio drops a frame that no buffer can hold where buffers are not merged", () => {
  const { driver, nic } = rig({ features: [VERSION_1] });
  driver.offer(RX, [100]);
  nic.receive(frame(OWN, 200));
  nic.receive(frame(OWN, 88));
  assertEquals(driver.used(RX).map(({ written }) => written), [100]);
});

Deno.test("virtio-net-mmio drops a frame that all its buffers together cannot hold", () => {
  const { driver, nic } = rig();
  for (let i = 0; i < 16; i++) driver.offer(RX, [10]);
  nic.receive(frame(OWN, 200));
  nic.receive(frame(OWN, 60));
  assertEquals(driver.used(RX).length, 8);
});

Deno.test("virtio-net-mmio takes and drops frames while it is not set up", () => {
  const { nic, driver } = rig();
  driver.write(REG.STATUS, 0);
  assert(nic.canReceive());
  nic.receive(frame(OWN));
});

Deno.test("virtio-net-mmio hears everything until the driver filters, and then what it asked for", () => {
  const card = rig();
  assert(hears(card, OTHER));
  assertEquals(command(card, 0, 0, 0), 0); // no longer promiscuous
  assertEquals([OWN, ALL, OTHER, GROUP].map((to) => hears(card, to)), [true, true, false, false]);
  command(card, 0, 1, 1); // all multicast
  command(card, 0, 5, 1); // no broadcast
  assertEquals([OWN, ALL, OTHER, GROUP].map((to) => hears(card, to)), [true, false, false, true]);
  command(card, 0, 2, 1); // all unicast
  command(card, 0, 3, 1); // no multicast
  assertEquals([OWN, OTHER, GROUP].map((to) => hears(card, to)), [true, true, false]);
  command(card, 0, 4, 1); // no unicast
  assert(!hears(card, OWN));
});

Deno.test("virtio-net-mmio filters by tables of addresses, which may overflow", () => {
  const card = rig();
  command(card, 0, 0, 0);
  assertEquals(command(card, 1, 0, 1, 0, 0, 0, ...OTHER, 1, 0, 0, 0, ...GROUP), 0);
  assertEquals([OTHER, GROUP, [2, 0, 0, 0, 0, 0]].map((to) => hears(card, to)), [true, true, false]);
  assertEquals(command(card, 1, 0, 0, 0, 0, 0, 65, 0, 0, 0, ...Array(65).fill(GROUP.with(5, 1)).flat()), 0);
  assertEquals([OTHER, GROUP].map((to) => hears(card, to)), [false, true]);
  assertEquals(command(card, 1, 0, 255, 255, 255, 255), 1);
  assertEquals([OTHER, GROUP].map((to) => hears(card, to)), [false, true]);
});

Deno.test("virtio-net-mmio takes another address and lets VLANs pass that were added", () => {
  const card = rig();
  command(card, 0, 0, 0);
  assertEquals(command(card, 1, 1, ...OTHER), 0);
  assertEquals([hears(card, OTHER), hears(card, OWN)], [true, false]);
  const tagged = frame(OTHER);
  tagged.set([0x81, 0, 0x20, 5], 12);
  assert(!hears(card, OTHER, tagged));
  assertEquals(command(card, 2, 0, 5, 0), 0);
  assert(hears(card, OTHER, tagged));
  assertEquals(command(card, 2, 1, 5, 0), 0);
  assert(!hears(card, OTHER, tagged));
});

Deno.test("virtio-net-mmio refuses commands that it does not know or that are too short", () => {
  const card = rig();
  for (
    const bytes of [[9, 0], [0, 6, 1], [0, 0], [1, 2, ...OWN], [1, 1, 1], [2, 0, 0, 16], [2, 2, 0, 0], [3, 1]]
  ) {
    assertEquals(command(card, ...bytes), 1, String(bytes));
  }
});

Deno.test("virtio-net-mmio completes a checksum for the guest", () => {
  const { driver, frames, log } = rig();
  const data = Uint8Array.from({ length: 333 }, (_, i) => i * 3);
  driver.send(TX, [
    header({ flags: HDR_F.NEEDS_CSUM, csumStart: 34, csumOffset: 16 }),
    tcpFrame(data, { partial: true }),
  ]);
  assertEquals(frames, [tcpFrame(data)]);
  driver.send(TX, [header({ flags: HDR_F.NEEDS_CSUM, csumStart: 60000, csumOffset: 6000 }), tcpFrame(data)]);
  assertEquals([frames.length, log.length], [1, 1]);
});

Deno.test("virtio-net-mmio says of received frames that their checksum is right only if it is", () => {
  const { driver, nic } = rig();
  const good = tcpFrame(new Uint8Array(101).fill(7)), bad = good.slice();
  bad[60] ^= 1;
  const flags = [good, bad, frame(OWN)].map((bytes) => {
    driver.offer(RX, [2048]);
    nic.receive(bytes);
    return driver.used(RX)[0].bytes[0];
  });
  assertEquals(flags, [HDR_F.DATA_VALID, 0, 0]);
});

Deno.test("virtio-net-mmio cuts a large TCP segment into frames with headers of their own", () => {
  const { driver, frames } = rig();
  const data = Uint8Array.from({ length: 3500 }, (_, i) => i * 11),
    large = tcpFrame(data, { partial: true, flags: 0x99 });
  driver.send(TX, [
    header({ flags: 1, gsoType: GSO.TCPV4, gsoSize: 1400, csumStart: 34, csumOffset: 16 }),
    large,
  ]);
  assertEquals(frames.map(({ length }) => length), [1454, 1454, 754]);
  assert(frames.every(isValid));
  assertEquals(frames.map((bytes) => fold(sum(bytes, 14, 34))), [0, 0, 0]);
  const views = frames.map(({ buffer }) => new DataView(buffer));
  assertEquals(views.map((view) => view.getUint16(18)), [0x1234, 0x1235, 0x1236]);
  assertEquals(views.map((view) => view.getUint32(38)), [0xffff_ff00, 0x478, 0x9f0]);
  assertEquals(frames.map((bytes) => bytes[47]), [0x90, 0x10, 0x19]); // CWR first; PSH and FIN last
  assertEquals(Uint8Array.from(frames.flatMap((bytes) => [...bytes.subarray(54)])), data);
});

Deno.test("virtio-net-mmio leaves large segments whole where the network takes them", () => {
  const { driver, frames } = rig({}, { takesLarge: true });
  const large = tcpFrame(new Uint8Array(3500), { partial: true });
  driver.send(TX, [
    header({ flags: 1, gsoType: GSO.TCPV4, gsoSize: 1400, csumStart: 34, csumOffset: 16 }),
    large,
  ]);
  assertEquals(frames, [large]);
});

Deno.test("virtio-net-mmio gives the guest large segments, if its driver takes them", () => {
  const { driver, nic } = rig(), large = tcpFrame(new Uint8Array(9000).fill(7), { partial: true });
  const plain = rig({ features: [VERSION_1] });
  assertEquals([nic.takesLarge!(), plain.nic.takesLarge!()], [true, false]);
  driver.offer(RX, [4096]);
  nic.receiveLarge!(large, 1400);
  assertEquals(driver.used(RX), []); // it waits for more buffers
  for (let i = 0; i < 2; i++) driver.offer(RX, [4096]);
  driver.kick(RX);
  const bytes = driver.used(RX).flatMap(({ bytes, written }) => [...bytes.subarray(0, written)]);
  assertEquals(bytes.slice(HEADER), [...large]);
  const view = new DataView(Uint8Array.from(bytes).buffer);
  assertEquals([view.getUint8(0), view.getUint8(1)], [HDR_F.NEEDS_CSUM, GSO.TCPV4]);
  // Length of the headers, size of the parts, where the checksum counts from and where it goes, buffers.
  assertEquals([2, 4, 6, 8, 10].map((at) => view.getUint16(at, true)), [54, 1400, 34, 16, 3]);
});

Deno.test("virtio-net-mmio cuts TCP over IPv6 too", () => {
  const { driver, frames } = rig();
  const bytes = new Uint8Array(74 + 2000);
  bytes.set([...OTHER, ...OWN, 0x86, 0xdd, 0x60, 0, 0, 0, 7, 0xe4, 6, 64, 0xfe, 0x80]);
  bytes[66] = 0x50;
  driver.send(TX, [header({ flags: 1, gsoType: GSO.TCPV6, gsoSize: 1000 }), bytes]);
  assertEquals(frames.map(({ length }) => length), [1074, 1074]);
  assertEquals(frames.map((bytes) => get16(bytes, 18)), [1020, 1020]);
  assertEquals(frames.map((bytes) => fold(sum(bytes, 22, 54) + 6 + 1020 + sum(bytes, 54, bytes.length))), [
    0,
    0,
  ]);
});

for (
  const [what, gso, bytes] of [
    ["of an unknown kind", { gsoType: 3, gsoSize: 1000 }, tcpFrame(new Uint8Array(2000))],
    ["into too small pieces", { gsoType: 1, gsoSize: 1 }, tcpFrame(new Uint8Array(2000))],
    ["that is no TCP", { gsoType: 1, gsoSize: 1000 }, frame(OTHER, 2000)],
    ["shorter than its headers", { gsoType: 1, gsoSize: 1000 }, tcpFrame(new Uint8Array(0)).with(46, 0xf0)],
  ] as const
) {
  Deno.test(`virtio-net-mmio does not cut a segment ${what}`, () => {
    const { driver, frames, log } = rig();
    assertEquals(driver.send(TX, [header(gso), bytes]).length, 1);
    assertEquals([frames.length, log.length], [0, 1]);
  });
}

Deno.test("virtio-net-mmio tells of the cable at once, and asks for an announcement when it is in again", () => {
  const plug = { linkUp: true };
  const made = deviceRig({
    ...virtioNet,
    create: (context) =>
      virtioNet.create({
        ...context,
        network: (id, receiver) => {
          const port = context.network(id, receiver);
          return {
            ...port,
            get linkUp() {
              return plug.linkUp;
            },
          };
        },
      }),
  });
  const driver = virtioDriver(made, { queues: 3 });
  const status = () => [made.device.read(0x106, 2), driver.read(REG.INTERRUPT_STATUS)];
  assertEquals(status(), [1, 0]);
  plug.linkUp = false;
  made.nic!.linkChanged!();
  assertEquals(status(), [0, 2]);
  driver.write(REG.INTERRUPT_ACK, 2);
  plug.linkUp = true;
  made.nic!.linkChanged!();
  assertEquals(status(), [3, 2]);
  assertEquals(driver.send(CONTROL, [Uint8Array.of(3, 0), 1])[0].bytes[0], 0);
  assertEquals(status()[0], 1);
  assertEquals(driver.read(REG.STATUS) & VIRTIO_STATUS.NEEDS_RESET, 0);
});

Deno.test("virtio-net-mmio bears 100,000 frames of any content and length, and large segments that are none", () => {
  const random = prng(7), noise = random.bytes(80_000), good = frame(OWN);
  let taken = 0;
  for (let round = 0; round < 500; round++) {
    const { driver, nic } = rig({}, { ramSize: 4 << 20 });
    let offered = 0;
    const offer = () => {
      for (; offered < 16 && !random.oneIn(4); offered++) driver.offer(RX, [1 + random.below(2048)]);
      driver.kick(RX);
    };
    for (let i = 0; i < 200; i++) {
      const start = random.below(10_000);
      const bytes = noise.slice(start, start + random.below(random.oneIn(40) ? 70_000 : 1600));
      if (random.oneIn(2)) bytes.set(random.pick([OWN, ALL, GROUP]).slice(0, bytes.length));
      if (bytes.length > 60) {
        bytes.set(random.pick([[8, 0, 0x45], [8, 0, 0x4f], [0x86, 0xdd, 0x60], [0x81, 0]]), 12);
      }
      if (random.oneIn(3)) offer();
      if (nic.canReceive()) {
        if (random.oneIn(3)) nic.receiveLarge!(bytes, random.below(0x1_0000));
        else nic.receive(bytes);
      }
      const count = driver.used(RX).length;
      offered -= count;
      taken += count;
    }
    // What was too long for the buffers there were still waits; then a frame comes through as ever.
    for (let i = 0; i < 3; i++) {
      for (; offered < 16; offered++) driver.offer(RX, [2048]);
      driver.kick(RX);
      if (i < 2) offered -= driver.used(RX).length;
    }
    driver.used(RX);
    nic.receive(good);
    const last = driver.used(RX).flatMap(({ bytes, written }) => [...bytes.subarray(0, written)]);
    assertEquals(last.slice(HEADER), [...good]);
    assertEquals(driver.read(REG.STATUS) & VIRTIO_STATUS.NEEDS_RESET, 0);
  }
  assert(taken > 50_000, `${taken} buffers were filled`);
});
