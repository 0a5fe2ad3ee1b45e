import type { DevicePlugin } from "../device/device.ts";
import { didYouMean } from "../plugin/nearest.ts";
import type { Board, BoardDevice } from "./board.ts";
import { devicePaths, pluggedInto } from "./paths.ts";

/** What there is to know of a board's devices, by name or path. */
export interface Prepared {
  /** By the plugin's name. */
  readonly plugins: ReadonlyMap<string, DevicePlugin>;
  /** By the device's path. */
  readonly properties: ReadonlyMap<string, Record<string, unknown>>;
}

/** What of a board is the user's own doing. */
export interface Own {
  /** Names of memory and devices. */
  readonly own: ReadonlySet<string>;
  /** Input lines that several outputs may drive. */
  readonly shared: ReadonlySet<string>;
  /** Names of devices and memory that may lie over others. */
  readonly layered: ReadonlySet<string>;
}

interface Window {
  readonly what: string;
  readonly name: string;
  readonly start: number;
  readonly size: number;
}

/**
 * Says what is wrong with a board's wires and with the places of what a user has put on it; undefined if nothing is.
 * On a board of a plugin's, windows may lie above each other and outputs may share an input: its author knows.
 */
export function clashOf(board: Board, prepared: Prepared, user: Own): string | undefined {
  return looseLine(board, prepared) ?? misplug(board, prepared) ?? nowhere(board, prepared) ??
    overlap(board, prepared, user) ??
    twiceDriven(board, user);
}

/** A line that leads to a device or an input that is not there. The vCPU's inputs are left to the machine. */
function looseLine(board: Board, { plugins }: Prepared): string | undefined {
  const paths = devicePaths(board);
  for (const { line, to } of lines(board)) {
    const dot = to.lastIndexOf("."), device = to.slice(0, dot), input = to.slice(dot + 1);
    if (device === "cpu") continue;
    const target = paths.get(device);
    if (!target) {
      return `line "${line}" leads to "${to}", and there is no device "${device}"${
        didYouMean(device, paths.keys())
      }`;
    }
    const inputs = plugins.get(target.use)?.inputs ?? [];
    if (!inputs.includes(input)) {
      const there = inputs.length === 0
        ? "none"
        : inputs.length > 12
        ? `${inputs.slice(0, 12).join(", ")} …`
        : inputs.join(", ");
      return `line "${line}" leads to "${to}", and device "${device}" (${target.use}) has no such input; it has ${there}`;
    }
  }
  return undefined;
}

/** A device whose registers nobody can reach. */
function nowhere(board: Board, { plugins, properties }: Prepared): string | undefined {
  const shown = new Set(Object.values(board.aliases ?? {}).map(({ of }) => of));
  for (const [name, { at, use }] of Object.entries(board.devices)) {
    if (at !== undefined || shown.has(name)) continue;
    const size = plugins.get(use)?.size ?? 0;
    if ((typeof size === "function" ? size(properties.get(name) ?? {}) : size) === 0) continue;
    return `device "${name}" (${use}) has registers and no address; say at which ("at"), or lead an alias to it`;
  }
  return undefined;
}

/** A device on a bus that it does not fit, or where there is no more room. */
function misplug(board: Board, { plugins }: Prepared): string | undefined {
  for (const [path, host] of devicePaths(board)) {
    const hosts = plugins.get(host.use)?.hosts, plugged = pluggedInto(path, host);
    for (const [inner, { use }] of plugged) {
      const bus = plugins.get(use)?.manifest.bus;
      const what = `device "${inner}" (${use}) plugs into ${bus ? `a bus of kind ${bus}` : "no bus"}`;
      if (!hosts) return `${what}, and "${path}" (${host.use}) has none`;
      if (bus !== hosts.bus) return `${what}, and "${path}" (${host.use}) has one of kind ${hosts.bus}`;
    }
    if (hosts && !hosts.many && plugged.length > 1) {
      return `device "${path}" (${host.use}) has room for one device on its bus, not for ${
        plugged.map(([inner]) => `"${inner}"`).join(" and ")
      }`;
    }
  }
  return undefined;
}

function overlap(board: Board, prepared: Prepared, { own, layered }: Own): string | undefined {
  if (own.size === 0) return undefined;
  const windows = windowsOf(board, prepared).filter(({ name }) => !layered.has(name));
  for (const mine of windows) {
    if (!own.has(mine.name)) continue;
    const other = windows.find((other) => other !== mine && meet(mine, other));
    if (other) {
      return `${textOf(mine)} lies over ${textOf(other)}; move it, or name it in "layered"`;
    }
  }
  return undefined;
}

/** Names of what lies over something else. */
export function layers(board: Board, prepared: Prepared): string[] {
  const windows = windowsOf(board, prepared);
  return windows.filter((upper, i) => windows.slice(0, i).some((lower) => meet(upper, lower)))
    .map(({ name }) => name);
}

function meet(a: Window, b: Window): boolean {
  return a.start < b.start + b.size && b.start < a.start + a.size;
}

function windowsOf(board: Board, { plugins, properties }: Prepared): Window[] {
  const memory = Object.entries(board.memory)
    .map(([name, { at, size }]) => ({ what: "memory", name, start: at, size }));
  const aliases = Object.entries(board.aliases ?? {}).filter(([, { when }]) => when === undefined)
    .map(([name, { at, size }]) => ({ what: "alias", name, start: at, size }));
  const devices = Object.entries(board.devices).flatMap(([name, { use, at }]) => {
    const { size } = plugins.get(use)!;
    const bytes = typeof size === "function" ? size(properties.get(name)!) : size;
    return at === undefined || bytes === 0 ? [] : [{ what: "device", name, start: at, size: bytes }];
  });
  return [...memory, ...devices, ...aliases];
}

function twiceDriven(board: Board, { own, shared }: Pick<Own, "own" | "shared">): string | undefined {
  // Slots share lines by turns.
  const free = new Set([...shared, ...(board.slots ?? []).map(({ irq }) => irq)]);
  const drivers = new Map<string, { line: string; device: string }>();
  for (const { line, to, device } of lines(board)) {
    const other = drivers.get(to);
    drivers.set(to, { line, device });
    if (!other || free.has(to) || !own.has(device) && !own.has(other.device)) continue;
    return `both "${other.line}" and "${line}" drive "${to}"; lead one of them elsewhere, or name "${to}" in "shared"`;
  }
  return undefined;
}

/** Every connection from an output to an input. */
function lines(board: Board): { readonly line: string; readonly to: string; readonly device: string }[] {
  const walk = (
    path: string,
    device: string,
    part: BoardDevice,
  ): ReturnType<typeof lines> => [
    ...Object.entries(part.out ?? {}).flatMap(([name, to]) =>
      [to].flat().map((input) => ({ line: `${path}.${name}`, to: input, device }))
    ),
    ...pluggedInto(path, part).flatMap(([inner, plugged]) => walk(inner, device, plugged)),
  ];
  return Object.entries(board.devices).flatMap(([name, device]) => walk(name, name, device));
}

function textOf({ what, name, start, size }: Window): string {
  const hex = (address: number) => `0x${address.toString(16).padStart(8, "0")}`;
  return `${what} "${name}" (${hex(start)} to ${hex(start + size - 1)})`;
}
