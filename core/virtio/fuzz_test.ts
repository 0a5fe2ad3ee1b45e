/**
 * Rings of random content: no device may throw, work without bound, or grow, whatever is in guest memory.
 *
 * @module
 */
import { assert } from "@std/assert";
import { type DeviceRig, deviceRig } from "@emu/core";
import virtioBlk from "../../devices/virtio-blk-mmio/virtio_blk_mmio.ts";
import virtioNet from "../../devices/virtio-net-mmio/virtio_net_mmio.ts";
import { prng, type Random, seedOf } from "../../tests/prng.ts";
import { VIRTIO_REG as REG, VIRTIO_STATUS } from "./constants.ts";
import { KICK_BUDGET } from "./mmio.ts";
import { echoDevice } from "./echo_testing.ts";
import { type VirtioDriver, virtioDriver } from "./testing.ts";

/** What a rig takes. */
type AnyPlugin = Parameters<typeof deviceRig>[0];

const SEED = seedOf(1);
const RAM = 0x1_0000;
const SIZE = 16;
/** Accesses to guest memory that a kick may cause: for each unit of budget, with a chain as long as can be behind it. */
const MOST_ACCESSES = 16 * (KICK_BUDGET + 4 * 256);

Deno.test("virtio mmio bears 100000 rings of random content", () =>
  bearsRings(echoDevice().plugin, { queues: 2, rounds: 100_000 }));
Deno.test("virtio-blk-mmio bears 30000 rings of random content", () =>
  bearsRings(virtioBlk, { queues: 1, rounds: 30_000 }));
Deno.test("virtio-net-mmio bears 30000 rings of random content and frames", () =>
  bearsRings(virtioNet, { queues: 3, rounds: 30_000 }));

async function bearsRings(
  plugin: AnyPlugin,
  { queues, rounds }: { queues: number; rounds: number },
) {
  const random = prng(SEED);
  let accesses = 0, most = 0;
  const counted: AnyPlugin = {
    ...plugin,
    create: (context) =>
      plugin.create({
        ...context,
        dma: {
          read: (address, into) => (accesses++, context.dma.read(address, into)),
          write: (address, from) => (accesses++, context.dma.write(address, from)),
        },
      }),
  };
  const block = { size: 1 << 20, readOnly: false, read: done, write: done, flush: done };
  const rig = deviceRig(counted, { ramSize: RAM, block });
  const frame = new Uint8Array(1514).fill(0xff, 0, 6);
  let driver = setUp(rig, { queues, random }), broken = 0;
  for (let round = 0; round < rounds; round++) {
    if (driver.read(REG.STATUS) & VIRTIO_STATUS.NEEDS_RESET || random.oneIn(32)) {
      broken++;
      driver = setUp(rig, { queues, random });
    }
    const queue = random.below(queues);
    spoil(rig, { area: driver.areas[queue], random });
    accesses = 0;
    driver.kick(queue);
    most = Math.max(most, accesses);
    if (rig.nic?.canReceive()) rig.nic.receive(frame.subarray(0, 14 + random.below(1500)));
    if (random.oneIn(8)) rig.advance(1000);
    if (random.oneIn(64)) await new Promise((resolve) => setTimeout(resolve, 0));
    rig.frames.length = rig.log.length = 0;
  }
  assert(most <= MOST_ACCESSES, `seed ${SEED}: a kick caused ${most} accesses`);
  const { length } = JSON.stringify(rig.device.snapshot());
  assert(length < 64 << 10, `seed ${SEED}: the state has grown to ${length}`);
  assert(broken < rounds, "some rings are sound");
}

function done(): Promise<void> {
  return Promise.resolve();
}

function setUp(rig: DeviceRig, { queues, random }: { queues: number; random: Random }): VirtioDriver {
  return virtioDriver(rig, { queues, size: SIZE, ...random.oneIn(2) ? { features: [32] } : {} });
}

/** Writes descriptors and entries, half of which make sense. */
function spoil(
  { ram }: DeviceRig,
  { area: { desc, driver }, random }: { area: VirtioDriver["areas"][number]; random: Random },
): void {
  const view = new DataView(ram.buffer);
  const pick = (...choices: number[]) => choices[random.below(choices.length)];
  for (let i = 0; i < SIZE; i++) {
    const at = desc + 16 * i;
    view.setUint32(
      at,
      pick(random.below(RAM), 0x4000, desc, desc + 16 * random.below(SIZE), 0xffff_fff0),
      true,
    );
    view.setUint32(at + 4, random.oneIn(16) ? pick(1, 0xffff_ffff) : 0, true);
    view.setUint32(
      at + 8,
      pick(0, 1, 12, 16, 16 * random.below(300), 512, 2048, 0x1_0000, 0xffff_fff0),
      true,
    );
    view.setUint16(at + 12, pick(0, 1, 1, 2, 3, 4, random.below(8)), true);
    view.setUint16(at + 14, pick(random.below(SIZE), i + 1, SIZE, 0xffff), true);
  }
  for (let i = 0; i < SIZE; i++) {
    view.setUint16(driver + 4 + 2 * i, random.below(SIZE + Number(random.oneIn(8))), true);
  }
  const index = view.getUint16(driver + 2, true);
  view.setUint16(driver + 2, index + (random.oneIn(16) ? random.below(0x1_0000) : random.below(5)), true);
  view.setUint16(driver, random.below(2), true);
  for (let i = 0; i < 16; i++) ram[0x4000 + i] = pick(0, 0, 0, 1, 4, random.below(256)); // a header, or a command
}
