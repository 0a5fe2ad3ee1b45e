import { assert, assertEquals } from "@std/assert";
import { type BlockBackend, deviceRig, VIRTIO_REG as REG, VIRTIO_STATUS, virtioDriver } from "@emu/core";
import { BLK_F, BLK_T } from "./disk.ts";
import virtioBlk from "./virtio_blk_mmio.ts";

const OK = 0, IOERR = 1, UNSUPP = 2;
const SECTORS = 4096;

/** A medium in memory whose operations end when the test lets them. */
function medium({ readOnly = false, slow = false } = {}) {
  const bytes = Uint8Array.from({ length: SECTORS * 512 }, (_, i) => i >> 9 ^ i);
  const waiting: (() => void)[] = [];
  const calls: string[] = [];
  const inTurn = (call: string, act: () => void) => {
    calls.push(call);
    return new Promise<void>((resolve) => {
      const done = () => (act(), resolve());
      slow ? waiting.push(done) : done();
    });
  };
  const block: BlockBackend = {
    size: bytes.length,
    readOnly,
    read: (at, into) =>
      inTurn(`read ${at} ${into.length}`, () => into.set(bytes.subarray(at, at + into.length))),
    write: (at, from) => inTurn(`write ${at} ${from.length}`, () => bytes.set(from, at)),
    flush: () => inTurn("flush", () => {}),
  };
  return { bytes, block, waiting, calls };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

function rig(block?: BlockBackend, properties = {}) {
  const made = deviceRig(virtioBlk, { ramSize: 1 << 22, properties, ...block ? { block } : {} });
  return { ...made, made, driver: virtioDriver(made, { queues: 1, size: 128 }) };
}

function header(type: number, sector: number): Uint8Array {
  const bytes = new Uint8Array(16), view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setBigUint64(8, BigInt(sector), true);
  return bytes;
}

/** Carries a request out; gives its status and what was read. */
async function request({ driver }: ReturnType<typeof rig>, parts: readonly (Uint8Array | number)[]) {
  const [used] = [...driver.send(0, [...parts, 1]), ...(await settle(), driver.used(0))];
  return { status: used.bytes.at(-1), data: used.bytes.slice(0, -1), written: used.written };
}

Deno.test("virtio-blk-mmio tells its size, its limits and whether it is read-only", () => {
  const { driver, device } = rig(medium().block);
  assertEquals(driver.read(REG.DEVICE_ID), 2);
  assertEquals([device.read(0x100, 4), device.read(0x104, 4)], [SECTORS, 0]);
  assertEquals([driver.read(0x108), driver.read(0x10c), driver.read(0x114)], [0x1_0000, 126, 512]);
  assertEquals([device.read(0x118, 1), device.read(0x11a, 2)], [3, 8]);
  assert(!driver.features.includes(BLK_F.RO));
  assert(rig(medium({ readOnly: true }).block).driver.features.includes(BLK_F.RO));
});

Deno.test("virtio-blk-mmio reads sectors into buffers of any cut", async () => {
  const { block, bytes } = medium();
  const read = await request(rig(block), [header(BLK_T.IN, 3), 100, 412, 512]);
  assertEquals(read, { status: OK, data: bytes.slice(3 * 512, 5 * 512), written: 1025 });
});

Deno.test("virtio-blk-mmio takes a header, data and status in parts of any cut", async () => {
  const { block, bytes, calls } = medium();
  const data = Uint8Array.from({ length: 1024 }, (_, i) => i * 7);
  const head = header(BLK_T.OUT, 9);
  const { status } = await request(rig(block), [
    head.slice(0, 5),
    head.slice(5),
    data.slice(0, 700),
    data.slice(700),
  ]);
  assertEquals(status, OK);
  assertEquals(bytes.slice(9 * 512, 11 * 512), data);
  assertEquals(calls, ["write 4608 1024"]);
});

Deno.test("virtio-blk-mmio flushes, says its serial number and writes zeros", async () => {
  const { block, bytes, calls } = medium();
  const blk = rig(block, { serial: "EMU-1" });
  assertEquals((await request(blk, [header(BLK_T.FLUSH, 0)])).status, OK);
  assertEquals(calls, ["flush"]);
  const { data } = await request(blk, [header(BLK_T.GET_ID, 0), 20]);
  assertEquals(new TextDecoder().decode(data), "EMU-1".padEnd(20, "\0"));
  const range = new DataView(new ArrayBuffer(16));
  range.setUint32(0, 2, true);
  range.setUint32(8, 200, true);
  assertEquals(
    (await request(blk, [header(BLK_T.WRITE_ZEROES, 0), new Uint8Array(range.buffer)])).status,
    OK,
  );
  assert(bytes.subarray(2 * 512, 202 * 512).every((byte) => byte === 0));
  assertEquals([bytes[1023], bytes[202 * 512]], [254, 202]);
  range.setUint32(12, 1, true);
  assertEquals(
    (await request(blk, [header(BLK_T.WRITE_ZEROES, 0), new Uint8Array(range.buffer)])).status,
    UNSUPP,
  );
});

for (
  const [what, parts, status] of [
    ["beyond the end", [header(BLK_T.IN, SECTORS - 1), 1024], IOERR],
    ["far beyond the end", [header(BLK_T.IN, 2 ** 55), 512], IOERR],
    ["of part of a sector", [header(BLK_T.IN, 0), 100], IOERR],
    ["of nothing", [header(BLK_T.IN, 0)], IOERR],
    ["of unknown type", [header(77, 0), 512], UNSUPP],
  ] as const
) {
  Deno.test(`virtio-blk-mmio refuses a request ${what}`, async () => {
    assertEquals((await request(rig(medium().block), parts)).status, status);
  });
}

Deno.test("virtio-blk-mmio does not write a read-only medium, and has no sectors without one", async () => {
  const sealed = medium({ readOnly: true });
  assertEquals((await request(rig(sealed.block), [header(BLK_T.OUT, 0), new Uint8Array(512)])).status, IOERR);
  assertEquals(sealed.calls, []);
  const none = rig();
  assertEquals(none.device.read(0x100, 4), 0);
  assertEquals((await request(none, [header(BLK_T.IN, 0), 512])).status, IOERR);
  assertEquals((await request(none, [header(BLK_T.FLUSH, 0)])).status, OK);
});

Deno.test("virtio-blk-mmio reports what the back end could not do", async () => {
  const { block } = medium();
  const broken = { ...block, size: block.size, read: () => Promise.reject(new Error("no")) };
  const { status } = await request(rig(broken), [header(BLK_T.IN, 0), 512]);
  assertEquals(status, IOERR);
});

Deno.test("virtio-blk-mmio stops at a request without header or status until the driver resets it", () => {
  const { driver, log } = rig(medium().block);
  driver.send(0, [new Uint8Array(15), 1]);
  assertEquals(log, ["guest: request without header or status; the device waits for a reset"]);
  assert(driver.read(REG.STATUS) & VIRTIO_STATUS.NEEDS_RESET);
  driver.write(REG.STATUS, 0);
  assertEquals(driver.read(REG.STATUS), 0);
});

Deno.test("virtio-blk-mmio ends requests in the order in which the back end does", async () => {
  const { block, waiting } = medium({ slow: true });
  const { driver, lines } = rig(block);
  const heads = [0, 1].map((sector) => driver.offer(0, [header(BLK_T.IN, sector), 512, 1]));
  driver.kick(0);
  waiting[1]();
  await settle();
  assert(lines.irq);
  assertEquals(driver.used(0).map(({ head }) => head), [heads[1]]);
  waiting[0]();
  await settle();
  assertEquals(driver.used(0).map(({ head }) => head), [heads[0]]);
});

Deno.test("virtio-blk-mmio gives the back end a bounded number of requests at a time", async () => {
  const { block, waiting, calls } = medium({ slow: true });
  const { driver } = rig(block);
  for (let sector = 0; sector < 40; sector++) driver.offer(0, [header(BLK_T.IN, sector), 512, 1]);
  driver.kick(0);
  assertEquals(calls.length, 32);
  while (waiting.length > 0) {
    waiting.shift()!();
    await settle();
  }
  assertEquals(driver.used(0).length, 40);
});

Deno.test("virtio-blk-mmio forgets requests at a reset, and still counts them at the back end", async () => {
  const { block, waiting, calls } = medium({ slow: true });
  const { made, driver, ram } = rig(block);
  for (let i = 0; i < 32; i++) driver.offer(0, [header(BLK_T.IN, i), 512, 1]);
  driver.kick(0);
  const before = ram.slice();
  driver.write(REG.STATUS, 0);
  const again = virtioDriver(made, { queues: 1, size: 128, base: 1 << 20 });
  again.send(0, [header(BLK_T.IN, 50), 512, 1]);
  assertEquals(calls.length, 32);
  while (waiting.length > 0) waiting.shift()!();
  await settle();
  assertEquals(ram.slice(0, 1 << 20), before.slice(0, 1 << 20)); // what was read has nowhere to go
  waiting.shift()!();
  await settle();
  assertEquals(again.used(0)[0].bytes.at(-1), OK);
});

Deno.test("virtio-blk-mmio carries requests out again that were in flight in a snapshot", async () => {
  const { block, bytes } = medium({ slow: true });
  const { driver, device, ram } = rig(block);
  const head = driver.offer(0, [header(BLK_T.IN, 5), 512, 1]);
  driver.kick(0);
  const saved = structuredClone(device.snapshot());

  const other = deviceRig(virtioBlk, { ramSize: 1 << 22, block: medium().block });
  other.device.restore(saved);
  assertEquals(other.device.snapshot(), saved);
  other.ram.set(ram); // memory comes after the devices
  other.advance(0);
  await settle();
  ram.set(other.ram);
  const [used] = driver.used(0);
  assertEquals([used.head, used.written], [head, 513]);
  assertEquals(used.bytes.subarray(0, 512), bytes.subarray(5 * 512, 6 * 512));
  assert(other.lines.irq);
});
