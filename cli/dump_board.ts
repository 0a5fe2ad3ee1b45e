import type { Board, BoardDevice } from "../core/board/board.ts";
import { clashOf, layers, type Prepared } from "../core/board/clashes.ts";
import type { BoardData, DeviceData } from "../core/board/data.ts";
import { devicePaths, pluggedInto } from "../core/board/paths.ts";
import { prepareDevices } from "../core/machine/board_setup.ts";
import { resolveBoard } from "../core/machine/create.ts";
import type { PluginHost } from "../core/plugin/load.ts";
import { usageError, UserError } from "./error.ts";
import { fileProblem } from "./files.ts";
import type { Options } from "./options.ts";

/** What there is to write of a board. */
interface Dump {
  readonly name: string;
  readonly board: Board;
  readonly prepared: Prepared;
}

const FORMS: Readonly<Record<string, (dump: Dump) => string>> = { json: jsonOf, dot: dotOf, mmd: mermaidOf };

/** Writes the machine of a setup, with the user's devices and properties, without making it: JSON, Graphviz or Mermaid. */
export async function dumpBoard(
  path: string,
  { options, plugins }: { readonly options: Options; readonly plugins: PluginHost },
): Promise<void> {
  const form = FORMS[/\.(\w+)$/.exec(path)?.[1] ?? ""];
  if (!form) {
    throw usageError(`Cannot use option --dump-board ${path}: the file's name ends in .json, .dot or .mmd`);
  }
  const { board, ...own } = await resolveBoard(options, plugins);
  const prepared = await prepareDevices(board, { plugins, set: options.properties });
  const clash = clashOf(board, prepared, own);
  if (clash !== undefined) throw new Error(`Cannot build "${options.board}": ${clash}`);
  const name = options.board.split("/").at(-1)!.replace(/\.\w+$/, "");
  try {
    await Deno.writeTextFile(path, form({ name, board, prepared }));
  } catch (error) {
    throw new UserError(`Cannot write --dump-board ${path}: ${fileProblem(error)}`);
  }
}

const hex = (value: number) => `0x${value.toString(16).padStart(8, "0")}`;

/** A board's file that makes the same machine. */
function jsonOf({ name, board, prepared }: Dump): string {
  const { cpu, memory, devices, aliases = {}, slots = [], unimplemented = {}, boot } = board;
  const places = <T extends { at: number; size: number }>(parts: Readonly<Record<string, T>>) =>
    mapped(parts, (part) => ({ ...part, at: hex(part.at), size: hex(part.size) }));
  const deviceOf = (path: string, { use, at, out, child, children, fdt }: BoardDevice): DeviceData => ({
    use,
    ...at === undefined ? {} : { at: hex(at) },
    ...out && Object.keys(out).length > 0 && { out },
    properties: prepared.properties.get(path) as NonNullable<DeviceData["properties"]>,
    ...child && { child: deviceOf(`${path}.${child.use}`, child) },
    ...children && { children: mapped(children, (one, name) => deviceOf(`${path}.${name}`, one)) },
    ...fdt && { fdt },
  });
  const ram = hex(memory[boot.memory].size);
  const { firmware, setup, ...rest } = boot;
  const inputs = connections(board).map(({ to }) => to);
  const data: BoardData = {
    name,
    cpu: { isa: cpu.isa, model: cpu.model },
    ram: { minimum: ram, maximum: ram, default: ram },
    memory: places(memory),
    devices: mapped(devices, (device, path) => deviceOf(path, device)),
    aliases: places(aliases),
    ...slots.length > 0 && {
      slots: slots.map((slot) => ({ ...slot, at: hex(slot.at), size: hex(slot.size) })),
    },
    unimplemented: places(unimplemented),
    shared: [...new Set(inputs.filter((input, i) => inputs.indexOf(input) !== i))],
    layered: layers(board, prepared),
    boot: {
      ...rest,
      ...firmware && { firmware: { file: firmware.file.href, at: hex(firmware.at) } },
      ...setup && { setup: setup.map(({ at, value }) => ({ at: hex(at), value: hex(value) })) },
    },
  };
  return `${JSON.stringify(data, null, 2)}\n`;
}

function mapped<T, U>(
  parts: Readonly<Record<string, T>>,
  map: (part: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, map(part, name)]));
}

interface Node {
  readonly id: string;
  readonly lines: readonly string[];
}

/** A line from an output to an input, or what is plugged into a bus. */
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly plug: boolean;
}

function nodesOf({ board }: Dump): Node[] {
  const memory = Object.entries(board.memory)
    .map(([name, { at, size }]) => ({ id: name, lines: [name, `${hex(at)}, ${size / 1024} KiB`] }));
  return [
    { id: "cpu", lines: ["cpu", board.cpu.model] },
    ...memory,
    ...[...devicePaths(board)].map(([path, { use, at }]) => ({
      id: path,
      lines: [path, use, ...at === undefined ? [] : [hex(at)]],
    })),
  ];
}

function edgesOf({ board }: Dump): Edge[] {
  const wires = connections(board).map(({ from, to }) => {
    const dot = to.lastIndexOf(".");
    return {
      from: from.path,
      to: to.slice(0, dot),
      label: `${from.line} > ${to.slice(dot + 1)}`,
      plug: false,
    };
  });
  const plugs = [...devicePaths(board)].flatMap(([path, device]) =>
    pluggedInto(path, device).map(([from]) => ({ from, to: path, label: "", plug: true }))
  );
  return [...wires, ...plugs];
}

function dotOf(dump: Dump): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '\\"')}"`;
  const nodes = nodesOf(dump).map(({ id, lines }) => `  ${quoted(id)} [label=${quoted(lines.join("\\n"))}];`);
  const edges = edgesOf(dump).map(({ from, to, label, plug }) =>
    `  ${quoted(from)} -> ${quoted(to)} [${plug ? "style=dashed, dir=none" : `label=${quoted(label)}`}];`
  );
  return `digraph ${quoted(dump.name)} {\n  rankdir=LR;\n  node [shape=box];\n${
    [...nodes, ...edges].join("\n")
  }\n}\n`;
}

function mermaidOf(dump: Dump): string {
  // Identifiers of Mermaid's have no dots or dashes, and some words are its own.
  const id = (text: string) => `n_${text.replace(/\W/g, "_")}`;
  const nodes = nodesOf(dump).map((node) => `  ${id(node.id)}["${node.lines.join("<br>")}"]`);
  const edges = edgesOf(dump).map(({ from, to, label, plug }) =>
    `  ${id(from)} ${plug ? "-.-" : `-- "${label.replace(">", "→")}" -->`} ${id(to)}`
  );
  return `flowchart LR\n${[...nodes, ...edges].join("\n")}\n`;
}

function connections(board: Board): { readonly from: { path: string; line: string }; readonly to: string }[] {
  return [...devicePaths(board)].flatMap(([path, { out }]) =>
    Object.entries(out ?? {}).flatMap(([line, to]) =>
      [to].flat().map((input) => ({ from: { path, line }, to: input }))
    )
  );
}
