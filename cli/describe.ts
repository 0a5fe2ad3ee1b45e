import type { DevicePlugin, FieldInfo, RegisterInfo } from "../core/device/device.ts";
import type { RemotePolicy } from "../core/plugin/integrity.ts";
import { type Found, PluginHost } from "../core/plugin/load.ts";
import { KINDS } from "../core/plugin/manifest.ts";
import { didYouMean } from "../core/plugin/nearest.ts";
import { deviceRig } from "../core/testing/device_rig.ts";
import { usageError, UserError } from "./error.ts";
import { columns, propertyList } from "./lists.ts";

type Print = (text: string) => void;

/** `emu.ts plugins [KIND] [--plugin SPEC …]`: a line for each plugin. */
export async function listPlugins(args: readonly string[], print: Print): Promise<number> {
  const { names: [kind, ...more], host } = await argumentsOf("plugins", args);
  const kinds = KINDS.filter((known) => kind === undefined || known === kind);
  if (kinds.length === 0 || more.length > 0) {
    throw usageError(
      `Cannot list plugins of kind "${more[0] ?? kind}"${didYouMean(kind, KINDS)}; the kinds are ${
        KINDS.join(", ")
      }`,
    );
  }
  const found = (await Promise.all(kinds.map((kind) => host.list(kind)))).flat();
  print(table(found.map((one) => {
    const { kind, name, version, summary } = one.manifest;
    return [kind, name, version, originOf(one), summary];
  })));
  return 0;
}

/** `emu.ts describe NAME [--plugin SPEC …]`: what a plugin is, its properties, registers and lines. */
export async function describePlugin(args: readonly string[], print: Print): Promise<number> {
  const { names: [name, ...more], host } = await argumentsOf("describe", args);
  if (name === undefined || more.length > 0) {
    throw usageError("Cannot describe a plugin: write it as emu.ts describe NAME [--plugin SPEC]");
  }
  const [wantedKind, wanted] = name.includes("/") ? name.split("/") : [undefined, name];
  const all = (await Promise.all(KINDS.map((kind) => host.list(kind)))).flat();
  const found = all.filter(({ manifest }) =>
    manifest.name === wanted && (wantedKind === undefined || manifest.kind === wantedKind)
  );
  if (found.length === 0) {
    const names = all.map(({ manifest }) => manifest.name);
    throw new UserError(
      `Cannot describe "${name}": there is no such plugin${
        didYouMean(wanted, names)
      }; \`emu.ts plugins\` lists them`,
    );
  }
  for (const [n, one] of found.entries()) {
    if (n > 0) print("\n");
    print(await textOf(one, host));
  }
  return 0;
}

async function argumentsOf(
  command: string,
  args: readonly string[],
): Promise<{ readonly names: string[]; readonly host: PluginHost }> {
  const names: string[] = [], specs: string[] = [];
  let remote: RemotePolicy = "check";
  for (let i = 0; i < args.length; i++) {
    const [, given] = /^--?plugin(?:=(.*))?$/.exec(args[i]) ?? [];
    if (given !== undefined) specs.push(given);
    else if (/^--?plugin$/.test(args[i]) && i + 1 < args.length) specs.push(args[++i]);
    else if (/^--?trust$/.test(args[i])) remote = "trust";
    else if (args[i].startsWith("-")) {
      throw usageError(
        `Cannot use option ${args[i]}: emu.ts ${command} knows only --plugin SPEC and --trust`,
      );
    } else names.push(args[i]);
  }
  const host = new PluginHost(undefined, { remote });
  await host.addAll(specs);
  return { names, host };
}

async function textOf(found: Found, host: PluginHost): Promise<string> {
  const { manifest } = found, { kind, version } = manifest;
  const head = `${kind} ${propertyList(manifest)}  version ${version}, ${originOf(found)}\n`;
  return kind === "device" ? head + deviceText(await host.load("device", manifest.name)) : head;
}

function deviceText(plugin: DevicePlugin): string {
  const { outputs = [], inputs = [], manifest, compatible, hosts, traces = {} } = plugin, { bus } = manifest;
  const facts: [string, string][] = [
    ...bus === undefined ? [] : [["plugs into", bus] as [string, string]],
    ...hosts === undefined
      ? []
      : [["bus for", `${hosts.bus}${hosts.many ? ", several" : ""}`] as [string, string]],
    ...compatible === undefined ? [] : [["compatible", compatible] as [string, string]],
    ...outputs.length === 0 ? [] : [["lines out", outputs.join(", ")] as [string, string]],
    ...inputs.length === 0 ? [] : [["lines in", inputs.join(", ")] as [string, string]],
  ];
  for (const [event, values] of Object.entries(traces)) {
    facts.push(["trace event", `${manifest.name}_${event}: ${Object.keys(values).join(", ")}`]);
  }
  const registers = registersOf(plugin);
  return (facts.length > 0 ? columns(facts) : "") +
    (registers.length > 0 ? `registers:\n${table(registers.map(registerRow))}` : "");
}

function registerRow({ offset, size, name, access, fields = [] }: RegisterInfo): string[] {
  const words = { rw: "", r: "read-only", w: "write-only", "-": "not modelled" }[access];
  const parts = fields.map(fieldText).join(", ");
  return [`0x${offset.toString(16).padStart(3, "0")}`, `${8 * size} bit`, name, parts || words];
}

/** "MODE[7:4]", and what is special about it: "DONE[0] w1c". */
function fieldText({ name, msb, lsb, access }: FieldInfo): string {
  return `${name}[${msb === lsb ? msb : `${msb}:${lsb}`}]${access === "rw" ? "" : ` ${access}`}`;
}

/** The registers of a device on a bench of its own; none if it cannot live there. */
function registersOf(plugin: DevicePlugin): readonly RegisterInfo[] {
  try {
    return deviceRig(plugin).device.registers ?? [];
  } catch {
    return [];
  }
}

/** Where a plugin comes from. */
function originOf({ source }: Found): string {
  const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
  const home = ["boards", "devices", "netdev", "plugins"].find((folder) =>
    source.label.startsWith(`${root}${folder}/`)
  );
  return home ? "built in" : source.label;
}

/** Rows in columns, the last one as it is. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i].length))) ?? [];
  return rows.map((row) =>
    `  ${row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i])).join("  ").trimEnd()}\n`
  ).join("");
}
