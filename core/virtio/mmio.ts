import type { Device, DeviceContext } from "../device/device.ts";
import { constant, registerDevice, type RegisterTable, stored } from "../device/registers.ts";
import { NEVER } from "../loop/clock.ts";
import { type Chain, gather, scatter } from "./chain.ts";
import { INTERRUPT, VIRTIO_F, VIRTIO_REG as REG, VIRTIO_STATUS as STATUS } from "./constants.ts";
import { queueRegisters } from "./queue_registers.ts";
import type { VirtioState } from "./state.ts";
import { createVirtqueue, type Virtqueue } from "./virtqueue.ts";

/** "virt", and "EMU " for the vendor, little-endian. */
const MAGIC = 0x7472_6976, VENDOR = 0x2055_4d45;
/** The transport's own features. */
const TRANSPORT = [VIRTIO_F.INDIRECT_DESC, VIRTIO_F.EVENT_IDX, VIRTIO_F.VERSION_1];
/** What a queue does in one go, in descriptors; 4 KiB of buffers count as one. The rest waits for the loop's next turn. */
export const KICK_BUDGET = 1024;
const BYTES_PER_UNIT = 4096;

/** One queue of a device. */
export interface VirtioQueue {
  /** Most entries of its rings, a power of two. */
  readonly size: number;
  /**
   * Handles a chain; gives it back by `virtio.queue(n).push`, now or later. What it returns is taken off the budget
   * too. Without it the device pops chains itself.
   */
  take?(chain: Chain): number | void;
  /** Whether a further chain may be taken now. When that changes the device calls `virtio.resume`. */
  hasRoom?(): boolean;
  /** The driver has offered chains: called at each kick, before they are taken. */
  kicked?(): void;
}

/** What makes a virtio device of the transport. */
export interface VirtioOptions<S extends VirtioState> {
  /** The *whole* state: `{ ...virtioState(queues.length), … }`. Never keep a reference to a member. */
  readonly state: S;
  /** Device type (5). */
  readonly deviceId: number;
  /** Numbers of the feature bits the device offers. */
  readonly features: readonly number[];
  /** Its queues, in the order of their numbers. */
  readonly queues: readonly VirtioQueue[];
  /** The configuration space as it is now. */
  config(): Uint8Array;
  /** Drives what is the device's own; called, as the transport's line is, after whatever may have changed the state. */
  outputs?(): void;
  /** Work in flight is void: the device, or a queue, was reset. Runs after the state was put back. */
  cancel?(): void;
  /** Runs after `restore`. */
  onRestore?(): void;
}

/** The transport as its device sees it. Nothing here throws, whatever is in guest memory. */
export interface Virtio {
  /** What the plugin gives the machine. Needs an output line "irq" and a window of 0x200 bytes. */
  readonly device: Device;
  /** Whether the driver has set everything up and nothing is broken. */
  running(): boolean;
  /** Whether driver and device agreed on a feature. */
  has(feature: number): boolean;
  /** A queue, for devices that pop and push chains themselves. */
  queue(index: number): Virtqueue;
  /** Reads `into.length` bytes of a chain's readable part; false if it is shorter, or not memory. */
  read(chain: Chain, offset: number, into: Uint8Array): boolean;
  /** Writes to a chain's writable part; false if it is shorter, or not memory. */
  write(chain: Chain, offset: number, from: Uint8Array): boolean;
  /** The configuration space is not what it was. */
  configChanged(): void;
  /** Takes further chains of a queue, and shows the driver what was pushed: to be called when work in flight is done. */
  resume(queue: number): void;
  /** Shows the driver what was pushed, outside of accesses and `take`. */
  update(): void;
  /** The driver broke the rules; nothing goes on until it resets the device. */
  fail(message: string): void;
}

/** The virtio MMIO transport, version 2 (4.2), around a device. */
export function virtioMmio<S extends VirtioState>(
  context: DeviceContext<unknown, "irq">,
  options: VirtioOptions<S>,
): Virtio {
  const { clock, dma, log, out } = context;
  const { state: s, queues: specs } = options;
  const offered = [0, 0];
  for (const bit of [...options.features, ...TRANSPORT]) offered[bit >>> 5] |= 1 << (bit & 31);

  const running = () =>
    (s.status & (STATUS.DRIVER_OK | STATUS.FEATURES_OK | STATUS.NEEDS_RESET)) ===
      (STATUS.DRIVER_OK | STATUS.FEATURES_OK);
  const has = (feature: number) => (s.driverFeatures[feature >>> 5] >>> (feature & 31) & 1) !== 0;
  const queues = specs.map(({ size }, index) =>
    createVirtqueue({
      dma,
      sizeMax: size,
      state: () => s.queues[index],
      running,
      eventIdx: () => has(VIRTIO_F.EVENT_IDX),
      indirect: () => has(VIRTIO_F.INDIRECT_DESC),
      fail,
    })
  );
  const alarm = clock.alarm(() => {
    s.queues.forEach(({ pending }, index) => pending && drain(index));
    outputs();
  });
  /** Taking a chain may lead back here: by a frame that comes back, or DMA into this window. */
  let draining = false;

  const registers: RegisterTable = {
    [REG.MAGIC]: constant("MagicValue", MAGIC),
    [REG.VERSION]: constant("Version", 2),
    [REG.DEVICE_ID]: constant("DeviceID", options.deviceId),
    [REG.VENDOR_ID]: constant("VendorID", VENDOR),
    [REG.DEVICE_FEATURES]: { name: "DeviceFeatures", read: () => offered[s.deviceFeaturesSel] ?? 0 },
    [REG.DEVICE_FEATURES_SEL]: selector("DeviceFeaturesSel", "deviceFeaturesSel"),
    [REG.DRIVER_FEATURES]: { name: "DriverFeatures", write: setFeatures },
    [REG.DRIVER_FEATURES_SEL]: selector("DriverFeaturesSel", "driverFeaturesSel"),
    [REG.QUEUE_SEL]: selector("QueueSel", "queueSel"),
    ...queueRegisters({
      state: s,
      sizes: specs.map(({ size }) => size),
      log,
      disabled: () => options.cancel?.(),
    }),
    [REG.QUEUE_NOTIFY]: { name: "QueueNotify", write: drain },
    [REG.INTERRUPT_STATUS]: { name: "InterruptStatus", read: () => s.interruptStatus },
    [REG.INTERRUPT_ACK]: { name: "InterruptACK", write: (value) => void (s.interruptStatus &= ~value) },
    [REG.STATUS]: { name: "Status", read: () => s.status, write: setStatus },
    // 4.2.2: a length of all ones says that there is no such shared memory.
    [REG.SHM_SEL]: { name: "SHMSel", write: () => {} },
    [REG.SHM_LEN_LOW]: constant("SHMLenLow", 0xffff_ffff),
    [REG.SHM_LEN_HIGH]: constant("SHMLenHigh", 0xffff_ffff),
    [REG.SHM_BASE_LOW]: constant("SHMBaseLow", 0xffff_ffff),
    [REG.SHM_BASE_HIGH]: constant("SHMBaseHigh", 0xffff_ffff),
    [REG.CONFIG_GENERATION]: { name: "ConfigGeneration", read: () => s.configGeneration },
  };
  const file = registerDevice(context, {
    state: s,
    registers,
    outputs,
    onReset: () => options.cancel?.(),
    onRestore: () => options.onRestore?.(),
  });
  const device: Device = {
    ...file,
    read: (offset, size) => offset < REG.CONFIG ? file.read(offset, size) : readConfig(offset, size),
    write(offset, size, value) {
      if (offset < REG.CONFIG) file.write(offset, size, value);
      else log.guestError(`write of read-only configuration at 0x${(offset - REG.CONFIG).toString(16)}`);
    },
  };

  return {
    device,
    running,
    has,
    queue: (index) => queues[index],
    read: (chain, offset, into) => gather(dma, chain.readable, { offset, into }),
    write: (chain, offset, from) => scatter(dma, chain.writable, { offset, from }),
    configChanged() {
      s.configGeneration = s.configGeneration + 1 >>> 0;
      if (running()) s.interruptStatus |= INTERRUPT.CONFIG_CHANGE;
      setInterrupt();
    },
    resume(queue) {
      drain(queue);
      outputs();
    },
    update: outputs,
    fail,
  };

  function outputs(): void {
    for (const queue of queues) if (queue.publish()) s.interruptStatus |= INTERRUPT.USED_BUFFER;
    options.outputs?.();
    setInterrupt();
    alarm.at(running() && s.queues.some(({ pending }) => pending) ? s.resumeAt : NEVER);
  }

  function setInterrupt(): void {
    out.irq(s.interruptStatus !== 0);
  }

  function drain(index: number): void {
    const spec = specs[index];
    if (spec === undefined) return log.guestError(`notification of queue ${index}`);
    if (draining) return leave(index);
    s.queues[index].pending = false;
    draining = true;
    try {
      takeChains(index, spec);
    } finally {
      draining = false;
    }
  }

  function takeChains(index: number, { take, hasRoom, kicked }: VirtioQueue): void {
    kicked?.();
    let budget = KICK_BUDGET;
    while (take && (hasRoom?.() ?? true)) {
      if (budget <= 0) return leave(index);
      const chain = queues[index].pop();
      if (chain === undefined) return;
      budget -= costOf(chain) + (take(chain) ?? 0);
    }
  }

  function leave(index: number): void {
    if (!s.queues[index].ready) return;
    s.queues[index].pending = true;
    s.resumeAt = clock.now();
  }

  function setStatus(value: number): void {
    if (value === 0) return device.reset();
    const before = running();
    let status = value & 0xff | s.status & STATUS.NEEDS_RESET;
    const refused = s.driverFeatures.some((word, i) => (word & ~offered[i]) !== 0) ||
      !has(VIRTIO_F.VERSION_1);
    if (refused && status & STATUS.FEATURES_OK) {
      status &= ~STATUS.FEATURES_OK;
      log.guestError("features that are not offered, or not version 1, were accepted");
    }
    s.status = status;
    if (!before && running()) specs.forEach((_, index) => drain(index));
  }

  function setFeatures(value: number): void {
    if (s.status & STATUS.FEATURES_OK) log.guestError("features accepted too late");
    else if (s.driverFeaturesSel < 2) s.driverFeatures[s.driverFeaturesSel] = value;
    else if (value !== 0) log.guestError(`features of word ${s.driverFeaturesSel} accepted`);
  }

  function selector(name: string, key: "deviceFeaturesSel" | "driverFeaturesSel" | "queueSel") {
    return { name, write: stored<VirtioState, typeof key>(s, key).write! };
  }

  function readConfig(offset: number, size: number): number {
    const bytes = options.config();
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[offset - REG.CONFIG + i] ?? 0);
    return value;
  }

  function fail(message: string): void {
    log.guestError(`${message}; the device waits for a reset`);
    if (running()) s.interruptStatus |= INTERRUPT.CONFIG_CHANGE; // 2.1.2
    s.status |= STATUS.NEEDS_RESET;
    setInterrupt();
  }
}

/** What a chain takes of the budget. */
function costOf({ readable, writable, readableLength, writableLength }: Chain): number {
  return 1 + readable.length + writable.length + (readableLength + writableLength) / BYTES_PER_UNIT;
}
