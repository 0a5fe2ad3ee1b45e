/**
 * The inside of a sandbox: a worker that holds one plugin, and answers what its machine asks of the devices made of it.
 *
 * @module
 */
import type { CharReceiver } from "../backend/chardev.ts";
import type { NetReceiver } from "../backend/net.ts";
import type { Device, DeviceContext, DevicePlugin } from "../device/device.ts";
import { messageOf, mistakeOf } from "../plugin/error.ts";
import {
  type Answer,
  ASK,
  type Back,
  Channel,
  type Effect,
  type Facts,
  type MadeFacts,
  type Question,
  TURN,
} from "./channel.ts";

/** Looks at whose turn it is before going to sleep: an access is often followed by the next. */
const LOOKS = 2000;

/** A device, and its ends of what its machine gave it. */
interface Inmate {
  readonly device: Device;
  readonly alarms: (() => void)[];
  readonly receivers: Map<string, CharReceiver>;
  readonly nics: Map<string, NetReceiver>;
}

/** What a device is made of that crosses into the sandbox. */
interface Given {
  readonly name: string;
  readonly properties: Record<string, unknown>;
  readonly epoch: number;
  readonly ramSize: number;
}

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data }) => void start(data as { entry: string; memory: SharedArrayBuffer });

async function start({ entry, memory }: { entry: string; memory: SharedArrayBuffer }): Promise<void> {
  let plugin: DevicePlugin;
  try {
    plugin = (await import(entry)).default;
  } catch (error) {
    return scope.postMessage({ failed: messageOf(error) });
  }
  const kind = (plugin as { kind?: unknown } | undefined)?.kind;
  if (kind !== "device") return scope.postMessage({ failed: "the default export is no device plugin" });
  if (plugin.hosts !== undefined || plugin.manifest.bus !== undefined) {
    return scope.postMessage({ failed: "a device on or behind a bus cannot be in a sandbox" });
  }
  const { size, compatible, outputs = [], inputs = [], state } = plugin;
  const facts: Facts = {
    size: typeof size === "number" ? size : undefined,
    ...compatible !== undefined && { compatible },
    outputs,
    inputs,
    version: state?.version ?? 1,
  };
  const channel = new Channel(memory), host = new Host(plugin, channel);
  scope.onmessage = ({ data }) => void host.later(data);
  scope.postMessage({ facts });
  for (;;) {
    for (let n = 0; n < LOOKS && channel.turn !== TURN.asked; n++);
    const { turn } = channel;
    if (turn === TURN.asked) host.answer();
    else await channel.waitAsync(turn);
  }
}

class Host {
  readonly #plugin: DevicePlugin;
  readonly #channel: Channel;
  readonly #inmates = new Map<number, Inmate>();
  #effects: Effect[] = [];
  #asked = false;

  constructor(plugin: DevicePlugin, channel: Channel) {
    this.#plugin = plugin;
    this.#channel = channel;
  }

  /** Answers what is asked now. */
  answer(): void {
    const channel = this.#channel, { op, instance } = channel;
    this.#asked = true;
    let answer: Answer | undefined;
    try {
      const device = this.#inmates.get(instance)?.device;
      if (op === ASK.read) channel.value = device!.read(channel.offset, channel.size);
      else if (op === ASK.write) device!.write(channel.offset, channel.size, channel.value);
      else answer = { result: this.#answerData(instance, channel.take() as Question) };
    } catch (error) {
      answer = { error: mistakeOf(error) };
    }
    this.#asked = false;
    const effects = this.#effects;
    if (effects.length > 0) {
      this.#effects = [];
      answer = { ...answer, effects };
    }
    if (answer === undefined) channel.putNothing();
    else {
      try {
        channel.put(answer);
      } catch (error) {
        channel.put({ error: messageOf(error) });
      }
    }
    channel.pass(TURN.answered);
  }

  /** Does what takes its time, and says when it is done. */
  async later({ what, instance, number }: { what: "ready" | "dispose"; instance: number; number: number }) {
    let error: string | undefined;
    try {
      await this.#inmates.get(instance)?.device[what]?.();
    } catch (thrown) {
      error = mistakeOf(thrown);
    }
    scope.postMessage({ done: number, error });
  }

  #answerData(instance: number, { what, given }: Question): unknown {
    if (what === "size") return (this.#plugin.size as (properties: unknown) => number)(given);
    if (what === "create") return this.#create(instance, given as Given);
    if (what === "migrate") {
      const { state, from } = given as { state: object; from: number };
      return this.#plugin.state!.migrate(state, from);
    }
    const { device, alarms, receivers, nics } = this.#inmates.get(instance)!;
    switch (what) {
      case "reset":
        return device.reset(given as "cold" | "warm");
      case "snapshot":
        return device.snapshot();
      case "restore":
        return device.restore(given as object);
      case "registerName":
        return device.registerName?.(given as number);
      case "input": {
        const [line, level] = given as [string, boolean];
        return device.inputs![line](level);
      }
      case "alarm":
        return alarms[given as number]();
      case "room":
        return receivers.get(given as string)?.room() ?? 0;
      case "receive": {
        const [id, bytes] = given as [string, Uint8Array];
        return receivers.get(id)?.receive(bytes);
      }
      case "break":
        return receivers.get(given as string)?.break?.();
      case "canReceive":
        return nics.get(given as string)?.canReceive() ?? false;
      case "frame": {
        const [id, bytes] = given as [string, Uint8Array];
        return nics.get(id)?.receive(bytes);
      }
      default:
        throw new Error(`Cannot answer "${what}"`);
    }
  }

  #create(instance: number, given: Given): MadeFacts {
    const inmate = { alarms: [], receivers: new Map(), nics: new Map() };
    const device = this.#plugin.create(this.#context(instance, given, inmate));
    this.#inmates.set(instance, { ...inmate, device });
    return {
      inputs: Object.keys(device.inputs ?? {}),
      registers: device.registers,
      ready: device.ready !== undefined,
      dispose: device.dispose !== undefined,
    };
  }

  #context(
    instance: number,
    { name, properties, epoch, ramSize }: Given,
    { alarms, receivers, nics }: Omit<Inmate, "device">,
  ): DeviceContext {
    const channel = this.#channel, does = (effect: Effect) => this.#does(instance, effect);
    const never = (what: string) => () => {
      throw new Error(`a device in a sandbox has no ${what}`);
    };
    return {
      name,
      properties,
      out: Object.fromEntries((this.#plugin.outputs ?? []).map((line) => {
        let level = false;
        return [line, (next: boolean) => {
          if (level === next) return;
          level = next;
          does(["out", line, next]);
        }];
      })),
      clock: {
        epoch,
        now: () => channel.now,
        alarm(fire) {
          let set = Infinity;
          const number = alarms.push(() => {
            set = Infinity;
            fire();
          }) - 1;
          return {
            at(deadline) {
              if (set === deadline) return;
              set = deadline;
              does(["alarm", number, deadline]);
            },
          };
        },
      },
      // Events of its own stay undefined: nobody can ask for them from outside. Those of every device are made there.
      trace: {},
      log: {
        guestError: (message) => does(["guestError", String(message)]),
        unimplemented: (message) => does(["unimplemented", String(message)]),
      },
      dma: {
        read: (address, into) => {
          const found = this.#back({ what: "dmaRead", instance, address, length: into.length });
          const { bytes, good } = found as { bytes: Uint8Array; good: boolean };
          into.set(bytes);
          return good;
        },
        write: (address, from) =>
          this.#back({ what: "dmaWrite", instance, address, bytes: from.slice() }) as boolean,
      },
      chardev(id = "null") {
        does(["chardev", id]);
        return {
          send: (bytes) => does(["send", id, bytes.slice()]),
          sendByte: (byte) => does(["send", id, Uint8Array.of(byte)]),
          connect: (receiver) => void receivers.set(id, receiver),
          ready: () => does(["ready", id]),
        };
      },
      network(id = "null", receiver) {
        nics.set(id, receiver);
        does(["network", id]);
        return {
          send: (frame) => does(["frame", id, frame.slice()]),
          ready: () => does(["frameReady", id]),
          linkUp: true,
        };
      },
      machine: { ramSize },
      request: (what) => does(["request", what]),
      input: { listen: never("input events") },
      block: never("disks"),
      audio: never("sound"),
      display: never("display"),
      child: never("bus"),
      children: never("bus"),
      backing: never("memory of its own"),
    };
  }

  /** While it is asked something a device's deeds go with the answer; at other times, by themselves. */
  #does(instance: number, effect: Effect): void {
    if (this.#asked) this.#effects.push(effect);
    else scope.postMessage({ effect, instance });
  }

  #back(question: Back): unknown {
    const channel = this.#channel;
    if (!this.#asked) throw new Error("Cannot access memory here: only in answer to the machine");
    channel.put(question);
    channel.pass(TURN.askedBack);
    while (channel.turn === TURN.askedBack) channel.wait(TURN.askedBack);
    return channel.take();
  }
}
