import type { Manifest, PropertiesOf } from "../plugin/manifest.ts";
import type { AudioFormat, AudioSink } from "./audio.ts";
import type { BlockBackend } from "./block.ts";
import type { CharReceiver } from "./chardev.ts";
import type { NetReceiver } from "./net.ts";
import type { Clock } from "../loop/clock.ts";

/** What a back end gets of the machine. */
export interface BackendContext<P> {
  /** The id the user gave it. */
  readonly id: string;
  /** The user's properties, validated and complete. */
  readonly properties: P;
  /** The machine's virtual time. */
  readonly clock: Clock;
  /** One line on the emulator's standard error. */
  warn(message: string): void;
  /** Asks for a reset or the end of the machine. */
  request(what: "reset" | "power-off" | "quit"): void;
  /**
   * For networks: takes a character channel, whose only user the network is from then on; the machine closes it. Throws
   * if there is none of that id, or somebody else has it.
   */
  chardev?(id: string): CharBackend;
}

/** The far side of a character channel: a terminal, a file, a socket. */
export interface CharBackend {
  /** Bytes from the guest. Never blocks; what cannot be written yet is kept, within a bound. */
  send(bytes: Uint8Array): void;
  /** Sets the guest's side; the back end calls `receive` only within `room()`. */
  connect(receiver: CharReceiver): void;
  /** `room()` of the guest's side has grown. */
  ready(): void;
  /** Settles when what is kept has become less; undefined while there is room. Absent: there always is. */
  congested?(): Promise<void> | undefined;
  /** Restores terminals, closes files. May be called more than once. */
  close(): void | Promise<void>;
}

/** The far side of a network: a port into a hub, a socket, a user-mode stack. */
export interface NetBackend {
  /** A frame from the guest's side; the bytes are only lent. */
  send(frame: Uint8Array): void;
  /**
   * False while a frame sent now would be lost and the sender had better wait, until the receiver's `roomAgain` is
   * called. Absent: never. For networks that are plugged into each other; cards do not ask.
   */
  canSend?(): boolean;
  /** Takes a large segment of TCP, whose checksum nobody needs to check; absent: cards cut them into frames. */
  sendLarge?(segment: Uint8Array): void;
  /** Sets who gets the frames that come from outside. */
  connect(receiver: NetReceiver): void;
  /** `canReceive()` of the guest's side has become true. */
  ready(): void;
  /** Leaves the network and frees what it holds. May be called more than once. */
  close(): void | Promise<void>;
}

/** What back end plugins have in common. */
export interface BackendPlugin<K, P, T> {
  /** Tells it from other kinds of plugin. */
  readonly kind: K;
  /** What `manifest.json` holds. */
  readonly manifest: Manifest;
  /** Opens the back end. Throws with a message that names the property and its value. */
  create(context: BackendContext<P>): T | Promise<T>;
}

/** A character back end plugin's entry. */
export type CharPlugin<P = Record<string, unknown>> = BackendPlugin<"chardev", P, CharBackend>;
/** A network back end plugin's entry. */
export type NetPlugin<P = Record<string, unknown>> = BackendPlugin<"netdev", P, NetBackend>;
/** A block back end plugin's entry: disk images. */
export type BlockPlugin<P = Record<string, unknown>> = BackendPlugin<
  "block",
  P,
  BlockBackend & { close(): void | Promise<void> }
>;
/** An audio back end plugin's entry. */
export type AudioPlugin<P = Record<string, unknown>> = BackendPlugin<
  "audio",
  P,
  { open(format: AudioFormat): AudioSink; close(): void | Promise<void> }
>;

/** Declares a character back end. */
export function defineChardev<const M extends Manifest>(
  manifest: M,
  create: CharPlugin<PropertiesOf<M>>["create"],
): CharPlugin<PropertiesOf<M>> {
  return { kind: "chardev", manifest, create };
}

/** Declares a network back end. */
export function defineNetdev<const M extends Manifest>(
  manifest: M,
  create: NetPlugin<PropertiesOf<M>>["create"],
): NetPlugin<PropertiesOf<M>> {
  return { kind: "netdev", manifest, create };
}

/** Declares a block back end. */
export function defineBlock<const M extends Manifest>(
  manifest: M,
  create: BlockPlugin<PropertiesOf<M>>["create"],
): BlockPlugin<PropertiesOf<M>> {
  return { kind: "block", manifest, create };
}

/** Declares an audio back end. */
export function defineAudio<const M extends Manifest>(
  manifest: M,
  create: AudioPlugin<PropertiesOf<M>>["create"],
): AudioPlugin<PropertiesOf<M>> {
  return { kind: "audio", manifest, create };
}
