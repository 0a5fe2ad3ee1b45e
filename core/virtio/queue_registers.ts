import type { DeviceLog } from "../device/device.ts";
import type { Register, RegisterTable } from "../device/registers.ts";
import { VIRTIO_REG as REG } from "./constants.ts";
import type { VirtioState, VirtqueueState } from "./state.ts";

/** What the registers of a queue work with. */
export interface QueueRegisters {
  readonly state: VirtioState;
  /** Most entries of each queue. */
  readonly sizes: readonly number[];
  readonly log: DeviceLog;
  /** A queue that was ready is not any more. */
  disabled(): void;
}

const HIGH = 2 ** 32;
/** Alignment of the three areas (2.7). */
const ALIGNMENT = { desc: 16, driver: 2, device: 4 } as const;

/** The registers of the queue that QueueSel selects (4.2.2). */
export function queueRegisters({ state: s, sizes, log, disabled }: QueueRegisters): RegisterTable {
  const selected = (): VirtqueueState | undefined => s.queues[s.queueSel];

  /** A write to a queue that is there and not in use yet. */
  const setUp = (name: string, change: (q: VirtqueueState, value: number) => void): Register => ({
    name,
    write(value) {
      const q = selected();
      if (q && !q.ready) change(q, value);
      else log.guestError(`write of ${name} of queue ${s.queueSel}, which is ${q ? "ready" : "not there"}`);
    },
  });
  const low = (name: string, area: keyof typeof ALIGNMENT) =>
    setUp(name, (q, value) => q[area] = Math.floor(q[area] / HIGH) * HIGH + value);
  const high = (name: string, area: keyof typeof ALIGNMENT) =>
    setUp(name, (q, value) => q[area] = value * HIGH + q[area] % HIGH);

  function setReady(value: number): void {
    const q = selected();
    if (!q) return log.guestError(`write of QueueReady of queue ${s.queueSel}, which is not there`);
    const ready = (value & 1) !== 0;
    if (ready === q.ready) return;
    if (ready && !isSound(q, sizes[s.queueSel])) {
      return log.guestError(`queue ${s.queueSel} with rings of ${q.size} or badly aligned made ready`);
    }
    Object.assign(q, { ready, avail: 0, used: 0, published: 0, pending: false });
    if (!ready) disabled();
  }

  return {
    [REG.QUEUE_NUM_MAX]: { name: "QueueNumMax", read: () => sizes[s.queueSel] ?? 0 },
    [REG.QUEUE_NUM]: setUp("QueueNum", (q, value) => q.size = value),
    [REG.QUEUE_READY]: { name: "QueueReady", read: () => Number(selected()?.ready ?? 0), write: setReady },
    [REG.QUEUE_DESC_LOW]: low("QueueDescLow", "desc"),
    [REG.QUEUE_DESC_HIGH]: high("QueueDescHigh", "desc"),
    [REG.QUEUE_DRIVER_LOW]: low("QueueDriverLow", "driver"),
    [REG.QUEUE_DRIVER_HIGH]: high("QueueDriverHigh", "driver"),
    [REG.QUEUE_DEVICE_LOW]: low("QueueDeviceLow", "device"),
    [REG.QUEUE_DEVICE_HIGH]: high("QueueDeviceHigh", "device"),
  };
}

function isSound({ size, ...areas }: VirtqueueState, sizeMax: number): boolean {
  return size > 0 && size <= sizeMax && (size & (size - 1)) === 0 &&
    Object.entries(ALIGNMENT).every(([area, bytes]) => areas[area as keyof typeof ALIGNMENT] % bytes === 0);
}
