import type { CharReceiver } from "../backend/chardev.ts";
import type { Device, DeviceContext, DevicePlugin, RegisterInfo, ResetKind } from "../device/device.ts";
import type { Alarm } from "../loop/clock.ts";
import { messageOf } from "../plugin/error.ts";
import type { Manifest } from "../plugin/manifest.ts";
import {
  type Answer,
  ASK,
  type Back,
  Channel,
  type Effect,
  type Facts,
  type MadeFacts,
  TURN,
} from "./channel.ts";

/** Milliseconds that an answer may take, and that loading and closing may. */
const PATIENCE = 2000, LONG_PATIENCE = 60_000;
/** Looks at whose turn it is before going to sleep. */
const LOOKS = 2000;
const MOST_ALARMS = 64;
/** Most bytes that a device may have transferred at once. */
const MOST_DMA = 1 << 20;

/** What a sandbox is made for. */
export interface SandboxOptions {
  readonly manifest: Manifest;
  /** What is imported. */
  readonly entry: string;
  /** What the user has granted of `manifest.permissions`: "net=example.com", "read=/data". */
  readonly granted: readonly string[];
  /** Told, in a line, why it has been cut off. */
  detached(message: string): void;
}

/** One device's side in the machine. */
interface Instance {
  readonly context: DeviceContext;
  readonly alarms: Alarm[];
  readonly channels: Map<string, ReturnType<DeviceContext["chardev"]>>;
  readonly ports: Map<string, ReturnType<DeviceContext["network"]>>;
}

/**
 * A device plugin in a worker of its own, with no permission but to import its own files, and those granted. All
 * devices made of it share the worker. One that does not answer in time is cut off, and all of them are dead.
 */
export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #worker: Worker;
  readonly #channel = new Channel();
  readonly #instances: Instance[] = [];
  readonly #pending = new Map<number, (error: string | undefined) => void>();
  #facts: Facts | undefined;
  #dead = false;
  #asking = false;
  #asked = 0;
  #live = 0;

  private constructor(options: SandboxOptions) {
    this.#options = options;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: options.manifest.name,
      deno: { permissions: permissionsOf(options) },
    } as WorkerOptions);
  }

  /** Loads a plugin into a sandbox. Rejects with what is wrong with it. */
  static async open(options: SandboxOptions): Promise<Sandbox> {
    const sandbox = new Sandbox(options);
    try {
      await sandbox.#load();
      return sandbox;
    } catch (error) {
      sandbox.close();
      throw error;
    }
  }

  #load(): Promise<void> {
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`loading it takes longer than ${LONG_PATIENCE / 1000} s`)),
        LONG_PATIENCE,
      );
      worker.onerror = (event) => {
        event.preventDefault();
        clearTimeout(timer);
        reject(new Error(event.message));
        this.#cutOff(`failed: ${event.message}`);
      };
      worker.onmessage = ({ data }) => {
        clearTimeout(timer);
        const { failed, facts } = data as { failed?: string; facts?: Facts };
        if (failed !== undefined) return reject(new Error(failed));
        this.#facts = facts;
        worker.onmessage = (event) => this.#heard(event.data);
        resolve();
      };
      worker.postMessage({ entry: this.#options.entry, memory: this.#channel.memory });
    });
  }

  /** The plugin as the machine uses any other. */
  plugin(): DevicePlugin {
    const { size, compatible, outputs, inputs, version } = this.#facts!;
    return {
      kind: "device",
      manifest: this.#options.manifest,
      size: size ?? ((properties) => Number(this.#data(-1, "size", properties))),
      ...compatible !== undefined && { compatible },
      outputs,
      inputs,
      state: {
        version,
        migrate: (state, from) => this.#data(-1, "migrate", { state, from }) as object,
      },
      create: (context) => this.#create(context),
    };
  }

  /** Ends the worker. */
  close(): void {
    this.#dead = true;
    this.#worker.terminate();
    for (const settle of [...this.#pending.values()]) settle(undefined);
    this.#pending.clear();
  }

  #create(context: DeviceContext): Device {
    const id = this.#instances.length;
    this.#instances.push({ context, alarms: [], channels: new Map(), ports: new Map() });
    const { name, properties, clock, machine } = context;
    const given = { name, properties, epoch: clock.epoch, ramSize: machine.ramSize };
    const made = this.#data(id, "create", given) as MadeFacts | undefined;
    if (made === undefined) throw new Error("its sandbox is gone");
    this.#live++;
    const { registers, ready, dispose } = made;
    return {
      read: (offset, size) => this.#access(ASK.read, id, offset, size, 0),
      write: (offset, size, value) => void this.#access(ASK.write, id, offset, size, value),
      registerName: (offset) =>
        (registers as RegisterInfo[] | undefined)?.find((row) =>
          offset >= row.offset && offset < row.offset + row.size
        )?.name,
      reset: (kind: ResetKind = "cold") => void this.#data(id, "reset", kind),
      snapshot: () => (this.#data(id, "snapshot") ?? {}) as object,
      restore: (state) => void this.#data(id, "restore", state),
      inputs: Object.fromEntries(
        made.inputs.map((line) => [line, (level: boolean) => void this.#data(id, "input", [line, level])]),
      ),
      ...registers && { registers: registers as RegisterInfo[] },
      ...ready && { ready: () => this.#later("ready", id) },
      dispose: async () => {
        try {
          if (dispose) await this.#later("dispose", id);
        } finally {
          if (--this.#live === 0) this.close();
        }
      },
    };
  }

  #access(op: number, instance: number, offset: number, size: number, value: number): number {
    if (!this.#begin()) return 0;
    const channel = this.#channel;
    channel.ask(op, instance, offset, size, value, this.#instances[instance].context.clock.now());
    channel.putNothing();
    this.#finish();
    return this.#dead ? 0 : channel.value;
  }

  #data(instance: number, what: string, given?: unknown): unknown {
    if (!this.#begin()) return undefined;
    const channel = this.#channel;
    channel.ask(ASK.data, instance, 0, 0, 0, this.#instances[instance]?.context.clock.now() ?? 0);
    try {
      channel.put({ what, given });
    } catch (error) {
      this.#asking = false;
      throw error;
    }
    return this.#finish()?.result;
  }

  #begin(): boolean {
    if (this.#dead) return false;
    if (this.#asking) {
      throw new Error("Cannot ask a sandbox that is asking itself: its device reached another of its own");
    }
    return this.#asking = true;
  }

  /** Waits for the answer, serves what is asked back meanwhile, and carries out what comes with the answer. */
  #finish(): Answer | undefined {
    const channel = this.#channel, instance = channel.instance;
    const until = performance.now() + PATIENCE;
    let answer: Answer | undefined;
    try {
      for (let turn: number = TURN.asked;;) {
        channel.pass(turn);
        for (let n = 0; n < LOOKS && channel.turn === turn; n++);
        while (channel.turn === turn) {
          const rest = until - performance.now();
          if (rest <= 0 || !channel.wait(turn, rest)) {
            this.#cutOff(`did not answer within ${PATIENCE} ms`);
            return undefined;
          }
        }
        if (channel.turn === TURN.answered) break;
        channel.put(this.#serve(channel.take() as Back));
        turn = TURN.told;
      }
      answer = channel.take() as Answer | undefined;
    } catch (error) {
      this.#cutOff(`does not keep to the rules: ${messageOf(error)}`);
      return undefined;
    } finally {
      this.#asking = false;
    }
    if (answer === undefined) return undefined;
    if (answer.effects !== undefined) {
      for (const effect of answer.effects) {
        this.#carryOut(instance, effect);
      }
    }
    if (answer.error !== undefined) throw new Error(String(answer.error));
    return answer;
  }

  #serve(back: Back): unknown {
    const { context } = this.#instances[back.instance];
    if (back.what === "dmaWrite") return context.dma.write(Number(back.address), back.bytes);
    if (!(back.length >= 0 && back.length <= MOST_DMA)) throw new Error("it reads too much memory at once");
    const bytes = new Uint8Array(back.length);
    return { good: context.dma.read(Number(back.address), bytes), bytes };
  }

  /** Between answers: something is done, or a device does something by itself. */
  #heard(message: { done?: number; error?: string; effect?: Effect; instance?: number }): void {
    if (this.#dead) return;
    if (message.done !== undefined) return this.#pending.get(message.done)?.(message.error);
    try {
      if (message.effect !== undefined) this.#carryOut(message.instance!, message.effect);
    } catch (error) {
      this.#cutOff(`does not keep to the rules: ${messageOf(error)}`);
    }
  }

  #carryOut(id: number, [what, ...given]: Effect): void {
    const instance = this.#instances[id], { context } = instance;
    const [first, second] = given as [never, never];
    switch (what) {
      case "out":
        return context.out[first]?.(second === true);
      case "alarm":
        return this.#alarm(id, Number(first))?.at(Number(second));
      case "guestError":
      case "unimplemented":
        return context.log[what](String(first));
      case "request":
        return context.request(first === "power-off" ? "power-off" : "reset");
      case "chardev":
        return void this.#chardev(id, first);
      case "network":
        return void this.#port(id, first);
      case "send":
        return this.#chardev(id, first).send(bytesOf(second));
      case "ready":
        return this.#chardev(id, first).ready();
      case "frame":
        return this.#port(id, first).send(bytesOf(second));
      case "frameReady":
        return this.#port(id, first).ready();
    }
  }

  #alarm(id: number, number: number): Alarm | undefined {
    const { alarms, context } = this.#instances[id];
    if (!(number >= 0 && number < MOST_ALARMS)) return undefined;
    while (alarms.length <= number) {
      const next = alarms.length;
      alarms.push(context.clock.alarm(() => void this.#data(id, "alarm", next)));
    }
    return alarms[number];
  }

  #chardev(id: number, name: string) {
    const { channels, context } = this.#instances[id];
    let chardev = channels.get(name);
    if (chardev) return chardev;
    channels.set(name, chardev = context.chardev(name));
    const receiver: CharReceiver = {
      room: () => Number(this.#data(id, "room", name) ?? 0),
      receive: (bytes) => void this.#data(id, "receive", [name, bytes.slice()]),
      break: () => void this.#data(id, "break", name),
    };
    chardev.connect(receiver);
    return chardev;
  }

  #port(id: number, name: string) {
    const { ports, context } = this.#instances[id];
    let port = ports.get(name);
    if (port) return port;
    ports.set(
      name,
      port = context.network(name, {
        receive: (frame) => void this.#data(id, "frame", [name, frame.slice()]),
        canReceive: () => this.#data(id, "canReceive", name) === true,
      }),
    );
    return port;
  }

  async #later(what: "ready" | "dispose", instance: number): Promise<void> {
    if (this.#dead) return;
    const number = this.#asked++;
    const error = await new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(() => {
        this.#cutOff(`was not done with "${what}" within ${LONG_PATIENCE / 1000} s`);
        resolve(undefined);
      }, LONG_PATIENCE);
      this.#pending.set(number, (error) => {
        clearTimeout(timer);
        this.#pending.delete(number);
        resolve(error);
      });
      this.#worker.postMessage({ what, instance, number });
    });
    if (error !== undefined) throw new Error(error);
  }

  /** The end of the sandbox: its devices read as 0, and drive nothing. */
  #cutOff(why: string): void {
    if (this.#dead) return;
    this.close();
    for (const { context, alarms } of this.#instances) {
      for (const alarm of alarms) alarm.at(Infinity);
      for (const line of Object.values(context.out)) line(false);
    }
    this.#options.detached(`plugin "${this.#options.manifest.name}" ${why}; it has been detached`);
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error("it sends what are no bytes");
}

/** The right to import its own files and the core's; and what was granted. */
function permissionsOf({ entry, granted }: SandboxOptions): Record<string, unknown> {
  const core = new URL("../../", import.meta.url), own = new URL("./", entry);
  const places = [core, own];
  const read: unknown[] = places.filter(({ protocol }) => protocol === "file:");
  const imported = places.filter(({ protocol }) => protocol !== "file:").map(({ host }) => host);
  const lists: Record<string, string[] | true> = {};
  for (const text of granted) {
    const [name, ...value] = text.split("="), list = lists[name] ?? [];
    lists[name] = value.length === 0 || list === true ? true : [...list, value.join("=")];
  }
  return {
    env: false,
    ffi: false,
    net: false,
    run: false,
    sys: false,
    write: false,
    ...lists,
    read: lists.read === true || [...read, ...lists.read ?? []],
    import: imported.length > 0 ? imported : false,
  };
}
