import type { AudioFormat, AudioSink } from "../backend/audio.ts";
import type { BlockBackend } from "../backend/block.ts";
import type { CharReceiver } from "../backend/chardev.ts";
import type { DisplaySource } from "../backend/display.ts";
import type { InputEvent } from "../backend/input.ts";
import type { NetReceiver } from "../backend/net.ts";
import type { Device, DevicePlugin } from "../device/device.ts";
import { type TraceTable, traceText } from "../device/trace.ts";
import { VirtualClock } from "../loop/clock.ts";

/** What a test may put around a device. */
export interface RigOptions {
  /** Property values; those not given have their default. */
  readonly properties?: Record<string, unknown>;
  /** Guest RAM at address 0 for the device's DMA, in bytes. Default 64 KiB. */
  readonly ramSize?: number;
  /** The disk image that the device finds. */
  readonly block?: BlockBackend;
  /** What sits on the device's bus. */
  readonly child?: unknown;
  /** What sits on the device's bus, where that takes several: what their `bus` is, by name. */
  readonly children?: Readonly<Record<string, unknown>>;
  /** Wall-clock time at virtual time 0, in nanoseconds. */
  readonly epoch?: number;
  /** The network takes large segments; they are among the frames. */
  readonly takesLarge?: boolean;
}

/** A device with fakes on all its wires. */
export interface DeviceRig {
  /** The device itself: what the test reads and writes. */
  readonly device: Device;
  /** Levels of the output lines. */
  readonly lines: Record<string, boolean>;
  /** Moves virtual time on by so many nanoseconds, firing timers on their way. */
  advance(nanoseconds: number): void;
  /** Bytes sent to the character back end. */
  readonly sent: number[];
  /** The device's end of its character channel. */
  readonly receiver: CharReceiver | undefined;
  /** Gives the device bytes as its character back end does: as many as there is room for; returns how many. */
  type(bytes: ArrayLike<number>): number;
  /** Guest memory from address 0 on. */
  readonly ram: Uint8Array;
  /** Frames sent to the network. */
  readonly frames: Uint8Array[];
  /** The NIC's receiving end. */
  readonly nic: NetReceiver | undefined;
  /** Samples played, with the format they were played in. */
  readonly played: { format: AudioFormat; samples: Int16Array }[];
  /** What the device has given for a display. */
  readonly display: DisplaySource | undefined;
  /** Does what a user does with keyboard and mouse. */
  input(event: InputEvent): void;
  /** Lines logged, "guest: …" or "unimp: …". */
  readonly log: string[];
  /** "reset", "power-off". */
  readonly requests: string[];
  /** The device's own trace events, as lines: "sent byte=0x41". */
  readonly traced: string[];
  /** The backing memory, if the device asked for one; whether reads go to it; and the changes it was told of. */
  readonly backing: RigBacking | undefined;
}

/** Memory behind a device's window. */
export interface RigBacking {
  /** What the device reads and writes. */
  readonly bytes: Uint8Array;
  /** Whether guest reads see `bytes`, and not the device. */
  direct: boolean;
  /** Offset and length of each change. */
  readonly changes: (readonly [number, number])[];
}

/** Puts a device among fakes. For a device's own tests, here and in foreign plugins. */
// deno-lint-ignore no-explicit-any
export function deviceRig(plugin: DevicePlugin<any, any, any>, options: RigOptions = {}): DeviceRig {
  let now = 0;
  const clock = new VirtualClock(() => now, { epoch: options.epoch ?? 0 });
  const ram = new Uint8Array(options.ramSize ?? 0x1_0000);
  const lines: Record<string, boolean> = {};
  const sent: number[] = [];
  const frames: Uint8Array[] = [];
  const played: { format: AudioFormat; samples: Int16Array }[] = [];
  const log: string[] = [];
  const requests: string[] = [];
  const traced: string[] = [];
  const listeners: ((event: InputEvent) => void)[] = [];
  let receiver: CharReceiver | undefined;
  let nic: NetReceiver | undefined;
  let display: DisplaySource | undefined;
  let backing: RigBacking | undefined;
  const defaults = Object.entries(plugin.manifest.properties ?? {})
    .filter(([, schema]) => "default" in schema).map(([name, schema]) => [name, schema.default]);
  const outputs: readonly string[] = plugin.outputs ?? [];

  const device = plugin.create({
    name: plugin.manifest.name,
    properties: { ...Object.fromEntries(defaults), ...options.properties },
    out: Object.fromEntries(outputs.map((name) => {
      lines[name] = false;
      return [name, (level: boolean) => void (lines[name] = level)];
    })),
    clock,
    trace: Object.fromEntries(
      Object.entries((plugin.traces ?? {}) as TraceTable).map(([event, types]) => [
        event,
        (values: Readonly<Record<string, unknown>>) =>
          void traced.push(`${event} ${traceText(types, values)}`),
      ]),
    ),
    log: {
      guestError: (message) => void log.push(`guest: ${message}`),
      unimplemented: (message) => void log.push(`unimp: ${message}`),
    },
    dma: {
      read(address, into) {
        const inside = address >= 0 && address + into.length <= ram.length;
        into.set(inside ? ram.subarray(address, address + into.length) : new Uint8Array(into.length));
        return inside;
      },
      write(address, from) {
        const inside = address >= 0 && address + from.length <= ram.length;
        if (inside) ram.set(from, address);
        return inside;
      },
    },
    input: { listen: (listener) => void listeners.push(listener) },
    chardev: () => ({
      send: (bytes) => void sent.push(...bytes),
      sendByte: (byte) => void sent.push(byte),
      connect: (end) => void (receiver = end),
      ready: () => {},
    }),
    block: () => options.block,
    network(_id, end) {
      nic = end;
      return {
        send: (frame) => void frames.push(frame.slice()),
        ...options.takesLarge && { sendLarge: (segment: Uint8Array) => void frames.push(segment.slice()) },
        ready: () => {},
        linkUp: true,
      };
    },
    audio(_id, first): AudioSink {
      let format = first;
      return {
        format: (next) => void (format = next),
        play: (samples) => void played.push({ format, samples: samples.slice() }),
      };
    },
    display: (source) => void (display = source),
    child: <T>() => options.child as T | undefined,
    children: <T>() =>
      Object.entries(options.children ?? {}).map(([name, device]) => ({ name, device: device as T })),
    backing(size) {
      const memory: RigBacking = { bytes: new Uint8Array(size), direct: true, changes: [] };
      backing = memory;
      return {
        bytes: memory.bytes,
        direct: (on) => void (memory.direct = on),
        changed: (offset, length) => void memory.changes.push([offset, length]),
      };
    },
    machine: { ramSize: ram.length },
    request: (what) => void requests.push(what),
  });

  return {
    device,
    lines,
    sent,
    ram,
    frames,
    played,
    log,
    requests,
    traced,
    get receiver() {
      return receiver;
    },
    get nic() {
      return nic;
    },
    get display() {
      return display;
    },
    get backing() {
      return backing;
    },
    advance(nanoseconds) {
      const end = now + nanoseconds;
      while (clock.next <= end) {
        now = Math.max(now, clock.next);
        clock.run();
      }
      now = end;
    },
    type(bytes) {
      const count = Math.min(receiver?.room() ?? 0, bytes.length);
      if (count > 0) receiver?.receive(Uint8Array.from(bytes).subarray(0, count));
      return count;
    },
    input: (event) => listeners.forEach((listener) => listener(event)),
  };
}
