import { assert, assertEquals } from "@std/assert";
import { deviceRig, type RigOptions } from "@emu/core";
import { VIRTIO_F, VIRTIO_REG as REG, VIRTIO_STATUS as STATUS } from "./constants.ts";
import { KICK_BUDGET } from "./mmio.ts";
import { echoDevice, EXTRA } from "./echo_testing.ts";
import { virtioDriver, type VirtioDriverOptions } from "./testing.ts";

function echo(options: RigOptions = {}) {
  const { plugin, held } = echoDevice();
  const rig = deviceRig(plugin, options);
  const read = (register: number, size = 4) => rig.device.read(register, size);
  const write = (register: number, value: number) => rig.device.write(register, 4, value);
  const drive = (more: Partial<VirtioDriverOptions> = {}) => virtioDriver(rig, { queues: 2, ...more });
  return { ...rig, rig, held, read, write, drive };
}

const bytes = (...values: number[]) => Uint8Array.from(values);

Deno.test("virtio mmio identifies itself and reads its configuration in any width", () => {
  const { read, write, log } = echo();
  assertEquals(read(REG.MAGIC), 0x7472_6976);
  assertEquals(read(REG.VERSION), 2);
  assertEquals(read(REG.DEVICE_ID), 42);
  assertEquals(read(REG.CONFIG), 0x0403_0221);
  assertEquals(read(REG.CONFIG + 4), 0x0605);
  assertEquals(read(REG.CONFIG + 2, 2), 0x0403);
  assertEquals(read(REG.CONFIG + 5, 1), 6);
  assertEquals(read(REG.CONFIG + 0xfc), 0);
  assertEquals(read(REG.SHM_LEN_LOW), 0xffff_ffff);
  assertEquals(log, []);
  write(REG.CONFIG, 0);
  assertEquals(log, ["guest: write of read-only configuration at 0x0"]);
});

Deno.test("virtio mmio offers its features by words of 32 and refuses what it did not offer", () => {
  const { read, write } = echo();
  assertEquals(read(REG.DEVICE_FEATURES), 1 << EXTRA | 1 << 28 | 1 << 29);
  write(REG.DEVICE_FEATURES_SEL, 1);
  assertEquals(read(REG.DEVICE_FEATURES), 1);
  write(REG.DEVICE_FEATURES_SEL, 2);
  assertEquals(read(REG.DEVICE_FEATURES), 0);
  write(REG.DRIVER_FEATURES_SEL, 1);
  write(REG.DRIVER_FEATURES, 1);
  write(REG.DRIVER_FEATURES_SEL, 0);
  write(REG.DRIVER_FEATURES, 1 << 5);
  write(REG.STATUS, 1 | 2 | STATUS.FEATURES_OK);
  assertEquals(read(REG.STATUS), 1 | 2);
  write(REG.DRIVER_FEATURES, 1 << EXTRA);
  write(REG.STATUS, 1 | 2 | STATUS.FEATURES_OK);
  assertEquals(read(REG.STATUS), 1 | 2 | STATUS.FEATURES_OK);
});

Deno.test("virtio mmio refuses a driver that does not know version 1", () => {
  const { read, write } = echo();
  write(REG.STATUS, 1 | 2 | STATUS.FEATURES_OK);
  assertEquals(read(REG.STATUS), 1 | 2);
});

Deno.test("virtio mmio takes no new features once they are settled", () => {
  const { rig, drive } = echo();
  drive();
  rig.device.write(REG.DRIVER_FEATURES_SEL, 4, 0);
  rig.device.write(REG.DRIVER_FEATURES, 4, 0);
  assertEquals(rig.log, ["guest: features accepted too late"]);
});

Deno.test("virtio mmio makes only sound queues ready, and leaves ready ones alone", () => {
  const { read, write, log } = echo();
  const ready = (size: number, desc: number) => {
    write(REG.QUEUE_NUM, size);
    write(REG.QUEUE_DESC_LOW, desc);
    write(REG.QUEUE_READY, 1);
    return read(REG.QUEUE_READY);
  };
  assertEquals(read(REG.QUEUE_NUM_MAX), 16);
  assertEquals([ready(0, 0x1000), ready(3, 0x1000), ready(32, 0x1000), ready(8, 0x1008)], [0, 0, 0, 0]);
  assertEquals(ready(8, 0x1000), 1);
  write(REG.QUEUE_NUM, 4);
  assertEquals(log.at(-1), "guest: write of QueueNum of queue 0, which is ready");
  write(REG.QUEUE_SEL, 7);
  assertEquals(read(REG.QUEUE_NUM_MAX), 0);
  write(REG.QUEUE_NUM, 4);
  assertEquals(log.at(-1), "guest: write of QueueNum of queue 7, which is not there");
});

for (const indirect of [false, true]) {
  Deno.test(`virtio mmio moves chains of many parts${indirect ? " through an indirect table" : ""}`, () => {
    const { lines, drive, read, write } = echo();
    const driver = drive({ indirect });
    const used = driver.send(0, [bytes(1, 2, 3), bytes(4), bytes(5, 6), 1, 2, 5]);
    assertEquals(used, [{ head: used[0].head, written: 6, bytes: bytes(1, 2, 3, 4, 5, 6, 0, 0) }]);
    assert(lines.irq);
    assertEquals(read(REG.INTERRUPT_STATUS), 1);
    write(REG.INTERRUPT_ACK, 1);
    assert(!lines.irq);
  });
}

Deno.test("virtio mmio wraps its rings many times", () => {
  const { drive } = echo();
  const driver = drive({ size: 2 });
  for (let i = 0; i < 0x1_0000 + 5; i++) {
    const [{ written }] = driver.send(0, [bytes(i), 1]);
    if (written !== 1) assertEquals(written, 1);
  }
});

Deno.test("virtio mmio looks at nothing before DRIVER_OK, and then at what is there", () => {
  const { held, drive, write } = echo();
  const driver = drive();
  write(REG.STATUS, 1 | 2 | STATUS.FEATURES_OK);
  driver.offer(0, [bytes(1), 1]);
  driver.kick(0);
  assertEquals(held.taken, 0);
  write(REG.STATUS, 1 | 2 | STATUS.FEATURES_OK | STATUS.DRIVER_OK);
  assertEquals(held.taken, 1);
});

Deno.test("virtio mmio interrupts at the used entry that the driver waits for", () => {
  const { lines, drive } = echo();
  const driver = drive();
  driver.wantInterruptAt(0, 2);
  driver.send(0, [bytes(1), 1]);
  driver.send(0, [bytes(1), 1]);
  assert(!lines.irq);
  driver.send(0, [bytes(1), 1]);
  assert(lines.irq);
});

Deno.test("virtio mmio heeds NO_INTERRUPT where the event index was not accepted", () => {
  const { ram, lines, drive } = echo();
  const driver = drive({ features: [VIRTIO_F.VERSION_1] });
  ram[driver.areas[0].driver] = 1;
  driver.send(0, [bytes(1), 1]);
  assert(!lines.irq);
  ram[driver.areas[0].driver] = 0;
  driver.send(0, [bytes(1), 1]);
  assert(lines.irq);
});

Deno.test("virtio mmio asks for a kick when it has run out of chains, not while it has no room for them", () => {
  const { held, drive } = echo();
  const driver = drive();
  driver.send(1, [1]);
  assert(driver.wantsKick(1));
  held.room = false;
  driver.offer(1, [1]);
  driver.kick(1);
  assert(!driver.wantsKick(1));
  held.room = true;
  held.virtio!.resume(1);
  assertEquals(held.kept.length, 2);
  assert(driver.wantsKick(1));
});

Deno.test("virtio mmio gives back what was taken, in any order and later", () => {
  const { held, lines, drive } = echo();
  const driver = drive();
  const heads = [driver.offer(1, [4]), driver.offer(1, [4])];
  driver.kick(1);
  assertEquals(driver.used(1), []);
  const virtio = held.virtio!;
  virtio.write(held.kept[1], 1, bytes(7));
  virtio.queue(1).push(held.kept[1], 2);
  virtio.queue(1).push(held.kept[0], 0);
  virtio.update();
  assert(lines.irq);
  assertEquals(driver.used(1), [
    { head: heads[1], written: 2, bytes: bytes(0, 7, 0, 0) },
    { head: heads[0], written: 0, bytes: bytes(0, 0, 0, 0) },
  ]);
});

Deno.test("virtio mmio tells of a changed configuration by generation and interrupt", () => {
  const { held, lines, drive, read } = echo();
  held.virtio!.configChanged();
  assert(!lines.irq);
  drive();
  const before = read(REG.CONFIG_GENERATION);
  held.virtio!.configChanged();
  assertEquals([lines.irq, read(REG.INTERRUPT_STATUS), read(REG.CONFIG_GENERATION) - before], [true, 2, 1]);
});

Deno.test("virtio mmio does a bounded part of a kick at once and the rest on the next turns", () => {
  const { held, drive, advance, ram } = echo({ ramSize: 1 << 16 });
  const driver = drive({ size: 16 });
  const descriptors = new DataView(ram.buffer, driver.areas[0].desc);
  for (let i = 0; i < 3; i++) {
    const head = driver.offer(0, [bytes(1), 1]);
    descriptors.setUint32(16 * head + 8, KICK_BUDGET * 4096, true); // as much as the whole budget
  }
  driver.kick(0);
  assertEquals(held.taken, 1);
  advance(0);
  assertEquals(held.taken, 3);
});

Deno.test("virtio mmio cancels work in flight when a queue is taken away or the driver resets it", () => {
  const { held, drive, read, write, device } = echo();
  const driver = drive();
  driver.send(1, [1]);
  const cancelled = held.cancelled;
  write(REG.QUEUE_SEL, 1);
  write(REG.QUEUE_READY, 0);
  assertEquals(held.cancelled, cancelled + 1);
  held.virtio!.queue(1).push(held.kept[0], 1);
  held.virtio!.update();
  assertEquals(driver.used(1), []);
  const fresh = echo().device.snapshot();
  write(REG.STATUS, 0);
  assertEquals(held.cancelled, cancelled + 2);
  assertEquals(read(REG.STATUS), 0);
  assertEquals(device.snapshot(), fresh);
});

Deno.test("virtio mmio goes on from a snapshot where it was", () => {
  const { ram, drive, device } = echo();
  const driver = drive();
  driver.send(0, [bytes(1), 1]);
  const saved = structuredClone(device.snapshot());
  const other = echo();
  other.device.restore(saved);
  assertEquals(other.device.snapshot(), saved);
  assert(other.lines.irq);
  driver.offer(0, [bytes(8), 1]);
  other.ram.set(ram);
  other.device.write(REG.QUEUE_NOTIFY, 4, 0);
  ram.set(other.ram);
  assertEquals(driver.used(0)[0].bytes, bytes(8));
});

const BROKEN: Record<string, { chain: number[][]; says: string }> = {
  "loops": { chain: [[0x8000, 1, 1, 1], [0x8000, 1, 1, 0]], says: "chain of more than 16 descriptors" },
  "leaves its table": { chain: [[0x8000, 1, 1, 8]], says: "descriptor 8 of 8" },
  "mixes up its order": {
    chain: [[0x8000, 1, 3, 1], [0x8000, 1, 0, 0]],
    says: "readable descriptor behind a writable one",
  },
  "goes on behind an indirect table": { chain: [[0x8000, 16, 5, 1]], says: "misplaced indirect descriptor" },
  "has an indirect table of odd size": { chain: [[0x8000, 24, 4, 0]], says: "indirect table of 24 bytes" },
  "has an empty indirect table": { chain: [[0x8000, 0, 4, 0]], says: "indirect table of 0 bytes" },
  "has an indirect table outside of memory": {
    chain: [[0xf000_0000, 16, 4, 0]],
    says: "descriptors outside of memory",
  },
};

for (const [what, { chain, says }] of Object.entries(BROKEN)) {
  Deno.test(`virtio mmio waits for a reset when a chain ${what}`, () => {
    const { drive, held, lines, log, ram, read, write } = echo();
    const driver = drive(), [{ desc }] = driver.areas, view = new DataView(ram.buffer);
    driver.offer(0, [bytes(1)]);
    chain.forEach(([address, length, flags, next], i) => {
      view.setUint32(desc + 16 * i, address, true);
      view.setUint32(desc + 16 * i + 8, length, true);
      view.setUint16(desc + 16 * i + 12, flags, true);
      view.setUint16(desc + 16 * i + 14, next, true);
    });
    driver.kick(0);
    assertEquals(log, [`guest: ${says}; the device waits for a reset`]);
    assertEquals([held.taken, lines.irq, read(REG.INTERRUPT_STATUS)], [0, true, 2]);
    assert(read(REG.STATUS) & STATUS.NEEDS_RESET);
    driver.kick(0);
    assertEquals(log.length, 1);
    write(REG.STATUS, 0);
    assertEquals(drive().send(0, [bytes(1), 1])[0].written, 1);
  });
}

Deno.test("virtio mmio waits for a reset when an indirect table was not agreed on", () => {
  const { drive, log } = echo();
  drive({ features: [VIRTIO_F.VERSION_1], indirect: true }).send(0, [bytes(1)]);
  assertEquals(log, ["guest: misplaced indirect descriptor; the device waits for a reset"]);
});

Deno.test("virtio mmio waits for a reset when more is available than the ring holds", () => {
  const { drive, ram, log } = echo();
  const driver = drive();
  ram[driver.areas[0].driver + 2] = 9;
  driver.kick(0);
  assertEquals(log, ["guest: 9 entries available in a ring of 8; the device waits for a reset"]);
});

for (
  const [register, where] of [[REG.QUEUE_DRIVER_HIGH, "driver"], [REG.QUEUE_DESC_HIGH, "descriptor"]] as const
) {
  Deno.test(`virtio mmio waits for a reset when its ${where} area is not memory`, () => {
    const { drive, read, write } = echo();
    const driver = drive();
    driver.offer(0, [bytes(1), 1]);
    write(REG.QUEUE_READY, 0);
    write(REG.QUEUE_SEL, 0);
    write(REG.QUEUE_READY, 0);
    write(register, 0xffff_ffff);
    write(REG.QUEUE_READY, 1);
    driver.kick(0);
    assert(read(REG.STATUS) & STATUS.NEEDS_RESET);
  });
}
