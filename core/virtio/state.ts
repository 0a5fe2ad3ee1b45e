/** A virtqueue, as the registers set it up, and how far it is. */
export interface VirtqueueState {
  /** Entries of its rings. */
  size: number;
  /** QueueReady: the driver has set it up (4.2.2). */
  ready: boolean;
  /** Guest-physical addresses of the descriptor area, the driver area and the device area. */
  desc: number;
  /** The available ring. */
  driver: number;
  /** The used ring. */
  device: number;
  /** Index of the entry of the available ring that is taken next, modulo 2^16. */
  avail: number;
  /** Index of the entry of the used ring that is filled next, modulo 2^16. */
  used: number;
  /** `used` when the driver was last told of it. */
  published: number;
  /** The budget ran out before the queue did. */
  pending: boolean;
}

/** What every virtio device has for a state; a device's own begins with it: `{ ...virtioState(2), … }`. */
export interface VirtioState {
  /** Device status (2.1). */
  status: number;
  /** Which 32 feature bits DeviceFeatures shows. */
  deviceFeaturesSel: number;
  /** Which 32 feature bits DriverFeatures sets. */
  driverFeaturesSel: number;
  /** What the driver accepted, 32 bits each. */
  driverFeatures: [number, number];
  /** Which queue the queue registers are for. */
  queueSel: number;
  /** InterruptStatus (4.2.2): bit 0, used buffers; bit 1, a new configuration. */
  interruptStatus: number;
  /** ConfigGeneration (4.2.2): another number once the configuration has changed. */
  configGeneration: number;
  /** Virtual time at which pending queues go on, in nanoseconds. */
  resumeAt: number;
  /** By number. */
  queues: VirtqueueState[];
}

/** The state of a device with so many queues, after reset. */
export function virtioState(queues: number): VirtioState {
  return {
    status: 0,
    deviceFeaturesSel: 0,
    driverFeaturesSel: 0,
    driverFeatures: [0, 0],
    queueSel: 0,
    interruptStatus: 0,
    configGeneration: 0,
    resumeAt: 0,
    queues: Array.from({ length: queues }, () => ({
      size: 0,
      ready: false,
      desc: 0,
      driver: 0,
      device: 0,
      avail: 0,
      used: 0,
      published: 0,
      pending: false,
    })),
  };
}
