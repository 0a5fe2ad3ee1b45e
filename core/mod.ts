/**
 * All that a plugin, or a program that uses Emu as a library, may import: `@emu/core`.
 *
 * This is version 1 of the plugin API (`API_VERSION`), the number that a manifest's `api` names; a plugin of another
 * version is refused in a line. Names may be added within a version; before one goes, or means something else, the
 * number grows. What is marked `@internal` is not part of it.
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
  KINDS,
  type Manifest,
  type PropertiesOf,
  type PropertySchema,
  type Widen,
} from "./plugin/manifest.ts";
export { type DeviceRig, deviceRig, type RigBacking, type RigOptions } from "./testing/device_rig.ts";
export { ARITY, Block, printBlock, STRIDE } from "./ir/block.ts";
export {
  Builder,
  type HelperRef,
  type Label,
  type Method,
  type Operand,
  type Operands,
  type PureMethods,
  type PureName,
  type type,
  type Value,
} from "./ir/builder.ts";
export { MEM, memMmu, memSize, OP, type Op, OP_NAMES, type OpName, OPS } from "./ir/ops.ts";
export * from "./float/mod.ts";
export * from "./instrument/api.ts";
export { type AccessKind, type CounterTest } from "./instrument/attachment.ts";
export { type Counter, type Table } from "./instrument/counters.ts";
export { defineInstrument, type Install, type InstrumentPlugin } from "./instrument/define.ts";
export { type DiscontinuityKind } from "./instrument/hook.ts";
export * from "./isa/isa.ts";
export { CPU, type Field, type Layout, stateLayout } from "./isa/state.ts";
export * from "./backend/define.ts";
export * from "./board/board.ts";
export type { BoardData, DeviceData, FdtData, NumberText, Parts } from "./board/data.ts";
export * from "./virtio/mod.ts";
export type { BackendSetup, BackendSpec, ListenerSpec, OpenAudio, OpenBlock } from "./machine/backends.ts";
export type { AddedDevice, CardSetup, DeviceProperties } from "./machine/board_setup.ts";
export type { BootFiles } from "./machine/boot.ts";
export type { MachineSetup } from "./machine/create.ts";
export type { LogSink, MachineOptions, MistakeSink } from "./machine/machine.ts";
export type { TraceRule } from "./machine/tracer.ts";
export type { InstrumentSpec } from "./instrument/instruments.ts";
export {
  createMachine,
  type LibraryMachine,
  type LibrarySetup,
  type RunLimit,
  type SerialPort,
} from "./machine/library.ts";
