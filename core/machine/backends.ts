import type { AudioFormat, AudioSink } from "../backend/audio.ts";
import type { BlockBackend } from "../backend/block.ts";
import type { Chardev, CharReceiver } from "../backend/chardev.ts";
import type { BackendContext, CharBackend, NetBackend } from "../backend/define.ts";
import type { NetPort, NetReceiver } from "../backend/net.ts";
import { mistakeOf, PluginError } from "../plugin/error.ts";
import { backendLacks } from "../plugin/shape.ts";
import type { PluginHost, PluginOf } from "../plugin/load.ts";
import { validateProperties } from "../plugin/validate.ts";

/** A back end to open: the plugin's name, and its properties as texts or values. */
export interface BackendSpec {
  /** Name of the plugin. */
  readonly type: string;
  /** Values of its properties, as texts or what they stand for. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** A back end that hears all that goes through a network, as its card sends and gets it: a recorder. */
export interface ListenerSpec {
  /** Id of the network. */
  readonly netdev: string;
  /** The recorder. */
  readonly spec: BackendSpec;
}

/** An open block back end. */
export type OpenBlock = BlockBackend & { close(): void | Promise<void> };
/** An open audio back end. */
export type OpenAudio = { open(format: AudioFormat): AudioSink; close(): void | Promise<void> };

/** The back ends of a machine to be, by id: descriptions to open, or open ones of the caller's. */
export interface BackendSetup {
  /** Character channels: "serial0" and whatever devices name. */
  readonly chardevs?: Readonly<Record<string, BackendSpec | CharBackend>>;
  /** Disk images: "sd0", "pflash0" and whatever devices name. */
  readonly blocks?: Readonly<Record<string, BackendSpec | OpenBlock>>;
  /** Networks: "net0" and whatever devices name. */
  readonly netdevs?: Readonly<Record<string, BackendSpec | NetBackend>>;
  /** Sound: "audio0" and whatever devices name. */
  readonly audios?: Readonly<Record<string, BackendSpec | OpenAudio>>;
  /** Recorders of networks. */
  readonly listeners?: readonly ListenerSpec[];
}

/** Open back ends, by id. */
export interface Backends {
  readonly chardevs: Map<string, CharBackend>;
  readonly blocks: Map<string, OpenBlock>;
  readonly netdevs: Map<string, NetBackend>;
  readonly audios: Map<string, OpenAudio>;
  /** Channels that networks have taken, by id. */
  readonly taken: Set<string>;
}

type BackendKind = "chardev" | "block" | "netdev" | "audio";
type Surroundings = Omit<BackendContext<unknown>, "id" | "properties">;

/** What the machine has for a back end. */
export type BackendSurroundings = Omit<Surroundings, "chardev">;

/** The plugins that opening them will need. */
export function backendPlugins(setup: BackendSetup): (readonly [kind: BackendKind, name: string])[] {
  const kinds = [
    ["block", setup.blocks],
    ["chardev", setup.chardevs],
    ["netdev", withDefaultNetwork(setup)],
    ["audio", setup.audios],
  ] as const;
  return kinds.flatMap(([kind, specs]) =>
    Object.values(specs ?? {}).flatMap((spec) => "close" in spec ? [] : [[kind, spec.type] as const])
  );
}

/** Opens what a setup describes. If one fails those opened before are closed. */
export async function openBackends(
  setup: BackendSetup,
  { plugins, surroundings: given }: {
    readonly plugins: PluginHost;
    readonly surroundings: BackendSurroundings;
  },
): Promise<Backends> {
  const surroundings = { ...given, chardev: (id: string) => takeChannel(backends, id) };
  const backends: Backends = {
    chardevs: new Map(),
    blocks: new Map(),
    netdevs: new Map(),
    audios: new Map(),
    taken: new Set(),
  };
  const open = async <K extends BackendKind, T extends { close(): void | Promise<void> }>(
    kind: K,
    specs: Readonly<Record<string, BackendSpec | T>> | undefined,
    into: Map<string, T>,
  ) => {
    for (const [id, spec] of Object.entries(specs ?? {})) {
      into.set(id, "close" in spec ? spec : await openOne(plugins, kind, { id, spec, surroundings }) as T);
    }
  };
  try {
    await open("block", setup.blocks, backends.blocks);
    await open("chardev", setup.chardevs, backends.chardevs);
    await open("netdev", withDefaultNetwork(setup), backends.netdevs);
    for (const { netdev: id, spec } of setup.listeners ?? []) {
      const heard = backends.netdevs.get(id);
      if (!heard) throw new Error(`Cannot listen to network "${id}": there is none of that id`);
      const listener = await openOne(plugins, "netdev", { id, spec, surroundings }) as NetBackend;
      backends.netdevs.set(id, overheard(heard, listener));
    }
    await open("audio", setup.audios, backends.audios);
    linkNetworks(setup, backends);
    return backends;
  } catch (error) {
    await closeBackends(backends);
    throw error;
  }
}

/** A channel for a network; channels are opened before networks. */
function takeChannel({ chardevs, taken }: Backends, id: string): CharBackend {
  const channel = chardevs.get(id);
  if (!channel) throw new Error(`there is no chardev "${id}"; add it with --chardev …,id=${id}`);
  if (taken.has(id)) throw new Error(`two networks use chardev "${id}"`);
  taken.add(id);
  return channel;
}

/** The network "net0" that boards name is a hub that nothing else is plugged into, unless the user says more. */
function withDefaultNetwork({ netdevs = {} }: BackendSetup): NonNullable<BackendSetup["netdevs"]> {
  return netdevs.net0 ? netdevs : { ...netdevs, net0: { type: "hub", properties: { hub: PRIVATE_HUB } } };
}

/** A network as the receiver of another, which waits while it has no room. */
function receiverOf(network: NetBackend): NetReceiver {
  return {
    receive: (frame) => network.send(frame),
    canReceive: () => network.canSend?.() ?? true,
    roomAgain: () => network.ready(),
  };
}

/** A network with somebody who hears everything. Large segments are cut, so that they are heard as frames. */
function overheard(backend: NetBackend, listener: NetBackend): NetBackend {
  return {
    send(frame) {
      listener.send(frame);
      backend.send(frame);
    },
    connect: (receiver) =>
      backend.connect({
        receive(frame) {
          listener.send(frame);
          receiver.receive(frame);
        },
        canReceive: () => receiver.canReceive(),
        roomAgain: () => receiver.roomAgain?.(),
      }),
    canSend: () => backend.canSend?.() ?? true,
    ready: () => backend.ready(),
    async close() {
      try {
        await backend.close();
      } finally {
        await listener.close();
      }
    },
  };
}

/** A hub of its own for each port. */
const PRIVATE_HUB = "";

/** Plugs back ends into each other where a property `netdev` asks for it. */
function linkNetworks({ netdevs = {} }: BackendSetup, { netdevs: open }: Backends): void {
  for (const [id, spec] of Object.entries(netdevs)) {
    const other = "close" in spec ? undefined : spec.properties?.netdev;
    if (other === undefined) continue;
    const a = open.get(id)!, b = open.get(String(other));
    if (!b || a === b) {
      throw new PluginError(`netdev "${(spec as BackendSpec).type}" (${id})`, {
        field: `property "netdev"`,
        problem: `there is no other network back end "${other}"`,
        mend: "add it with --netdev TYPE,id=…",
      });
    }
    a.connect(receiverOf(b));
    b.connect(receiverOf(a));
  }
}

async function openOne(
  plugins: PluginHost,
  kind: BackendKind,
  { id, spec, surroundings }: { id: string; spec: BackendSpec; surroundings: Surroundings },
): Promise<unknown> {
  const { manifest } = await plugins.get(kind, spec.type);
  const who = `${kind} "${spec.type}" (${id})`;
  const properties = await validateProperties(spec.properties ?? {}, { who, manifest });
  const plugin: PluginOf[BackendKind] = await plugins.load(kind, spec.type);
  let backend: unknown;
  try {
    backend = await plugin.create({ ...surroundings, id, properties });
  } catch (error) {
    throw new PluginError(who, { problem: mistakeOf(error) });
  }
  const lacks = backendLacks(kind, backend);
  if (lacks === undefined) return backend;
  throw new PluginError(who, {
    field: "create",
    problem: `what it gives has no ${lacks}`,
    mend: "return an object with it",
  });
}

/** Closes everything, the last opened first; gives what went wrong. */
export async function closeBackends(backends: Backends): Promise<string[]> {
  const { chardevs, blocks, netdevs, audios } = backends;
  const failed: string[] = [];
  const all = [...blocks, ...chardevs, ...netdevs, ...audios].reverse();
  for (const [id, backend] of all) {
    try {
      await backend.close();
    } catch (error) {
      failed.push(`Cannot complete "${id}": ${mistakeOf(error)}`);
    }
  }
  return failed;
}

const BATCH = 4096;

/** A device's end of a channel. */
export interface ChardevEnd extends Chardev {
  /** Passes on what the guest has sent so far. */
  flush(): void;
  /** From here on the guest gets what comes in; before, a reset of the board would throw it away. */
  start(): void;
}

/** A back end as a device sees it. What the guest sends within a slice goes out in one piece. */
export function chardevOf(
  backend: CharBackend,
  hold: (until: Promise<unknown>) => void,
): ChardevEnd {
  const batch = new Uint8Array(BATCH);
  let used = 0;
  let started = false, receiver: CharReceiver | undefined;
  const pass = (bytes: Uint8Array) => {
    backend.send(bytes);
    const until = backend.congested?.();
    if (until) hold(until);
  };
  const flush = () => {
    if (used === 0) return;
    const bytes = batch.slice(0, used);
    used = 0;
    pass(bytes);
  };
  return {
    flush,
    start() {
      started = true;
      if (receiver) backend.connect(receiver);
    },
    sendByte(byte) {
      if (used === 0) queueMicrotask(flush);
      batch[used++] = byte;
      if (used === BATCH) flush();
    },
    send(bytes) {
      flush();
      pass(bytes.slice());
    },
    connect(to) {
      receiver = to;
      if (started) backend.connect(to);
    },
    ready: () => backend.ready(),
  };
}

/** A channel that discards, and from which nothing comes. */
export const NOTHING: Chardev = { send() {}, sendByte() {}, connect() {}, ready() {} };

/** A NIC's plug, which is put in when the machine is complete: a back end may ask at once whether it can receive. */
export interface NetPortEnd extends NetPort {
  start(): void;
  /** Pulls the cable out, or puts it in again. What comes meanwhile, either way, is lost. */
  setLink(up: boolean): void;
}

/** A NIC's plug in a back end; without one the cable is out. */
export function portOf(backend: NetBackend | undefined, receiver: NetReceiver): NetPortEnd {
  let up = true;
  const end: NetReceiver = {
    receive(frame) {
      if (up) receiver.receive(frame);
    },
    canReceive: () => !up || receiver.canReceive(),
    ...receiver.receiveLarge && receiver.takesLarge && {
      takesLarge: () => receiver.takesLarge!(),
      receiveLarge(segment: Uint8Array, size: number) {
        if (up) receiver.receiveLarge!(segment, size);
      },
    },
  };
  return {
    start: () => backend?.connect(end),
    send(frame) {
      if (up) backend?.send(frame);
    },
    ...backend?.sendLarge && {
      sendLarge(segment: Uint8Array) {
        if (up) backend.sendLarge!(segment);
      },
    },
    ready: () => backend?.ready(),
    get linkUp() {
      return up && backend !== undefined;
    },
    setLink(on) {
      if (on === up) return;
      up = on;
      receiver.linkChanged?.();
      if (on) backend?.ready();
    },
  };
}

/** Plays into nothing. */
export const SILENCE: AudioSink = { format() {}, play() {} };
