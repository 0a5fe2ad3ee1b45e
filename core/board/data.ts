import { parseInteger } from "../plugin/coerce.ts";
import { PluginError } from "../plugin/error.ts";
import { didYouMean } from "../plugin/nearest.ts";
import type { Board, BoardAlias, BoardDevice, BoardMemory } from "./board.ts";
import { devicePaths } from "./paths.ts";

/** A number, or as texts write it: "0x1000_0000", "64K". */
export type NumberText = number | string;

/** A device in a `BoardData`. Without `use` it changes the inherited device of that name, field by field. */
export interface DeviceData {
  /** Name of the device plugin. */
  readonly use?: string;
  /** Guest-physical address of its window. */
  readonly at?: NumberText;
  /** Output line → input lines; null: to nothing. */
  readonly out?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Values of the plugin's properties. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
  /** What is plugged into its bus; null: nothing. */
  readonly child?: DeviceData | null;
  /** What is plugged into a bus that takes several devices. */
  readonly children?: Parts<DeviceData>;
  /** What the device tree has to be told of it. */
  readonly fdt?: FdtData | null;
}

/** A node of the device tree; `size` is that of the device's window. */
export interface FdtData {
  /** What drivers look for, the most specific first: `["arm,pl011", "arm,primecell"]`. */
  readonly compatible: string | readonly string[];
  /** Bytes of the window. */
  readonly size: NumberText;
  /** Path of the interrupt controller's node. */
  readonly interruptParent: string;
  /** Cells that say which line, as the controller's node wants them. */
  readonly interrupts: readonly number[];
  /** What the device calls a clock → path of the clock's node. */
  readonly clocks?: Readonly<Record<string, string>>;
}

/** Parts by name; null takes an inherited one away. */
export type Parts<T> = Readonly<Record<string, T | null>>;

/** A board as a JSON file says it; `board.schema.json` is its schema. Without `extends` it has to be complete. */
export interface BoardData {
  /** Place of `board.schema.json`, for editors. */
  readonly $schema?: string;
  /** Default: the file's name. */
  readonly name?: string;
  /** One line, for lists. */
  readonly summary?: string;
  /** Name of a board plugin, or path of another such file. */
  readonly extends?: string;
  /** Name of the ISA plugin, and one of its CPU models. */
  readonly cpu?: { readonly isa?: string; readonly model?: string };
  /** Sizes of RAM that the user may choose. */
  readonly ram?: {
    readonly minimum?: NumberText;
    readonly maximum?: NumberText;
    readonly default?: NumberText;
  };
  /** A size "ram" is what the user chose. */
  readonly memory?: Parts<{ readonly at: NumberText; readonly size: NumberText; readonly rom?: boolean }>;
  /** Devices by name; null takes an inherited one away. */
  readonly devices?: Parts<DeviceData>;
  /** Further views of memory or windows, as `BoardAlias` explains them. */
  readonly aliases?: Parts<{
    readonly at: NumberText;
    readonly size: NumberText;
    readonly of: string;
    readonly offset?: NumberText;
    readonly when?: string;
  }>;
  /** Room for devices that the user adds; in the place of the inherited ones. */
  readonly slots?: readonly {
    readonly at: NumberText;
    readonly size: NumberText;
    /** Input line that the device's line "irq" leads to. */
    readonly irq: string;
    readonly fdt: Pick<FdtData, "interruptParent" | "interrupts">;
  }[];
  /** Known but not built, by name: accesses are logged, reads give 0. */
  readonly unimplemented?: Parts<{ readonly at: NumberText; readonly size: NumberText }>;
  /** Input lines that several outputs may drive. */
  readonly shared?: readonly string[];
  /** Devices and memory that may lie over others, and others over them: what comes later is on top. */
  readonly layered?: readonly string[];
  /** How it starts, as `BoardBoot` explains it. */
  readonly boot?: {
    readonly machineType?: NumberText;
    readonly memory?: string;
    readonly firmware?: { readonly file: string; readonly at: NumberText };
    readonly setup?: readonly { readonly at: NumberText; readonly value: NumberText }[];
  };
}

/** What a board's data is applied to, and how it is spoken of. */
export interface DataContext {
  /** For messages. */
  readonly who: string;
  /** The board that it extends. */
  readonly base: Board | undefined;
  /** Bytes. */
  readonly ram: number;
  /** CPU model of the user's choice. */
  readonly cpu: string | undefined;
  /** Where the data comes from: paths in it are relative to this. */
  readonly url: URL;
}

/** The board that valid data describes. */
export function boardOf(data: BoardData, { who, base, ram, cpu, url }: DataContext): Board {
  const size = (text: NumberText) => text === "ram" ? ram : numberOf(text);
  const memory = parts(data.memory, base?.memory, { who, field: "memory" }, ({ at, size: bytes, rom }) => ({
    at: numberOf(at),
    size: size(bytes),
    ...rom === undefined ? {} : { rom },
  } satisfies BoardMemory));
  const devices = parts(
    data.devices,
    base?.devices,
    { who, field: "devices" },
    (device, name) => deviceOf(device, { who, field: `devices.${name}`, inherited: base?.devices[name] }),
  );
  const aliases = parts(data.aliases, base?.aliases, { who, field: "aliases" }, ({ at, of, ...alias }) => ({
    at: numberOf(at),
    size: size(alias.size),
    of,
    ...alias.offset === undefined ? {} : { offset: numberOf(alias.offset) },
    ...alias.when === undefined ? {} : { when: alias.when },
  } satisfies BoardAlias));
  const unimplemented = parts(
    data.unimplemented,
    base?.unimplemented,
    { who, field: "unimplemented" },
    ({ at, size }) => ({ at: numberOf(at), size: numberOf(size) }),
  );
  const { machineType, firmware, setup } = data.boot ?? {};
  const paths = devicePaths({ devices }), before = devicePaths({ devices: base?.devices ?? {} });
  const isGone = (path: string) => !paths.has(path) && before.has(path);
  return {
    ...base,
    cpu: {
      isa: data.cpu?.isa ?? needed(base, { who, field: "cpu.isa" }).cpu.isa,
      model: cpu ?? data.cpu?.model ?? needed(base, { who, field: "cpu.model" }).cpu.model,
    },
    memory,
    devices: cutLines(devices, isGone),
    aliases: Object.fromEntries(
      Object.entries(aliases).filter(([name, { of }]) =>
        data.aliases?.[name] || of in memory || of in devices
      ),
    ),
    ...data.slots && {
      slots: data.slots.map(({ at, size, irq, fdt }) => ({
        at: numberOf(at),
        size: numberOf(size),
        irq,
        fdt,
      })),
    },
    unimplemented,
    boot: {
      ...base?.boot,
      machineType: machineType === undefined ? base?.boot.machineType ?? 0xffff_ffff : numberOf(machineType),
      memory: data.boot?.memory ?? needed(base, { who, field: "boot.memory" }).boot.memory,
      ...firmware && { firmware: { file: new URL(firmware.file, url), at: numberOf(firmware.at) } },
      ...setup && { setup: setup.map(({ at, value }) => ({ at: numberOf(at), value: numberOf(value) })) },
    },
  };
}

/** A number that the schema has let through. */
export function numberOf(text: NumberText): number {
  return typeof text === "number" ? text : parseInteger(text)!;
}

interface Field {
  readonly who: string;
  readonly field: string;
}

function needed(base: Board | undefined, { who, field }: Field): Board {
  if (base) return base;
  throw new PluginError(who, {
    field,
    problem: "is missing",
    mend: `add it, or say what the board "extends"`,
  });
}

/** Inherited parts, with those of the data in their place, added, or taken away. */
function parts<D, P>(
  data: Parts<D> | undefined,
  inherited: Readonly<Record<string, P>> = {},
  { who, field }: Field,
  make: (data: D, name: string) => P,
): Record<string, P> {
  const result: Record<string, P> = { ...inherited };
  for (const [name, part] of Object.entries(data ?? {})) {
    if (part !== null) {
      result[name] = make(part, name);
      continue;
    }
    if (!Object.hasOwn(inherited, name)) {
      throw new PluginError(who, {
        field: `${field}.${name}`,
        problem: `there is none to take away${didYouMean(name, Object.keys(inherited))}`,
        mend: "remove the line, or name an inherited one",
      });
    }
    delete result[name];
  }
  return result;
}

function deviceOf(
  { use, at, out, properties, child, children, fdt }: DeviceData,
  { who, field, inherited }: Field & { readonly inherited: BoardDevice | undefined },
): BoardDevice {
  const from = use === undefined ? inherited : undefined;
  const name = use ?? from?.use;
  if (name === undefined) {
    throw new PluginError(who, {
      field: `${field}.use`,
      problem: "is missing, and there is no inherited device of that name",
      mend: "name the device plugin",
    });
  }
  const { child: inheritedChild, children: inheritedChildren, fdt: inheritedFdt, ...rest } = from ??
    { use: name };
  const lines = Object.entries({ ...from?.out, ...out }).filter(([, to]) => to !== null);
  const plugged = child === undefined
    ? inheritedChild
    : child === null
    ? undefined
    : deviceOf(child, { who, field: `${field}.child`, inherited: inheritedChild });
  const several = parts(
    children,
    inheritedChildren,
    { who, field: `${field}.children` },
    (one, name) =>
      deviceOf(one, { who, field: `${field}.children.${name}`, inherited: inheritedChildren?.[name] }),
  );
  const node = fdt === undefined ? inheritedFdt : fdt && { ...fdt, size: numberOf(fdt.size) };
  return {
    ...rest,
    ...at === undefined ? {} : { at: numberOf(at) },
    out: Object.fromEntries(lines) as Record<string, string | readonly string[]>,
    properties: { ...from?.properties, ...properties },
    ...plugged && { child: plugged },
    ...Object.keys(several).length > 0 && { children: several },
    ...node && { fdt: node },
  };
}

/** Devices without the lines that lead to devices that were taken away. */
function cutLines(
  devices: Record<string, BoardDevice>,
  isGone: (name: string) => boolean,
): Record<string, BoardDevice> {
  const left = (inputs: string | readonly string[]) => {
    const there = [inputs].flat().filter((input) => !isGone(input.slice(0, input.lastIndexOf("."))));
    return there.length === [inputs].flat().length ? inputs : there;
  };
  const lines = (out: NonNullable<BoardDevice["out"]>) =>
    Object.fromEntries(Object.entries(out).map(([line, inputs]) => [line, left(inputs)]));
  return Object.fromEntries(
    Object.entries(devices).map(([name, device]) => [
      name,
      device.out ? { ...device, out: lines(device.out) } : device,
    ]),
  );
}
