import type { Board, BoardDevice, BoardSlot } from "../board/board.ts";
import { devicePaths } from "../board/paths.ts";
import type { DevicePlugin } from "../device/device.ts";
import { parseInteger } from "../plugin/coerce.ts";
import { PluginError } from "../plugin/error.ts";
import type { PluginHost } from "../plugin/load.ts";
import { didYouMean } from "../plugin/nearest.ts";
import { validateProperties } from "../plugin/validate.ts";

/** A device that the user adds to the board. */
export interface AddedDevice {
  /** Name of the device plugin. */
  readonly use: string;
  /**
   * Properties of the plugin, and where it goes: `id` (default: the plugin's name), `at` (address of its window), `on`
   * or `bus` (the device whose bus it is plugged into), and what its output lines drive (`irq=pic.9`).
   */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What the board's own network card is plugged into, and its address. */
export interface CardSetup {
  /** Id of a network; default: the one that the board names. */
  readonly netdev?: string | undefined;
  /** Its hardware address, "52:54:00:12:34:56"; default: the board's. */
  readonly mac?: string | undefined;
}

/** Properties that a user sets on a board's devices: path of the device → name → value. */
export type DeviceProperties = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A board's devices with their plugins loaded and their properties complete. */
export interface PreparedDevices {
  readonly plugins: ReadonlyMap<string, DevicePlugin>;
  /** By path. */
  readonly properties: ReadonlyMap<string, Record<string, unknown>>;
}

/** Loads the plugins of all devices of a board and completes their properties. */
export async function prepareDevices(
  board: Board,
  { plugins, set: given, card }: {
    readonly plugins: PluginHost;
    readonly set: DeviceProperties;
    readonly card?: CardSetup | undefined;
  },
): Promise<PreparedDevices> {
  const paths = devicePaths(board);
  const set = card ? withCard(given, card, paths) : given;
  for (const path of Object.keys(set)) {
    if (paths.has(path)) continue;
    throw new Error(
      `there is no device "${path}"${didYouMean(path, paths.keys())}; the board has ${
        [...paths.keys()].join(", ")
      }`,
    );
  }
  const nameless: string[] = [];
  const loaded = new Map<string, DevicePlugin>(), properties = new Map<string, Record<string, unknown>>();
  for (const [path, device] of paths) {
    const { manifest } = await plugins.get("device", device.use);
    const given = { ...device.properties, ...set[path] };
    const who = path === device.use ? `device "${device.use}"` : `device "${device.use}" (${path})`;
    properties.set(path, await validateProperties(given, { who, manifest }));
    if (manifest.properties?.[ADDRESS]?.default !== undefined && given[ADDRESS] === undefined) {
      nameless.push(path);
    }
    if (!loaded.has(device.use)) loaded.set(device.use, await plugins.load("device", device.use));
  }
  giveAddresses(properties, nameless);
  return { plugins: loaded, properties };
}

/** The property that is a card's address, and the network that boards' cards are plugged into. */
const ADDRESS = "mac", BOARD_NETWORK = "net0";
/** First address of a machine's cards, as in QEMU. */
const FIRST_ADDRESS = 0x5254_0012_3456;

/** Cards whose address nobody chose get one each, in the order of the board. */
function giveAddresses(properties: Map<string, Record<string, unknown>>, nameless: readonly string[]): void {
  const taken = new Set<string>();
  for (const [path, { [ADDRESS]: mac }] of properties) {
    if (mac !== undefined && !nameless.includes(path)) taken.add(String(mac).toLowerCase());
  }
  let next = FIRST_ADDRESS;
  for (const path of nameless) {
    const address = () => next.toString(16).padStart(12, "0").match(/../g)!.join(":");
    while (taken.has(address())) next++;
    properties.get(path)![ADDRESS] = address();
    next++;
  }
}

/** Properties with those of the board's own card. */
function withCard(
  set: DeviceProperties,
  card: CardSetup,
  paths: ReadonlyMap<string, BoardDevice>,
): DeviceProperties {
  const path = [...paths].find(([, { properties }]) => properties?.netdev === BOARD_NETWORK)?.[0];
  if (path === undefined) {
    throw new Error(
      "the board has no network card of its own; add one with --device virtio-net-mmio,netdev=ID",
    );
  }
  const chosen = Object.entries(card).filter(([, value]) => value !== undefined);
  return { ...set, [path]: { ...Object.fromEntries(chosen), ...set[path] } };
}

/** The board with the user's devices on it. */
export async function addDevices(
  board: Board,
  { plugins, added }: { readonly plugins: PluginHost; readonly added: readonly AddedDevice[] },
): Promise<Board> {
  let devices: Record<string, BoardDevice> = { ...board.devices };
  for (const { use, properties } of added) {
    const who = `device "${use}"`;
    const plugin = await plugins.load("device", use);
    const { known, id, at: place, on, out } = sort(properties, plugin);
    const { at, ...rest } = placeOf(place, { who, plugin, devices, slots: board.slots ?? [] });
    const device: BoardDevice = {
      use,
      properties: known,
      ...rest,
      out: { ...rest.out, ...out },
      ...at === undefined ? {} : { at },
    };
    if (plugin.manifest.bus !== undefined || on !== undefined) {
      devices = await plug({ device, id, on }, { who, plugin, devices, plugins });
      continue;
    }
    if (at === undefined && plugin.size !== 0) {
      throw new PluginError(who, {
        field: `property "at"`,
        problem: "is missing",
        mend: "say at which address its registers are: at=0x…",
      });
    }
    const name = String(id ?? use);
    if (devices[name]) {
      throw new PluginError(who, {
        field: `property "id"`,
        problem: `there already is a device "${name}"`,
        mend: "give it another id=…",
      });
    }
    devices[name] = device;
  }
  return { ...board, devices };
}

/** Tells the plugin's own properties from what places it on the board; the plugin's win. */
function sort(properties: Readonly<Record<string, unknown>>, plugin: DevicePlugin) {
  const known: Record<string, unknown> = {},
    out: Record<string, string> = {},
    place: Record<string, unknown> = {};
  const outputs: readonly string[] = plugin.outputs ?? [];
  for (const [name, value] of Object.entries(properties)) {
    if (Object.hasOwn(plugin.manifest.properties ?? {}, name)) known[name] = value;
    else if (outputs.includes(name)) out[name] = String(value);
    else if (name === "id" || name === "at" || name === "on") place[name] = value;
    else if (name === "bus") place.on = value; // as QEMU spells it
    else known[name] = value; // validation complains, with all the names there are
  }
  const { id, at, on } = place;
  return { known, out, id, at, on };
}

interface Bus {
  readonly who: string;
  readonly plugin: DevicePlugin;
  readonly devices: Readonly<Record<string, BoardDevice>>;
  readonly plugins: PluginHost;
}

/** The devices, with one more on the bus of one of them. Where there is room for one, it takes the other's place. */
async function plug(
  { device, id, on }: { readonly device: BoardDevice; readonly id: unknown; readonly on: unknown },
  { who, plugin, devices, plugins }: Bus,
): Promise<Record<string, BoardDevice>> {
  const { manifest: { name, bus } } = plugin;
  const paths = devicePaths({ devices });
  const hostOf = async (use: string) => (await plugins.load("device", use)).hosts;
  const fault = async (problem: string) => {
    const fitting: string[] = [];
    for (const [path, { use }] of paths) {
      if (bus !== undefined && (await hostOf(use))?.bus === bus) fitting.push(path);
    }
    const mend = bus === undefined
      ? "it plugs into no bus: leave on=… away"
      : fitting.length > 0
      ? `name a device with a bus of kind ${bus}, here ${fitting.join(" or ")}`
      : `the board has no device with a bus of kind ${bus}: add one first`;
    return new PluginError(who, { field: `property "on"`, problem, mend });
  };
  if (on === undefined) throw await fault("is missing");
  const host = paths.get(String(on));
  if (!host) throw await fault(`there is no device "${on}"`);
  const hosts = await hostOf(host.use);
  if (bus === undefined || hosts?.bus !== bus) {
    throw await fault(`"${on}" (${host.use}) ${hosts ? `has a bus of kind ${hosts.bus}` : "has no bus"}`);
  }
  const child = String(id ?? name);
  if (hosts.many && host.children?.[child]) {
    throw new PluginError(who, {
      field: `property "id"`,
      problem: `there already is a device "${child}" on "${on}"`,
      mend: "give it another id=…",
    });
  }
  const change = (host: BoardDevice): BoardDevice =>
    hosts.many ? { ...host, children: { ...host.children, [child]: device } } : { ...host, child: device };
  const walk = (path: string, device: BoardDevice): BoardDevice => {
    if (path === on) return change(device);
    if (!String(on).startsWith(`${path}.`)) return device;
    const { child, children } = device;
    return {
      ...device,
      ...child && { child: walk(`${path}.${child.use}`, child) },
      ...children && {
        children: Object.fromEntries(
          Object.entries(children).map(([name, one]) => [name, walk(`${path}.${name}`, one)]),
        ),
      },
    };
  };
  return Object.fromEntries(Object.entries(devices).map(([name, one]) => [name, walk(name, one)]));
}

interface Surroundings {
  readonly who: string;
  readonly plugin: DevicePlugin;
  readonly devices: Readonly<Record<string, BoardDevice>>;
  readonly slots: readonly BoardSlot[];
}

/** Address, line and node: those of a slot, if the device is one for slots and nothing else was asked for. */
function placeOf(
  place: unknown,
  { who, plugin, devices, slots }: Surroundings,
): Pick<BoardDevice, "at" | "out" | "fdt"> {
  const at = place === undefined ? undefined : addressOf(place, who);
  const { compatible, size } = plugin;
  if (compatible === undefined || typeof size !== "number" || slots.length === 0) {
    return at === undefined ? {} : { at };
  }
  const taken = new Set(Object.values(devices).map(({ at }) => at));
  const slot = slots.find((slot) =>
    size <= slot.size && (at === undefined ? !taken.has(slot.at) : slot.at === at)
  );
  if (slot) {
    const out: Record<string, string> = plugin.outputs?.includes("irq") ? { irq: slot.irq } : {};
    return { at: slot.at, out, fdt: { compatible, size, ...slot.fdt } };
  }
  if (at !== undefined) return { at };
  const widest = Math.max(...slots.map(({ size }) => size));
  if (size > widest) {
    throw new PluginError(who, {
      field: "size",
      problem: `its window of ${size} bytes is too wide for the board's slots of ${widest}`,
      mend: "make it smaller, or say where it goes with at=0x… and irq=…",
    });
  }
  throw new PluginError(who, {
    problem: `the board has no more room for it: ${slots.length} such devices are the most`,
    mend: "say where it goes with at=0x… and irq=…",
  });
}

function addressOf(at: unknown, who: string): number {
  const address = typeof at === "number" ? at : parseInteger(String(at));
  if (address !== undefined && address >= 0) return address;
  throw new PluginError(who, {
    field: `property "at"`,
    problem: `"${at}" is no address`,
    mend: "write it as 0x1f000000",
  });
}
