import type { AudioFormat, AudioSink } from "../backend/audio.ts";
import type { BlockBackend } from "../backend/block.ts";
import type { Chardev } from "../backend/chardev.ts";
import type { DisplaySource } from "../backend/display.ts";
import type { InputEvents } from "../backend/input.ts";
import type { NetPort, NetReceiver } from "../backend/net.ts";
import type { Clock } from "../loop/clock.ts";
import type { Manifest, PropertiesOf } from "../plugin/manifest.ts";
import type { Traces, TraceTable } from "./trace.ts";

/** A wire: drives its other end high (`true`) or low. Driving the level it already has does nothing. */
export type Line = (level: boolean) => void;

/** Whether power was switched on ("cold"), or only the board's reset line went low ("warm": the guest reboots). */
export type ResetKind = "cold" | "warm";

/** Plain data that survives `structuredClone` and JSON (typed arrays included): a device's whole state. */
export type State = object;

/**
 * What a device is to the machine. Accesses are naturally aligned, of 1, 2 or 4 bytes, at an offset inside
 * the window; values are unsigned. Neither `read` nor `write` may throw or block, whatever the guest does.
 */
export interface Device {
  /** What the guest reads, unsigned. */
  read(offset: number, size: number): number;
  /** What the guest writes. `value` is unsigned and as wide as `size`. */
  write(offset: number, size: number, value: number): void;
  /** The name of the register at an offset, for who looks on. */
  registerName?(offset: number): string | undefined;
  /**
   * Back to the power-on state; what is in flight is cancelled. Input lines that are connected are driven again once
   * all devices have been reset, so a device need not keep their levels. `kind` (default "cold") matters to those that
   * a reset line does not reach, or not wholly.
   */
  reset(kind?: ResetKind): void;
  /** A deep copy of the state. */
  snapshot(): State;
  /** Takes a state that `snapshot` gave; lines and timers follow it. */
  restore(state: State): void;
  /** Input lines, by name. */
  readonly inputs?: Readonly<Record<string, Line>>;
  /** The registers of its window, where it is made of such: for lists and traces. */
  readonly registers?: readonly RegisterInfo[];
  /** What a device behind another one offers it; its shape is fixed by the bus (`Ps2Device`, `SdCard`, `I2cTarget` …). */
  readonly bus?: unknown;
  /**
   * What the machine waits for before it first runs, such as content being loaded. A rejection keeps the machine from
   * running; its message is the user's.
   */
  ready?(): Promise<void>;
  /**
   * Ends what must not outlive the machine, and finishes what must, such as content being saved. The back ends are
   * closed afterwards. A rejection's message is the user's.
   */
  dispose?(): void | Promise<void>;
}

/** What there is to know of a register without touching it. */
export interface RegisterInfo {
  /** In the window. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** As the datasheet calls it. */
  readonly name: string;
  /** "-": known, not modelled. */
  readonly access: "rw" | "r" | "w" | "-";
  /** Where they are declared. */
  readonly fields?: readonly FieldInfo[];
}

/** A field of a register. */
export interface FieldInfo {
  /** As the datasheet calls it. */
  readonly name: string;
  /** Number of its highest bit. */
  readonly msb: number;
  /** Number of its lowest bit. */
  readonly lsb: number;
  /** As `BitAccess` explains them. */
  readonly access: "rw" | "r" | "w" | "w1c" | "w1s" | "rc";
}

/** What the guest did wrong, or what we have not built: logged by device name, never thrown. */
export interface DeviceLog {
  /** Shown with `-d guest_errors`. */
  guestError(message: string): void;
  /** Shown with `-d unimp`. */
  unimplemented(message: string): void;
}

/** Guest-physical memory as a bus master sees it. Never throws. */
export interface Dma {
  /** Reads `into.length` bytes at `address`; false (and zeros where nothing answered) on a bus error. */
  read(address: number, into: Uint8Array): boolean;
  /** Writes at `address`; false on a bus error. */
  write(address: number, from: Uint8Array): boolean;
}

/** Memory that answers reads of a device's window directly, at the speed of RAM. */
export interface Backing {
  /** The bytes, for the device itself to read and change. */
  readonly bytes: Uint8Array;
  /** While `true` (the start), guest reads see `bytes`; while `false` they call `read`. Writes always call `write`. */
  direct(on: boolean): void;
  /** Must be called when bytes have changed: what the machine has made of them is dropped, code above all. */
  changed(offset: number, length: number): void;
}

/** A device on the bus of another one. */
export interface Plugged<T> {
  /** Its name on the board, for messages. */
  readonly name: string;
  /** Its `bus`. */
  readonly device: T;
}

/** The bus that a device is the host of. */
export interface BusHost {
  /** The kind of bus: devices fit whose manifest has the same. */
  readonly bus: string;
  /** Whether it takes several devices; otherwise there is room for one. */
  readonly many?: boolean;
}

/** Everything a device gets from its machine: its wires are parameters, it knows neither bus nor board. */
export interface DeviceContext<
  Properties = Record<string, unknown>,
  Out extends string = string,
  Events extends TraceTable = TraceTable,
> {
  /** The instance's name on the board, for messages. */
  readonly name: string;
  /** The properties that the manifest declares, validated, with defaults filled in. */
  readonly properties: Properties;
  /** Output lines; unconnected ones may be driven too. */
  readonly out: Readonly<Record<Out, Line>>;
  /** Virtual time, the only one that a device knows. */
  readonly clock: Clock;
  /** For what the guest does wrong. */
  readonly log: DeviceLog;
  /** The declared trace events: `trace.sent?.({ byte })`. Undefined while nobody asked for one. */
  readonly trace: Traces<Events>;
  /** Access to memory as a bus master. */
  readonly dma: Dma;
  /** What the user does with keyboard and mouse. */
  readonly input: InputEvents;
  /** The character back end of that id; one that discards and never sends if the id is undefined or "null". */
  chardev(id: string | undefined): Chardev;
  /** The block back end of that id, or undefined: no medium. */
  block(id: string | undefined): BlockBackend | undefined;
  /** Plugs a NIC into the network of that id (undefined: into nothing). */
  network(id: string | undefined, receiver: NetReceiver): NetPort;
  /** Plays to the audio back end of that id (undefined: to nothing), at first in this format. */
  audio(id: string | undefined, format: AudioFormat): AudioSink;
  /** Registers a picture that displays and screen dumps show. */
  display(source: DisplaySource): void;
  /** What the device plugged into this one's bus offers, if there is one. */
  child<T>(bus: string): T | undefined;
  /** What the devices plugged into this one's bus offer, in the board's order. */
  children<T>(bus: string): readonly Plugged<T>[];
  /** Makes the window's reads go straight to `size` bytes of memory of its own. */
  backing(size: number): Backing;
  /** Facts of the machine a core module may report. */
  readonly machine: { readonly ramSize: number };
  /** Asks for a reset or the end of the machine; takes effect when the current instruction is done. */
  request(what: "reset" | "power-off"): void;
}

/** The form of a device's state, for what was saved by older versions of its plugin. */
export interface StateFormat {
  /** From 1 on; one more with each change of the state's form. */
  readonly version: number;
  /** Gives the state in this version's form. `state` is a copy, in the form of version `from`, which is older. */
  migrate(state: State, from: number): State;
}

/** What `defineDevice` is given. */
export interface DeviceDefinition<P, Out extends string, Events extends TraceTable> {
  /** Length of the register window in bytes; 0 for a device behind a bus. */
  readonly size: number | ((properties: P) => number);
  /**
   * What a device tree calls it. A device that has such a name, and an output line "irq", gets one of the board's slots
   * and a node of the device tree when a user adds it.
   */
  readonly compatible?: string;
  /** Absent: version 1, and there was none before. */
  readonly state?: StateFormat;
  /** The bus that others plug into. */
  readonly hosts?: BusHost;
  /** Names of the output lines. */
  readonly outputs?: readonly Out[];
  /** Trace events with their arguments; `COMMON_EVENTS` are there without. */
  readonly traces?: Events;
  /** Names of the input lines; `create` must return a handler for each. */
  readonly inputs?: readonly string[];
  /** Makes a device. Throws with a message for the user if the properties make no sense. */
  create(context: DeviceContext<P, Out, Events>): Device;
}

/** A device plugin's entry. */
export interface DevicePlugin<
  P = Record<string, unknown>,
  Out extends string = string,
  Events extends TraceTable = TraceTable,
> extends DeviceDefinition<P, Out, Events> {
  /** Tells it from other kinds of plugin. */
  readonly kind: "device";
  /** What `manifest.json` holds. */
  readonly manifest: Manifest;
}

/** Declares a device plugin. The types of `properties` are read off the imported manifest. */
export function defineDevice<
  const M extends Manifest,
  const Out extends string = never,
  const Events extends TraceTable = Record<never, never>,
>(
  manifest: M,
  definition: DeviceDefinition<PropertiesOf<M>, Out, Events>,
): DevicePlugin<PropertiesOf<M>, Out, Events> {
  return { kind: "device", manifest, ...definition };
}
