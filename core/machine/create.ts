import type { Board } from "../board/board.ts";
import { clashOf, type Own } from "../board/clashes.ts";
import { loadBoard } from "../board/file.ts";
import { devicePaths } from "../board/paths.ts";
import type { Device, DevicePlugin } from "../device/device.ts";
import { COMMON_EVENTS } from "../device/trace.ts";
import type { BackendContext } from "../backend/define.ts";
import { boardLacks } from "../plugin/shape.ts";
import { messageOf, mistakeOf, PluginError } from "../plugin/error.ts";
import { PluginHost } from "../plugin/load.ts";
import { didYouMean } from "../plugin/nearest.ts";
import type { ElfSymbols } from "../loader/elf_symbols.ts";
import { sizeText } from "../loader/error.ts";
import { validateProperties } from "../plugin/validate.ts";
import {
  backendPlugins,
  type Backends,
  type BackendSetup,
  type ChardevEnd,
  chardevOf,
  closeBackends,
  type NetPortEnd,
  NOTHING,
  openBackends,
  portOf,
  SILENCE,
} from "./backends.ts";
import {
  addDevices,
  type AddedDevice,
  type CardSetup,
  type DeviceProperties,
  type PreparedDevices,
  prepareDevices,
} from "./board_setup.ts";
import type { Instruments, InstrumentSpec } from "../instrument/instruments.ts";
import { type BootFiles, bootImage } from "./boot.ts";
import { HoldableMachine } from "./holdable.ts";
import { LateClock } from "./late_clock.ts";
import type { LogSink, MachineOptions, MachineParts, MistakeSink } from "./machine.ts";
import { checkPatterns, type TraceRule } from "./tracer.ts";
import type { MachineSnapshot } from "./snapshot.ts";

/** A machine in words: everything that is not code. */
export interface MachineSetup extends BackendSetup {
  /** Name of the board plugin, or the place of a board's file: a path or URL that ends in .json or .ts. */
  readonly board: string;
  /** The board plugin's properties, as texts or values. */
  readonly boardProperties?: Readonly<Record<string, unknown>>;
  /** CPU model; default: the board's. */
  readonly cpu?: string | undefined;
  /** Bytes of RAM; default: the board's. */
  readonly ram?: number | undefined;
  /** What runs; `{}` is the board's own firmware, and without it the vCPU begins with empty memory. */
  readonly boot?: BootFiles;
  /** Devices beside the board's. */
  readonly devices?: readonly AddedDevice[];
  /** Properties of the board's devices. */
  readonly properties?: DeviceProperties;
  /** The board's own network card. */
  readonly card?: CardSetup | undefined;
  /** How it runs. */
  readonly options?: MachineOptions;
  /**
   * Where plugins are found.
   *
   * @internal
   */
  readonly plugins?: PluginHost;
  /** Instrumentation to load, in this order. */
  readonly instruments?: readonly InstrumentSpec[];
  /**
   * Where to go on, in place of the start.
   *
   * @internal
   */
  readonly snapshot?: MachineSnapshot | undefined;
  /**
   * Takes snapshots that instrumentation asks for, by name; without it there are none.
   *
   * @internal
   */
  readonly onSnapshot?: (name: string, snapshot: MachineSnapshot) => void;
  /** An ELF file with the guest's symbols, for instrumentation. */
  readonly symbols?: Uint8Array | undefined;
  /** Writes a line of instrumentation's that has no file of its own. Default: standard error. */
  readonly print?: (line: string) => void;
  /** Trace events to write; see `TraceRule`. */
  readonly traces?: readonly TraceRule[];
  /** Default: nothing is said about the guest's errors. */
  readonly log?: LogSink;
  /** A mistake in a plugin's code while the machine runs. Default: `warn`. */
  readonly report?: MistakeSink;
  /** One line for the user. Default: standard error. */
  readonly warn?: (message: string) => void;
}

/** A machine that is ready to run, and what it was made of. */
export interface CreatedMachine {
  readonly machine: HoldableMachine;
  readonly backends: Backends;
  /** Disposes the machine and closes its back ends; gives what went wrong, as lines. Later calls give the same. */
  close(): Promise<string[]>;
}

/**
 * Makes a machine of a setup. Touches nothing of the process but what the back ends asked for are made to touch.
 *
 * @throws {PluginError} when a plugin or a property is at fault; `Error` "Cannot build …" or "Cannot boot …" otherwise.
 */
export async function createMachine(setup: MachineSetup): Promise<CreatedMachine> {
  const { plugins = new PluginHost(), warn = (message) => console.error(`emu: ${message}`) } = setup;
  plugins.warn = warn;
  try {
    return await build(setup, { plugins, warn });
  } catch (error) {
    await plugins.close();
    throw error;
  }
}

async function build(
  setup: MachineSetup,
  { plugins, warn }: { readonly plugins: PluginHost; readonly warn: (message: string) => void },
): Promise<CreatedMachine> {
  const { board, ...own } = await resolveBoard(setup, plugins);
  await plugins.preload([
    ["isa", board.cpu.isa],
    ...Array.from(devicePaths(board).values(), ({ use }) => ["device", use] as const),
    ...backendPlugins(setup),
  ]);
  const isa = await plugins.load("isa", board.cpu.isa);
  if (!Object.hasOwn(isa.models, board.cpu.model)) {
    const models = Object.keys(isa.models);
    throw new Error(
      `Cannot build "${setup.board}": there is no CPU "${board.cpu.model}"${
        didYouMean(board.cpu.model, models)
      }; ISA "${board.cpu.isa}" has ${models.join(", ")}`,
    );
  }
  const devices = await prepare(
    `Cannot build "${setup.board}"`,
    () => prepareDevices(board, { plugins, set: setup.properties ?? {}, card: setup.card }),
  );
  const clash = clashOf(board, devices, own);
  if (clash !== undefined) throw new Error(`Cannot build "${setup.board}": ${clash}`);
  checkPatterns(setup.traces ?? [], devices.plugins.values());
  const image = setup.boot &&
    await prepare("Cannot boot", () => bootImage(board, isa, setup.boot!));

  const epoch = setup.options?.epoch ?? Math.round((performance.timeOrigin + performance.now()) * 1e6);
  const clock = new LateClock(epoch);
  let machine: HoldableMachine | undefined;
  let instruments: Instruments | undefined;
  type Request = Parameters<BackendContext<unknown>["request"]>[0];
  const early: Request[] = [];
  const request = (what: Request) => {
    if (!machine) early.push(what);
    else if (what === "quit") machine.end(0);
    else machine.request(what);
  };
  const backends = await openBackends(setup, { plugins, surroundings: { clock, warn, request } });

  const channels: ChardevEnd[] = [], ports: NetPortEnd[] = [];
  try {
    const parts = partsOf(setup, {
      backends,
      devices,
      channels,
      ports,
      warn,
      hold: (until) => machine?.hold(until),
    });
    machine = await prepare(
      `Cannot build "${setup.board}"`,
      () => new HoldableMachine(board, { ...parts, isa }, { ...setup.options, epoch }),
    );
    clock.bind(machine.loop.clock);
    if (image) machine.load(image);
    if (setup.instruments?.length) instruments = await loadInstruments(machine, { ...setup, plugins, warn });
    const ends = [...channels, ...ports];
    if (setup.snapshot) {
      await machine.ready();
      machine.restore(setup.snapshot);
    }
    for (const { start } of ends) start();
    // There may be room for what had to wait.
    machine.onRestore = () => ends.forEach((end) => end.ready());
    early.forEach(request);
  } catch (error) {
    await machine?.dispose();
    await closeBackends(backends);
    throw error;
  }
  const made = machine;
  let closed: Promise<string[]> | undefined;
  const close = () =>
    closed ??= (async () => {
      for (const { flush } of channels) flush();
      const unfinished = await instruments?.close() ?? [];
      const failed = await made.dispose();
      await plugins.close();
      return [...unfinished, ...failed, ...await closeBackends(backends)];
    })();
  return { machine, backends, close };
}

/** Loads instrumentation; its code is not looked at in machines without. */
async function loadInstruments(
  machine: HoldableMachine,
  { board, instruments = [], symbols, onSnapshot, print = (line) => console.error(line), plugins, warn }:
    & MachineSetup
    & {
      readonly plugins: PluginHost;
      readonly warn: (message: string) => void;
    },
): Promise<Instruments> {
  const { Instruments } = await import("../instrument/instruments.ts");
  const made = new Instruments(machine, {
    board,
    plugins,
    print,
    warn,
    symbols: symbols && await symbolsOf(symbols),
    hold: (until) => machine.hold(until),
    ...onSnapshot && {
      snapshot: (name) => machine.soon(() => onSnapshot(name, machine.snapshot())),
    },
  });
  for (const spec of instruments) await made.add(spec);
  return made;
}

async function symbolsOf(file: Uint8Array): Promise<ElfSymbols> {
  const { elfSymbols } = await import("../loader/elf.ts");
  try {
    return elfSymbols(file);
  } catch (error) {
    throw new Error(`Cannot read symbols: ${messageOf(error)}`, { cause: error });
  }
}

/** Runs a step; errors without a heading of their own get one. */
async function prepare<T>(heading: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof PluginError || error instanceof Error && error.message.startsWith("Cannot ")) {
      throw error;
    }
    throw new Error(`${heading}: ${messageOf(error)}`, { cause: error });
  }
}

/** The board as data, with the user's memory, CPU and devices, and what of it is the user's own doing. */
export async function resolveBoard(
  setup: Pick<MachineSetup, "board" | "boardProperties" | "ram" | "cpu" | "devices">,
  plugins: PluginHost,
): Promise<Own & { readonly board: Board }> {
  const { plugin, own, shared, layered } = await loadBoard(setup.board, plugins);
  const { ram, create, manifest } = plugin;
  const size = setup.ram ?? ram.default;
  if (size < ram.minimum || size > ram.maximum) {
    throw new Error(
      `Cannot build "${setup.board}": ${sizeText(size)} of memory; it takes ${sizeText(ram.minimum)} to ${
        sizeText(ram.maximum)
      }`,
    );
  }
  const who = `board "${setup.board}"`;
  const properties = await validateProperties(setup.boardProperties ?? {}, { who, manifest });
  let board: Board;
  try {
    board = create({ ram: size, cpu: setup.cpu }, properties);
  } catch (error) {
    if (error instanceof PluginError) throw error;
    throw new PluginError(who, { field: "create", problem: mistakeOf(error) });
  }
  const lacks = boardLacks(board);
  if (lacks !== undefined) {
    throw new PluginError(who, {
      field: "create",
      problem: `what it gives has no ${lacks}`,
      mend: "return cpu, memory and devices",
    });
  }
  const whole = await addDevices(board, { plugins, added: setup.devices ?? [] });
  const added = Object.keys(whole.devices).filter((name) => !board.devices[name]);
  return { board: whole, own: new Set([...own, ...added]), shared, layered };
}

interface Surroundings {
  readonly backends: Backends;
  readonly devices: PreparedDevices;
  readonly channels: ChardevEnd[];
  readonly ports: NetPortEnd[];
  readonly warn: (message: string) => void;
  hold(until: Promise<unknown>): void;
}

/** Ids that boards name and that may stay without a back end. */
const OPTIONAL = /^(serial|sd|pflash|net|audio|drive)\d+$/;

function partsOf(setup: MachineSetup, surroundings: Surroundings): Omit<MachineParts, "isa"> {
  const { backends, devices, channels, ports, warn, hold } = surroundings;
  const {
    log = () => {},
    report = (device, error) => warn(`Cannot go on in "${device}", which has a mistake: ${mistakeOf(error)}`),
  } = setup;
  const faulty = new Set<string>(), taken = new Set<string>();
  /** A back end carries one device. */
  const take = <T>(option: string, id: string | undefined, from: ReadonlyMap<string, T>): T | undefined => {
    if (id === undefined) return undefined;
    const backend = from.get(id);
    if (backend === undefined) {
      if (OPTIONAL.test(id)) return undefined;
      throw new Error(`there is no ${option} "${id}"; add it with --${option} …,id=${id}`);
    }
    const key = `${option} ${id}`;
    if (taken.has(key)) throw new Error(`two devices use ${option} "${id}"`);
    taken.add(key);
    return backend;
  };
  return {
    device(name) {
      const plugin = devices.plugins.get(name)!;
      return {
        ...plugin,
        create(context) {
          const who = `device "${name}" (${context.name})`;
          let device: Device;
          try {
            device = plugin.create(context);
          } catch (error) {
            throw new PluginError(who, { field: "create", problem: mistakeOf(error) });
          }
          const fault = faultOf(device, plugin);
          if (fault) throw new PluginError(who, { field: "create", ...fault });
          return device;
        },
      };
    },
    properties: (path) => devices.properties.get(path)!,
    chardev(id) {
      if (id !== undefined && backends.taken.has(id)) throw new Error(`chardev "${id}" belongs to a network`);
      const backend = id === "null" ? undefined : take("chardev", id, backends.chardevs);
      if (!backend) return NOTHING;
      const chardev = chardevOf(backend, hold);
      channels.push(chardev);
      return chardev;
    },
    block: (id) => take("drive", id, backends.blocks),
    network(id, receiver) {
      const port = portOf(take("netdev", id, backends.netdevs), receiver);
      ports.push(port);
      return port;
    },
    audio: (id, format) => take("audio", id, backends.audios)?.open(format) ?? SILENCE,
    log,
    ...setup.traces && { traces: setup.traces },
    report(device, error) {
      // It may fail at every access.
      if (faulty.has(device)) return;
      faulty.add(device);
      report(device, error);
    },
  };
}

const DEVICE_FUNCTIONS = ["read", "write", "reset", "snapshot", "restore"] as const;

/** What a device lacks that its plugin's author has forgotten. */
function faultOf(device: Device | undefined, { inputs = [], manifest, traces = {} }: DevicePlugin) {
  const missing = DEVICE_FUNCTIONS.find((name) => typeof device?.[name] !== "function");
  if (missing) {
    return {
      problem: `what it gives has no function "${missing}"`,
      mend: "return registerDevice(context, …)",
    };
  }
  if (manifest.bus !== undefined && device?.bus === undefined) {
    return {
      problem:
        `what it gives has no "bus", and its manifest says that it plugs into one of kind ${manifest.bus}`,
      mend: "return { ...registerDevice(context, …), bus }",
    };
  }
  const taken = Object.keys(traces).find((event) => Object.hasOwn(COMMON_EVENTS, event));
  if (taken !== undefined) {
    return { problem: `trace event "${taken}" is one that every device has`, mend: "give it another name" };
  }
  const loose = inputs.find((name) => typeof device?.inputs?.[name] !== "function");
  return loose === undefined
    ? undefined
    : { problem: `there is no handler for input line "${loose}"`, mend: `give it in "inputs"` };
}
