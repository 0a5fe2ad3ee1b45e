import type { DeviceRig } from "../testing/device_rig.ts";
import { VIRTIO_F, VIRTIO_REG as REG, VIRTIO_STATUS as STATUS, VIRTQ_DESC } from "./constants.ts";

/** How the driver of a test sets a device up. */
export interface VirtioDriverOptions {
  /** Queues to make ready, from the first. */
  readonly queues: number;
  /** Entries of each ring. Default 8. */
  readonly size?: number;
  /** Feature bits to accept; default: all that the device offers. */
  readonly features?: readonly number[];
  /** Puts each chain into a table of its own. */
  readonly indirect?: boolean;
  /** Where in RAM its rings begin; buffers follow. Default 0x1000. */
  readonly base?: number;
}

/** A buffer that the device gave back. */
export interface UsedBuffer {
  /** Index of its first descriptor. */
  readonly head: number;
  /** Bytes the device says it has written. */
  readonly written: number;
  /** What the writable parts hold now, one after the other. */
  readonly bytes: Uint8Array;
}

/** A small virtio driver over a device rig, for the tests of virtio devices. */
export interface VirtioDriver {
  /** Feature bits that were accepted. */
  readonly features: readonly number[];
  /** Addresses of a queue's areas, for tests that spoil them. */
  readonly areas: readonly { readonly desc: number; readonly driver: number; readonly device: number }[];
  /** Reads a register of the transport. */
  read(register: number): number;
  /** Writes a register of the transport. */
  write(register: number, value: number): void;
  /** Offers a chain: bytes for the device to read, numbers for so many bytes to write. Gives its head. */
  offer(queue: number, parts: readonly (Uint8Array | number)[]): number;
  /** Offers a chain, tells the device, and gives what has come back by then. */
  send(queue: number, parts: readonly (Uint8Array | number)[]): UsedBuffer[];
  /** Tells the device that a queue has new chains. */
  kick(queue: number): void;
  /** What has come back since the last time. */
  used(queue: number): UsedBuffer[];
  /** Whether the device wants to be told of a chain that is offered now (event index only). */
  wantsKick(queue: number): boolean;
  /** With the event index: no interrupt before the used ring's entry of that index. */
  wantInterruptAt(queue: number, index: number): void;
}

const pairs = (areas: { desc: number; driver: number; device: number }) => [
  [REG.QUEUE_DESC_LOW, areas.desc],
  [REG.QUEUE_DRIVER_LOW, areas.driver],
  [REG.QUEUE_DEVICE_LOW, areas.device],
];

/** Brings a device up to DRIVER_OK as 3.1.1 has it. Throws where a device would not let a real driver go on. */
export function virtioDriver(
  { device, ram }: Pick<DeviceRig, "device" | "ram">,
  { queues: count, size = 8, features: wanted, indirect = false, base = 0x1000 }: VirtioDriverOptions,
): VirtioDriver {
  const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  const read = (register: number) => device.read(register, 4);
  const write = (register: number, value: number) => device.write(register, 4, value);
  let next = base;
  const allocate = (length: number) => {
    const at = next;
    next = at + length + 15 & ~15;
    if (next > ram.length) throw new RangeError(`Cannot place ${length} bytes: the test's RAM is full`);
    return at;
  };

  write(REG.STATUS, 0);
  write(REG.STATUS, STATUS.ACKNOWLEDGE | STATUS.DRIVER);
  const offered = [0, 1].flatMap((word) => {
    write(REG.DEVICE_FEATURES_SEL, word);
    const bits = read(REG.DEVICE_FEATURES);
    return Array.from({ length: 32 }, (_, i) => i + 32 * word).filter((bit) => bits >>> (bit & 31) & 1);
  });
  const features = offered.filter((bit) => wanted?.includes(bit) ?? true);
  for (const word of [0, 1]) {
    write(REG.DRIVER_FEATURES_SEL, word);
    const bits = features.filter((bit) => bit >>> 5 === word);
    write(REG.DRIVER_FEATURES, bits.reduce((sum, bit) => sum + 2 ** (bit & 31), 0));
  }
  const status = STATUS.ACKNOWLEDGE | STATUS.DRIVER | STATUS.FEATURES_OK;
  write(REG.STATUS, status);
  if (read(REG.STATUS) !== status) throw new Error("Cannot set up the device: it refuses its own features");

  const queues = Array.from({ length: count }, (_, index) => {
    write(REG.QUEUE_SEL, index);
    if (read(REG.QUEUE_NUM_MAX) < size) {
      throw new Error(`Cannot set up queue ${index}: its rings are too small`);
    }
    const areas = {
      desc: allocate(16 * size),
      driver: allocate(6 + 2 * size),
      device: allocate(6 + 8 * size),
    };
    ram.fill(0, areas.desc, next);
    write(REG.QUEUE_NUM, size);
    for (const [register, address] of pairs(areas)) write(register, address);
    write(REG.QUEUE_READY, 1);
    const free = Array.from({ length: size }, (_, i) => i);
    return { ...areas, free, seen: 0, chains: new Map<number, Offered>() };
  });
  write(REG.STATUS, status | STATUS.DRIVER_OK);
  const buffers = next;

  /** What was offered under a head. */
  interface Offered {
    readonly descriptors: readonly number[];
    readonly writable: readonly (readonly [address: number, length: number])[];
  }

  function describe(at: number, { address, length, flags, following }: Record<string, number>): void {
    view.setBigUint64(at, BigInt(address), true);
    view.setUint32(at + 8, length, true);
    view.setUint16(at + 12, flags, true);
    view.setUint16(at + 14, following, true);
  }

  function offer(index: number, parts: readonly (Uint8Array | number)[]): number {
    const q = queues[index];
    const needed = indirect ? 1 : parts.length;
    if (q.free.length < needed) throw new Error(`Cannot offer ${parts.length} parts: the ring is full`);
    if (queues.every(({ chains }) => chains.size === 0)) next = buffers;
    const descriptors = q.free.splice(0, needed);
    const table = indirect ? allocate(16 * parts.length) : q.desc;
    const places = indirect ? parts.map((_, i) => i) : descriptors;
    const writable: [number, number][] = [];
    parts.forEach((part, i) => {
      const length = typeof part === "number" ? part : part.length;
      const address = allocate(length);
      if (typeof part === "number") writable.push([address, length]);
      else ram.set(part, address);
      const flags = (i < parts.length - 1 ? VIRTQ_DESC.NEXT : 0) |
        (typeof part === "number" ? VIRTQ_DESC.WRITE : 0);
      describe(table + 16 * places[i], { address, length, flags, following: places[i + 1] ?? 0 });
    });
    const [head] = descriptors;
    if (indirect) {
      const length = 16 * parts.length, flags = VIRTQ_DESC.INDIRECT;
      describe(q.desc + 16 * head, { address: table, length, flags, following: 0 });
    }
    q.chains.set(head, { descriptors, writable });
    const available = view.getUint16(q.driver + 2, true);
    view.setUint16(q.driver + 4 + 2 * (available % size), head, true);
    view.setUint16(q.driver + 2, available + 1, true);
    return head;
  }

  function used(index: number): UsedBuffer[] {
    const q = queues[index], found: UsedBuffer[] = [];
    for (; q.seen !== view.getUint16(q.device + 2, true); q.seen = q.seen + 1 & 0xffff) {
      const at = q.device + 4 + 8 * (q.seen % size);
      const head = view.getUint32(at, true), written = view.getUint32(at + 4, true);
      const chain = q.chains.get(head);
      if (!chain) throw new Error(`Cannot take back chain ${head}: it was not offered`);
      q.chains.delete(head);
      q.free.push(...chain.descriptors);
      const bytes = chain.writable.flatMap((
        [address, length],
      ) => [...ram.subarray(address, address + length)]);
      found.push({ head, written, bytes: Uint8Array.from(bytes) });
    }
    return found;
  }

  return {
    features,
    areas: queues,
    read,
    write,
    offer,
    send(queue, parts) {
      offer(queue, parts);
      write(REG.QUEUE_NOTIFY, queue);
      return used(queue);
    },
    kick: (queue) => write(REG.QUEUE_NOTIFY, queue),
    used,
    wantsKick(queue) {
      if (!features.includes(VIRTIO_F.EVENT_IDX)) return true;
      const { driver, device } = queues[queue];
      return view.getUint16(device + 4 + 8 * size, true) === view.getUint16(driver + 2, true);
    },
    wantInterruptAt: (queue, index) => view.setUint16(queues[queue].driver + 4 + 2 * size, index, true),
  };
}
