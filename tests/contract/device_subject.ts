import { type Device, type DevicePlugin, type DeviceRig, deviceRig, type RigOptions } from "@emu/core";
import { SlowBlock } from "./slow_block.ts";

/** A device as a test meets it: itself, what is plugged into it, what it is plugged into. */
export interface Case {
  /** "pl050 with ps2-mouse". */
  readonly name: string;
  readonly plugin: DevicePlugin;
  readonly child: DevicePlugin | undefined;
  readonly medium: boolean;
}

/** What makes some devices quicker to test: everything else has its default. */
const PROPERTIES: Readonly<Record<string, Record<string, unknown>>> = {
  // The smallest chips: 16 MiB of cells would be compared over and over.
  "cfi-flash": { size: 512 << 10 },
};

const MEDIUM_SIZE = 4 << 20;

/** Every way in which a device can stand on a board: with each child its bus takes, with a medium and without. */
export function casesOf(plugin: DevicePlugin, all: readonly DevicePlugin[]): Case[] {
  const { name } = plugin.manifest, wants = wantsOf(plugin);
  const children = all.filter(({ manifest }) => manifest.bus !== undefined && wants.buses.has(manifest.bus));
  const alone = { name, plugin, child: undefined, medium: false };
  return [
    alone,
    ...wants.medium ? [{ ...alone, name: `${name} with a medium`, medium: true }] : [],
    ...children.map((child) => ({
      name: `${name} with ${child.manifest.name}`,
      plugin,
      child,
      medium: wantsOf(child).medium,
    })),
  ];
}

/** What a device asks of its surroundings when it is made. */
function wantsOf(plugin: DevicePlugin): { buses: Set<string>; medium: boolean } {
  const buses = new Set<string>();
  let medium = false;
  rigOf({
    ...plugin,
    create: (context) =>
      plugin.create({
        ...context,
        child: (bus) => (buses.add(bus), undefined),
        children: (bus) => (buses.add(bus), []),
        block: () => (medium = true, undefined),
      }),
  }, {});
  return { buses, medium };
}

function rigOf(plugin: DevicePlugin, more: Pick<RigOptions, "block" | "child" | "children">): DeviceRig {
  return deviceRig(plugin, { properties: PROPERTIES[plugin.manifest.name] ?? {}, ...more });
}

/** A device among fakes, with its child, as one thing to poke, save and compare. */
export class Subject {
  readonly rig: DeviceRig;
  readonly device: Device;
  readonly plugin: DevicePlugin;
  /** Bytes of the register window. */
  readonly window: number;
  /** The rigs there are: the child's, then the device's own. */
  readonly rigs: readonly DeviceRig[];
  readonly #block: SlowBlock | undefined;

  constructor({ plugin, child, medium }: Case) {
    const properties = PROPERTIES[plugin.manifest.name] ?? {};
    this.#block = medium ? new SlowBlock((properties.size as number | undefined) ?? MEDIUM_SIZE) : undefined;
    const block = this.#block === undefined ? {} : { block: this.#block };
    const inner = child && rigOf(child, block);
    this.plugin = plugin;
    const { bus } = inner?.device ?? {};
    this.rig = rigOf(plugin, {
      ...block,
      child: bus,
      ...child && { children: { [child.manifest.name]: bus } },
    });
    this.device = this.rig.device;
    this.rigs = inner ? [inner, this.rig] : [this.rig];
    const { size } = plugin;
    const defaults = Object.entries(plugin.manifest.properties ?? {}).map((
      [name, { default: value }],
    ) => [name, value]);
    this.window = typeof size === "function"
      ? size({ ...Object.fromEntries(defaults), ...properties })
      : size;
  }

  /** Bytes; 0 without a medium. */
  get mediumSize(): number {
    return this.#block?.size ?? 0;
  }

  advance(nanoseconds: number): void {
    for (const rig of this.rigs) rig.advance(nanoseconds);
  }

  /** Lets block operations end. */
  async settle(fails?: () => boolean): Promise<void> {
    await this.#block?.settle(fails);
  }

  reset(): void {
    for (const { device } of this.rigs) device.reset();
  }

  snapshot(): object[] {
    return this.rigs.map(({ device }) => device.snapshot());
  }

  restore(states: readonly object[]): void {
    this.rigs.forEach(({ device }, i) => device.restore(states[i]));
  }

  /** The output lines' levels. */
  get lines(): Record<string, boolean>[] {
    return this.rigs.map(({ lines }) => ({ ...lines }));
  }

  /** Drives all inputs low: their levels are the drivers' and outlive a reset. */
  lowerInputs(): void {
    for (const { device } of this.rigs) {
      for (const line of Object.values(device.inputs ?? {})) line(false);
    }
  }
}

/** State that a reset leaves as it is, because it outlives even loss of power. */
const NON_VOLATILE: Readonly<Record<string, readonly string[]>> = {
  "cfi-flash": ["cells", "locks"],
  // Power on takes the settings from there.
  ds18b20: ["eeprom", "settings"],
  "24cxx": ["cells"],
  "25xx": ["sectors", "protection"],
};

/** A snapshot without what does not go away. */
export function volatile(plugin: DevicePlugin, state: unknown): unknown {
  const kept = NON_VOLATILE[plugin.manifest.name] ?? [];
  return kept.length === 0 ? state : structuredCloneWith(state, (key) => kept.includes(key));
}

function structuredCloneWith(value: unknown, leftOut: (key: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => structuredCloneWith(item, leftOut));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !leftOut(key)).map(([key, item]) => [
      key,
      structuredCloneWith(item, leftOut),
    ]),
  );
}
