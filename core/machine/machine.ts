import type { AudioFormat, AudioSink } from "../backend/audio.ts";
import type { BlockBackend } from "../backend/block.ts";
import type { Chardev } from "../backend/chardev.ts";
import type { DisplaySource } from "../backend/display.ts";
import type { InputEvent } from "../backend/input.ts";
import type { NetPort, NetReceiver } from "../backend/net.ts";
import type { Board, BoardDevice } from "../board/board.ts";
import { pluggedInto } from "../board/paths.ts";
import type { Device, DeviceContext, DeviceLog, DevicePlugin, Line, ResetKind } from "../device/device.ts";
import { COMMON_EVENTS } from "../device/trace.ts";
import { checkSaved, type SavedDevice, saveDevice } from "../device/saved_state.ts";
import type { IsaPlugin, Semihosting } from "../isa/isa.ts";
import { MainLoop } from "../loop/main_loop.ts";
import { AddressSpace } from "../memory/address_space.ts";
import { GuestMemory } from "../memory/guest_memory.ts";
import { IoTarget } from "../memory/io_target.ts";
import { mistakeOf } from "../plugin/error.ts";
import { SLOT_AREA } from "../tier/wasm/compiler.ts";
import type { Tb } from "../translator/tb.ts";
import { type TakenException, VCpu } from "../vcpu/vcpu.ts";
import { Wiring } from "./lines.ts";
import { Tracer, type TraceRule } from "./tracer.ts";
import { type MachineSnapshot, restoreSnapshot, takeSnapshot } from "./snapshot.ts";
import { type MachineStats, machineStats } from "./stats.ts";

/** Room in machine memory beside the guest's own: vCPU blocks, jump slots, flash chips. Untouched pages cost nothing. */
const EXTRA_MEMORY = SLOT_AREA + (256 << 20);

/** Takes complaints about the guest; `device` is its name on the board, or "cpu". */
export type LogSink = (kind: "guest_errors" | "unimp", device: string, message: string) => void;
/** Takes mistakes in a plugin's code. */
export type MistakeSink = (device: string, error: unknown) => void;

/** What a machine needs from outside the core. */
export interface MachineParts {
  readonly isa: IsaPlugin<unknown>;
  /** Device plugins, by name, with their validated properties for each device of the board, by path. */
  device(name: string): DevicePlugin;
  properties(path: string, device: BoardDevice): Record<string, unknown>;
  chardev(id: string | undefined): Chardev;
  block(id: string | undefined): BlockBackend | undefined;
  network(id: string | undefined, receiver: NetReceiver): NetPort & { setLink(up: boolean): void };
  audio(id: string | undefined, format: AudioFormat): AudioSink;
  /** Complaints about the guest; `device` is "cpu" for the vCPU's own. */
  log(kind: "guest_errors" | "unimp", device: string, message: string): void;
  /** Trace events; absent: none. */
  readonly traces?: readonly TraceRule[];
  /** A mistake in a plugin's code. */
  report(device: string, error: unknown): void;
}

/** How a machine runs. */
export interface MachineOptions {
  /** Compile guest code ("jit", the default), or interpret it. */
  readonly accel?: "interp" | "jit";
  /** Virtual time by instructions: 2^icount nanoseconds each. Absent: the host's time. */
  readonly icount?: number | undefined;
  /** Wall-clock time at start, in nanoseconds since 1970; default now. */
  readonly epoch?: number | undefined;
  /** Serves the guest's semihosting calls; absent: there are none. */
  readonly semihosting?: Semihosting | undefined;
  /** End instead of resetting. */
  readonly noReboot?: boolean;
  /** Blocks that may be translated before all are dropped; for tests of that. */
  readonly tbLimit?: number | undefined;
  /**
   * Sees each block as it is translated.
   *
   * @internal
   */
  readonly onTranslate?: ((tb: Tb) => void) | undefined;
  /**
   * Sees each exception and interrupt that the vCPU takes.
   *
   * @internal
   */
  readonly onException?: ((event: TakenException) => void) | undefined;
}

/** A blob for guest-physical memory, written at every reset. */
export interface BootImage {
  readonly blobs: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  readonly registers: Readonly<Record<string, number>>;
}

/** Memory or a device's window, as aliases see it. */
interface Place {
  readonly host?: number;
  readonly target?: IoTarget;
  readonly size: number;
  readonly writable: boolean;
  readonly views: ((on: boolean) => void)[];
}

/** A board brought to life: memory, devices, wires, vCPU, loop. */
export class Machine {
  readonly board: Board;
  readonly memory: GuestMemory;
  readonly space: AddressSpace;
  readonly loop: MainLoop;
  readonly cpu: VCpu;
  readonly isa: IsaPlugin<unknown>;
  readonly devices = new Map<string, { readonly plugin: DevicePlugin; readonly device: Device }>();
  readonly displays: DisplaySource[] = [];
  /** Exit status, once the machine has ended. */
  status = 0;
  /** Sees what devices transfer by themselves: who, where (physical), how much, whether to memory. */
  onDma: ((device: string, address: number, length: number, write: boolean) => void) | undefined;
  /** Called when a snapshot has been restored. */
  onRestore: () => void = () => {};
  readonly #parts: MachineParts;
  readonly #options: MachineOptions;
  readonly #wiring = new Wiring();
  readonly #tracer: Tracer;
  readonly #onReset: ((kind: ResetKind) => void)[] = [];
  /** Network cards' cables, by the card's path and by the network's id. */
  readonly #cables = new Map<string, { setLink(up: boolean): void }>();
  readonly #memories = new Map<string, { readonly host: number; readonly size: number }>();
  readonly #listeners: ((event: InputEvent) => void)[] = [];
  #boot: BootImage | undefined;
  #ready: Promise<void> | undefined;
  #requested: "reset" | undefined;
  #waiting: (() => void)[] = [];

  /** Builds the machine; throws with a line that begins "Cannot build" if the board does not make sense. */
  constructor(board: Board, parts: MachineParts, options: MachineOptions = {}) {
    this.board = board;
    this.#parts = parts;
    this.#options = options;
    this.isa = parts.isa;
    const ram = Object.values(board.memory).reduce((sum, { size }) => sum + size, 0);
    this.memory = new GuestMemory(ram + EXTRA_MEMORY);
    this.space = new AddressSpace(this.memory);
    this.loop = new MainLoop({
      icount: options.icount,
      epoch: options.epoch ?? Math.round((performance.timeOrigin + performance.now()) * 1e6),
    });
    this.loop.onTurn = () => this.#turn();
    this.#tracer = new Tracer(parts.traces ?? [], () => this.loop.now());
    const { accel = "jit", semihosting, tbLimit, onTranslate } = options;
    const model = parts.isa.models[board.cpu.model];
    if (model === undefined) {
      throw new Error(`unknown CPU model "${board.cpu.model}" of ISA "${board.cpu.isa}"`);
    }
    this.cpu = new VCpu(parts.isa, model, this.space, {
      accel,
      semihosting,
      tbLimit,
      onTranslate,
      onException: options.onException,
      log: this.#logFor("cpu"),
      now: () => this.loop.now(),
      onInterrupt: () => this.loop.wake(),
    });
    this.loop.attach(this.cpu);
    this.#build();
    this.reset("cold");
  }

  /** What is loaded at this and every further reset. */
  load(image: BootImage): void {
    this.#boot = image;
    this.reset("cold");
  }

  /** Puts all devices and the vCPU back to their start and loads the boot image. RAM keeps its contents. */
  reset(kind: ResetKind = "warm"): void {
    for (const [path, { device }] of this.devices) this.#guard(path, () => device.reset(kind));
    for (const trace of this.#onReset) trace(kind);
    this.cpu.reset();
    this.#wiring.redrive();
    if (this.#boot === undefined) return;
    for (const { at, value } of this.board.boot.setup ?? []) this.space.write(at, 4, value);
    for (const { address, bytes } of this.#boot.blobs) {
      if (!this.poke(address, bytes)) throw new Error(`no memory at 0x${address.toString(16)}`);
    }
    for (const [name, value] of Object.entries(this.#boot.registers)) {
      this.cpu.frontend.setRegister(name, value);
    }
  }

  /** Waits for what devices still have to load. Rejects with one line if one cannot. */
  ready(): Promise<void> {
    return this.#ready ??= this.#awaitDevices();
  }

  async #awaitDevices(): Promise<void> {
    for (const [path, { device }] of this.devices) {
      try {
        await device.ready?.();
      } catch (error) {
        throw new Error(`Cannot start "${path}": ${mistakeOf(error)}`, { cause: error });
      }
    }
  }

  /** Runs until the guest powers off, resets under `noReboot`, or `end` is called; gives the exit status. */
  async run(): Promise<number> {
    await this.ready();
    await this.loop.run();
    return this.status;
  }

  /** Ends the machine. */
  end(status: number): void {
    this.status = status;
    this.loop.end();
  }

  /** A reset or power-off asked for by guest or user; takes effect between blocks. */
  request(what: "reset" | "power-off"): void {
    if (what === "power-off" || this.#options.noReboot) return this.end(0);
    this.#requested = "reset";
    this.cpu.stop();
    this.loop.wake();
  }

  /** Reads guest-physical memory. */
  peek(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.space.readBytes(address, bytes);
    return bytes;
  }

  /** Writes guest-physical memory, ROM too; false if nothing is there. */
  poke(address: number, bytes: Uint8Array): boolean {
    for (let done = 0; done < bytes.length;) {
      const region = this.space.find(address + done);
      if (region === undefined || region.host < 0) return false;
      const count = Math.min(bytes.length - done, region.end - address - done);
      const host = region.host + (address + done - region.start);
      this.memory.u8.set(bytes.subarray(done, done + count), host);
      this.space.onWrite(host, count);
      done += count;
    }
    return true;
  }

  /** The level of a line by its output ("uart0.irq") or input ("pic.1"); undefined if there is no such line. */
  line(name: string): boolean | undefined {
    return this.#wiring.level(name);
  }

  /** A driver of one's own for an input ("pic.9", "cpu.irq"), beside the board's; undefined if there is no such input. */
  driver(input: string): Line | undefined {
    return this.#wiring.driver(input);
  }

  /** The state of all devices, by path: plain data. The vCPU and memory are not in it. */
  saveDevices(): Record<string, SavedDevice> {
    return Object.fromEntries([...this.devices].map(([path, one]) => [path, saveDevice(one)]));
  }

  /**
   * Puts the devices into a saved state, of this or an older version of their plugins.
   *
   * @throws {PluginError} "Cannot restore …", naming the device, before any has been changed.
   */
  restoreDevices(saved: Readonly<Record<string, SavedDevice>>): void {
    const states = checkSaved(saved, this.devices);
    for (const [path, state] of states) this.devices.get(path)!.device.restore(state);
  }

  /** Counters since the machine was made. */
  stats(): MachineStats {
    return machineStats(this);
  }

  /**
   * The whole state as plain data. Not from the guest's code (a device's `read`, an instrument's callback): that is in
   * the middle of a block.
   */
  snapshot(): MachineSnapshot {
    this.#betweenSlices("take a snapshot");
    if (this.#requested !== undefined) this.#turn();
    // A timer that is due would go off while devices are put back, before those that hear of it are.
    this.loop.clock.run();
    return takeSnapshot(this, { wiring: this.#wiring, places: this.#memories });
  }

  /**
   * Takes a saved state, of this or of a like machine. Call it after `ready`.
   *
   * @throws {Error} "Cannot restore …". The machine is as it was if the snapshot is of another machine, and of no more
   * use if a device did not take its state.
   */
  restore(snapshot: MachineSnapshot): void {
    this.#betweenSlices("restore the snapshot");
    this.#requested = undefined;
    restoreSnapshot(this, snapshot, { wiring: this.#wiring, places: this.#memories });
    this.onRestore();
    this.loop.wake();
  }

  #betweenSlices(what: string): void {
    if (this.loop.running) throw new Error(`Cannot ${what}: the guest is in the middle of its code`);
  }

  /**
   * Pulls out the cable of a network card, or puts it in again: by the card's path ("eth") or its network's id ("net0").
   * False if there is no such cable.
   */
  setLink(name: string, up: boolean): boolean {
    const cable = this.#cables.get(name);
    if (cable) this.#guard(name, () => cable.setLink(up));
    return cable !== undefined;
  }

  /** What a user does with keyboard and mouse. */
  input(event: InputEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Lets devices finish, before their back ends are closed; gives what went wrong, as lines. */
  async dispose(): Promise<string[]> {
    const failed: string[] = [];
    await Promise.all([...this.devices].map(async ([path, { device }]) => {
      try {
        await device.dispose?.();
      } catch (error) {
        failed.push(`Cannot complete "${path}": ${mistakeOf(error)}`);
      }
    }));
    return failed;
  }

  /** Calls `watcher` at every change of a device's output line. */
  watchLines(watcher: (output: string, level: boolean) => void): void {
    this.#wiring.watchAll(watcher);
  }

  /** Keeps a device's mistake from taking the machine with it. */
  #guard(path: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#parts.report(path, error);
    }
  }

  /** Does something when the guest's code comes to the end of a block: for who is called from the middle of one. */
  soon(work: () => void): void {
    this.#waiting.push(work);
    this.cpu.stop();
    this.loop.wake();
  }

  #turn(): void {
    if (this.#requested !== undefined) {
      this.#requested = undefined;
      this.reset();
    }
    if (this.#waiting.length > 0) { for (const work of this.#waiting.splice(0)) work(); }
  }

  #logFor(name: string): DeviceLog {
    const { log } = this.#parts;
    return {
      guestError: (message) => log("guest_errors", name, message + this.#place()),
      unimplemented: (message) => log("unimp", name, message + this.#place()),
    };
  }

  /** Where the guest is, while it is an instruction of its that makes a device say something. */
  #place(): string {
    const pc = this.cpu?.accessPc;
    return pc === undefined ? "" : ` (pc 0x${pc.toString(16).padStart(8, "0")})`;
  }

  #build(): void {
    const { board, space, memory } = this;
    const places = new Map<string, Place>();
    // What lies above is placed later.
    for (const [name, { at, size }] of Object.entries(board.unimplemented ?? {})) {
      const log = this.#logFor(name);
      const note = (what: string, offset: number) =>
        log.unimplemented(`${what} at offset 0x${offset.toString(16).padStart(3, "0")}`);
      const device = {
        read: (offset: number) => (note("read", offset), 0),
        write: (offset: number) => note("write", offset),
      };
      space.place({ name, start: at, size, target: new IoTarget(name, device, this.#parts.report) });
    }
    for (const [name, { at, size, rom }] of Object.entries(board.memory)) {
      const host = memory.allocate(size);
      space.place({ name, start: at, size, host, writable: !rom });
      places.set(name, { host, size, writable: !rom, views: [] });
      this.#memories.set(name, { host, size });
    }
    const ramSize = board.memory[board.boot.memory]?.size ?? 0;
    for (const [name, part] of Object.entries(board.devices)) {
      const placed = this.#addDevice(name, part, ramSize);
      if (placed) places.set(name, placed);
    }
    for (const [name, { at, size, of, offset = 0, when }] of Object.entries(board.aliases ?? {})) {
      const place = places.get(of);
      if (place === undefined) throw new Error(`alias "${name}" of unknown memory or device "${of}"`);
      if (offset + size > place.size) throw new Error(`alias "${name}" reaches beyond "${of}"`);
      const { enable, direct } = space.place({
        name,
        start: at,
        size,
        ...place.host === undefined ? {} : { host: place.host + offset },
        writable: place.writable,
        ...place.target === undefined ? {} : { target: place.target },
      });
      place.views.push(direct);
      if (when === undefined) continue;
      const inverted = when.startsWith("!");
      enable(inverted);
      if (!this.#wiring.watch(inverted ? when.slice(1) : when, (level) => enable(level !== inverted))) {
        throw new Error(`alias "${name}" depends on unknown line "${when}"`);
      }
    }
    for (const [name, line] of Object.entries(this.cpu.frontend.inputs)) {
      this.#wiring.input(`cpu.${name}`, line);
    }
    const [dangling] = this.#wiring.unconnected();
    if (dangling !== undefined) throw new Error(`a line leads to "${dangling}", which does not exist`);
  }

  /** What a device calls for its own events. */
  #traces(path: string, { manifest: { name }, traces = {} }: DevicePlugin): DeviceContext["trace"] {
    return Object.fromEntries(
      Object.entries(traces).map(([event, types]) => [
        event,
        this.#tracer.event(path, { plugin: name, event, types }),
      ]),
    );
  }

  /** Creates a device and what is plugged into it, and places its window. */
  #addDevice(
    path: string,
    part: BoardDevice,
    ramSize: number,
  ): Place | undefined {
    const { space, memory } = this, parts = this.#parts;
    const plugin = parts.device(part.use);
    const plugged = pluggedInto(path, part);
    for (const [inner, device] of plugged) this.#addDevice(inner, device, ramSize);
    const properties = parts.properties(path, part);
    let host: number | undefined;
    // Every view of the window, to switch its direct reads on and off.
    const views: ((on: boolean) => void)[] = [];
    const log = this.#logFor(path);
    const outputs: readonly string[] = plugin.outputs ?? [];
    const unknown = Object.keys(part.out ?? {}).find((name) => !outputs.includes(name));
    if (unknown !== undefined) {
      throw new Error(`device "${path}" (${part.use}) has no output line "${unknown}"`);
    }
    const pluggedDevices = <T>(bus: string) =>
      plugged.flatMap(([name]) => {
        const { plugin, device } = this.devices.get(name)!;
        return plugin.manifest.bus === bus ? [{ name, device: device.bus as T }] : [];
      });
    const { clock } = this.loop;
    const common = <K extends keyof typeof COMMON_EVENTS>(event: K) =>
      this.#tracer.common(path, plugin.manifest.name, event, COMMON_EVENTS[event]);
    const traceDma = common("dma"), traceLine = common("line"), traceReset = common("reset");
    if (traceReset) this.#onReset.push((kind) => traceReset({ kind }));
    const context: DeviceContext = {
      name: path,
      properties,
      out: Object.fromEntries(
        outputs.map((
          name,
        ) => [name, this.#wiring.output(`${path}.${name}`, [part.out?.[name] ?? []].flat())]),
      ),
      clock: {
        get epoch() {
          return clock.epoch;
        },
        now: () => clock.now(),
        alarm: (fire) => clock.alarm(() => this.#guard(path, fire)),
      },
      log,
      trace: this.#traces(path, plugin),
      dma: {
        read: (address, into) => {
          traceDma?.({ address, length: into.length, write: false });
          this.onDma?.(path, address, into.length, false);
          return space.readBytes(address, into);
        },
        write: (address, from) => {
          traceDma?.({ address, length: from.length, write: true });
          this.onDma?.(path, address, from.length, true);
          return space.writeBytes(address, from);
        },
      },
      input: { listen: (listener) => void this.#listeners.push(listener) },
      chardev: (id) => parts.chardev(id),
      block: (id) => hurried(parts.block(id), this.loop),
      network: (id, receiver) => {
        const port = parts.network(id, receiver);
        this.#cables.set(path, port);
        if (id !== undefined) this.#cables.set(id, port);
        return port;
      },
      audio: (id, format) => parts.audio(id, format),
      display: (source) => void this.displays.push(source),
      child: <T>(bus: string) => pluggedDevices<T>(bus)[0]?.device,
      children: <T>(bus: string) => pluggedDevices<T>(bus),
      backing: (size) => {
        const at = host = memory.allocate(size);
        return {
          bytes: memory.u8.subarray(at, at + size),
          direct: (on) => views.forEach((view) => view(on)),
          changed: (offset, length) => space.onWrite(at + offset, length),
        };
      },
      machine: { ramSize },
      request: (what) => this.request(what),
    };
    const device = plugin.create(context);
    this.devices.set(path, { plugin, device });
    if (traceLine) {
      for (const line of outputs) {
        this.#wiring.watch(`${path}.${line}`, (level) => traceLine({ line, level }));
      }
    }
    for (const [name, handler] of Object.entries(device.inputs ?? {})) {
      this.#wiring.input(`${path}.${name}`, (level) => this.#guard(path, () => handler(level)));
    }
    const size = typeof plugin.size === "function" ? plugin.size(properties) : plugin.size;
    if (size === 0) return undefined;
    const target = new IoTarget(path, device, parts.report);
    const traceRead = common("read"), traceWrite = common("write");
    if (traceRead || traceWrite) {
      target.observe = (write, offset, size, value) => {
        const register = device.registerName?.(offset) ?? `0x${offset.toString(16)}`;
        (write ? traceWrite : traceRead)?.({ register, value, size });
      };
    }
    const window = { ...host === undefined ? {} : { host }, target, size, writable: false, views };
    if (part.at !== undefined) {
      const { host: _, ...placement } = { name: path, start: part.at, size, target, host };
      views.push(space.place(host === undefined ? placement : { ...placement, host }).direct);
    }
    return window;
  }
}

/** A medium for whose answers the guest need not wait longer than they take: the loop turns often meanwhile. */
function hurried(block: BlockBackend | undefined, loop: MainLoop): BlockBackend | undefined {
  if (block === undefined) return undefined;
  return {
    get size() {
      return block.size;
    },
    get readOnly() {
      return block.readOnly;
    },
    read: (offset, into) => loop.hurry(block.read(offset, into)),
    write: (offset, from) => loop.hurry(block.write(offset, from)),
    flush: () => loop.hurry(block.flush()),
  };
}
