import { mistakeOf } from "../plugin/error.ts";
import type { Device, DevicePlugin, State } from "./device.ts";

/** A device's state with what is needed to understand it later. */
export interface SavedDevice {
  /** Name of the device plugin. */
  readonly device: string;
  /** Version of the state's form (`StateFormat`). */
  readonly version: number;
  /** What `Device.snapshot` gave. */
  readonly state: State;
}

/** A device and what it is one of. */
export interface Made {
  readonly plugin: DevicePlugin;
  readonly device: Device;
}

/** The state of a device. */
export function saveDevice({ plugin, device }: Made): SavedDevice {
  return { device: plugin.manifest.name, version: versionOf(plugin), state: device.snapshot() };
}

/**
 * States as the devices that there are now take them, by path; older ones are migrated. What was saved is not changed.
 *
 * @throws {Error} "Cannot restore …" if one does not fit, or devices are missing on either side.
 */
export function checkSaved(
  saved: Readonly<Record<string, SavedDevice>>,
  devices: ReadonlyMap<string, Made>,
): Map<string, State> {
  for (const path of devices.keys()) {
    if (!Object.hasOwn(saved, path)) throw new Error(`Cannot restore "${path}": it is not in what was saved`);
  }
  return new Map(
    Object.entries(saved).map(([path, one]) => {
      const made = devices.get(path);
      if (!made) throw new Error(`Cannot restore "${path}": the machine has no such device`);
      return [path, migrated(one, made.plugin, path)];
    }),
  );
}

/** One device's state in today's form. */
export function migrated({ device, version, state }: SavedDevice, plugin: DevicePlugin, path: string): State {
  const { name } = plugin.manifest, today = versionOf(plugin);
  const fail = (why: string) => new Error(`Cannot restore "${path}" (${name}): ${why}`);
  if (device !== name) throw fail(`what was saved is the state of a "${device}"`);
  if (!Number.isInteger(version) || version < 1) throw fail(`"${version}" is no version`);
  if (version > today) {
    throw fail(`its state is of version ${version}, the plugin knows versions up to ${today}; update it`);
  }
  if (version === today) return state;
  let result: unknown;
  try {
    result = plugin.state!.migrate(structuredClone(state), version);
  } catch (error) {
    throw fail(`migrating its state from version ${version} failed: ${mistakeOf(error)}`);
  }
  if (typeof result === "object" && result !== null) return result;
  throw fail(`migrating its state from version ${version} gave no state; return it from "migrate"`);
}

function versionOf({ state }: DevicePlugin): number {
  return state?.version ?? 1;
}
