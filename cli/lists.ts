import type { Board } from "../core/board/board.ts";
import { loadBoard } from "../core/board/file.ts";
import { devicePaths } from "../core/board/paths.ts";
import { eventsOf } from "../core/device/trace.ts";
import { PluginHost } from "../core/plugin/load.ts";
import type { Kind, Manifest } from "../core/plugin/manifest.ts";
import { validateProperties } from "../core/plugin/validate.ts";
import { LOG_ITEMS, type Options } from "./options.ts";

const KIND_OF: Readonly<Record<string, Kind>> = {
  board: "board",
  device: "device",
  chardev: "chardev",
  netdev: "netdev",
  drive: "block",
  audio: "audio",
  instrument: "instrument",
};

/** Prints the lists that were asked for; says whether there were any. */
export async function showLists(options: Options, print: (text: string) => void): Promise<boolean> {
  if (options.lists.length === 0) return false;
  const plugins = new PluginHost(undefined, { remote: options.trust ? "trust" : "check" });
  await plugins.addAll(options.plugins);
  for (const { option, of } of options.lists) {
    if (option === "log") print(columns(Object.entries(LOG_ITEMS)));
    else if (option === "trace") print(await traceList(plugins, options.board));
    else if (option === "cpu") print(await cpuList(plugins, options.board));
    else if (of !== undefined) print(propertyList((await plugins.get(KIND_OF[option], of)).manifest));
    else {
      const found = await plugins.list(KIND_OF[option]);
      print(columns(found.map(({ manifest }) => [manifest.name, manifest.summary])));
    }
  }
  return true;
}

/** Trace events of the board's devices, or of all that there are. */
async function traceList(plugins: PluginHost, boardText: string): Promise<string> {
  const board = boardText.split(",")[0];
  const names = board === ""
    ? (await plugins.list("device")).map(({ manifest }) => manifest.name)
    : [...devicePaths(await boardOf(plugins, board)).values()].map(({ use }) => use);
  const rows: [string, string][] = [];
  for (const name of new Set(names)) {
    for (const [event, values] of eventsOf(await plugins.load("device", name))) {
      rows.push([event, Object.keys(values).join(" ")]);
    }
  }
  return columns(rows);
}

async function boardOf(plugins: PluginHost, board: string): Promise<Board> {
  const { create, ram, manifest } = (await loadBoard(board, plugins)).plugin;
  const properties = await validateProperties({}, { who: `board "${board}"`, manifest });
  return create({ ram: ram.default, cpu: undefined }, properties);
}

/** The models of the board's ISA, or of all. */
async function cpuList(plugins: PluginHost, boardText: string): Promise<string> {
  const board = boardText.split(",")[0];
  const isas = board === ""
    ? (await plugins.list("isa")).map(({ manifest }) => manifest.name)
    : [await isaOf(plugins, board)];
  const rows: [string, string][] = [];
  for (const isa of isas) {
    const { models, defaultModel } = await plugins.load("isa", isa);
    for (const model of Object.keys(models)) {
      rows.push([model, model === defaultModel ? `${isa}, default` : isa]);
    }
  }
  return columns(rows);
}

async function isaOf(plugins: PluginHost, board: string): Promise<string> {
  return (await boardOf(plugins, board)).cpu.isa;
}

/** A plugin's name, summary and properties. */
export function propertyList({ name, summary, properties = {} }: Manifest): string {
  const rows = Object.entries(properties).map(([name, schema]): [string, string] => {
    const { type, description, minimum, maximum, enum: values, unit } = schema;
    const range = values
      ? ` (${values.join(", ")})`
      : minimum !== undefined || maximum !== undefined
      ? ` (${minimum ?? ""}…${maximum ?? ""})`
      : "";
    const otherwise = schema.default === undefined ? "" : `; default ${JSON.stringify(schema.default)}`;
    return [`${name}=${type}`, `${description}${unit ? `, in ${unit}` : ""}${range}${otherwise}`];
  });
  return `${name}: ${summary}\n${rows.length > 0 ? columns(rows) : "  no properties\n"}`;
}

/** Rows of two columns. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}
