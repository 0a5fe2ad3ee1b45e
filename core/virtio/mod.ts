/**
 * Virtio 1.2 devices over MMIO, for device plugins: split virtqueues and the register window. A device brings its
 * features, its configuration space and what to do with a chain of buffers.
 *
 * The constraint is that rings and buffers are the guest's memory, which it may change at any time and fill with
 * anything. So a chain is walked once, within a bound, and copied into plain data; what makes no sense marks the
 * device as in need of a reset, and nothing is looked at until the driver has reset it. A kick costs no more than a
 * named budget; what is left is done on the next turn of the loop.
 *
 * Source: OASIS, Virtual I/O Device (VIRTIO) Version 1.2; chapter numbers in this folder are its.
 *
 * @module
 */
export { VIRTIO_F, VIRTIO_REG, VIRTIO_STATUS, VIRTQ_DESC } from "./constants.ts";
export { type VirtioState, virtioState, type VirtqueueState } from "./state.ts";
export { type Chain, type Segment } from "./chain.ts";
export { type Virtqueue } from "./virtqueue.ts";
export { KICK_BUDGET, type Virtio, virtioMmio, type VirtioOptions, type VirtioQueue } from "./mmio.ts";
export { type UsedBuffer, type VirtioDriver, virtioDriver, type VirtioDriverOptions } from "./testing.ts";
