/**
 * All that a plugin may import: `@emu/core`.
 *
 * @module
 */
export * from "./backend/audio.ts";
export * from "./backend/block.ts";
export * from "./backend/chardev.ts";
export * from "./backend/display.ts";
export * from "./backend/input.ts";
export * from "./backend/net.ts";
export * from "./bus/i2c.ts";
export * from "./bus/i2c_lines.ts";
export * from "./bus/one_wire.ts";
export * from "./bus/one_wire_rom.ts";
export * from "./bus/ps2.ts";
export * from "./bus/sd.ts";
export * from "./bus/spi.ts";
export * from "./bus/spi_bytes.ts";
export * from "./decode/mod.ts";
export * from "./device/bank.ts";
export * from "./device/device.ts";
export { createImage, type Image, type ImageOptions } from "./device/image.ts";
export * from "./device/registers.ts";
export type { SavedDevice } from "./device/saved_state.ts";
export {
  COMMON_EVENTS,
  type Traces,
  type TraceTable,
  type TraceType,
  type TraceValue,
} from "./device/trace.ts";
export { type Alarm, type Clock, NEVER } from "./loop/clock.ts";
export {
  API_VERSION,
  type Kind,
  type Manifest,
  type PropertiesOf,
  type PropertySchema,
} from "./plugin/manifest.ts";
export { type DeviceRig, deviceRig, type RigOptions } from "./testing/device_rig.ts";
export { ARITY, Block, printBlock, STRIDE } from "./ir/block.ts";
export { Builder, type HelperRef, type Label, type Value } from "./ir/builder.ts";
export { MEM, memMmu, memSize, OP, OP_NAMES, type OpName, OPS } from "./ir/ops.ts";
export * from "./float/mod.ts";
export * from "./instrument/api.ts";
export { type AccessKind, type CounterTest } from "./instrument/attachment.ts";
export { type Counter, type Table } from "./instrument/counters.ts";
export { defineInstrument, type InstrumentPlugin } from "./instrument/define.ts";
export { type DiscontinuityKind } from "./instrument/hook.ts";
export * from "./isa/isa.ts";
export { CPU, type Field, stateLayout } from "./isa/state.ts";
export * from "./backend/define.ts";
export * from "./board/board.ts";
export type { BoardData, DeviceData, NumberText, Parts } from "./board/data.ts";
export * from "./virtio/mod.ts";
export {
  createMachine,
  type LibraryMachine,
  type LibrarySetup,
  type RunLimit,
  type SerialPort,
} from "./machine/library.ts";
