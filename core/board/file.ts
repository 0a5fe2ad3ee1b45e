import { messageOf, PluginError } from "../plugin/error.ts";
import type { PluginHost } from "../plugin/load.ts";
import { splitIntegrity } from "../plugin/integrity.ts";
import { urlOf } from "../plugin/source.ts";
import { firstFault } from "../plugin/validate.ts";
import type { BoardPlugin } from "./board.ts";
import { type BoardData, boardOf, numberOf } from "./data.ts";

/** A board, and the part of it that is the user's own doing: there clashes are errors. */
export interface LoadedBoard {
  readonly plugin: BoardPlugin;
  /** Names of memory and devices that a file adds or changes. */
  readonly own: ReadonlySet<string>;
  /** Input lines that several outputs may drive. */
  readonly shared: ReadonlySet<string>;
  /** Names of what may lie over others. */
  readonly layered: ReadonlySet<string>;
}

/** Whether a text is the place of a board's file, and not a board's name. */
export function isBoardFile(board: string): boolean {
  return /\.(json|ts)$/.test(board) || board.includes("/");
}

/** Of a plugin's board nothing is the user's. */
const ALL_ITS_AUTHORS = {
  own: new Set<string>(),
  shared: new Set<string>(),
  layered: new Set<string>(),
} as const;

/** Longest chain of files that extend each other. */
const MOST_FILES = 16;

/** A board plugin by its name, or a board as data by the place of its file. */
export async function loadBoard(board: string, plugins: PluginHost): Promise<LoadedBoard> {
  return await load(board, { plugins, depth: 0 });
}

async function load(
  board: string,
  { plugins, depth }: { readonly plugins: PluginHost; readonly depth: number },
): Promise<LoadedBoard> {
  if (!isBoardFile(board)) {
    return { plugin: await plugins.load("board", board), ...ALL_ITS_AUTHORS };
  }
  const who = `board ${splitIntegrity(board).place}`;
  const { place, integrity } = splitIntegrity(board);
  const url = urlOf(place);
  if (url.pathname.endsWith(".ts")) await plugins.admit(who, { entry: url.href, integrity });
  const content = await readData(url, who);
  if (isPlugin(content)) return { plugin: content, ...ALL_ITS_AUTHORS };
  const schema = (await import("./board.schema.json", { with: { type: "json" } })).default;
  const fault = await firstFault(content, { schema, whole: "board" });
  if (fault?.problem.includes("0[xX]")) {
    const { field } = fault;
    throw new PluginError(who, {
      field,
      problem: "is no number",
      mend: 'write it as 4096, "0x1000" or "64K"',
    });
  }
  if (fault) throw new PluginError(who, fault);
  const data = content as BoardData;
  if (depth >= MOST_FILES) {
    throw new PluginError(who, {
      field: "extends",
      problem: `more than ${MOST_FILES} boards extend each other`,
      mend: "let one of them extend a board plugin",
    });
  }
  const base = data.extends === undefined ? undefined : await load(
    isBoardFile(data.extends) ? new URL(data.extends, url).href : data.extends,
    { plugins, depth: depth + 1 },
  );
  return {
    plugin: pluginOf(data, { who, url, base: base?.plugin }),
    own: new Set([...base?.own ?? [], ...Object.keys({ ...data.memory, ...data.devices })]),
    shared: new Set([...base?.shared ?? [], ...data.shared ?? []]),
    layered: new Set([...base?.layered ?? [], ...data.layered ?? []]),
  };
}

function pluginOf(
  data: BoardData,
  { who, url, base }: { readonly who: string; readonly url: URL; readonly base: BoardPlugin | undefined },
): BoardPlugin {
  const size = (which: "minimum" | "maximum" | "default") => {
    const text = data.ram?.[which];
    if (text !== undefined) return numberOf(text);
    if (base) return base.ram[which];
    throw new PluginError(who, { field: `ram.${which}`, problem: "is missing", mend: "add it" });
  };
  const name = data.name ?? url.pathname.split("/").at(-1)!.replace(/\.\w+$/, "");
  return {
    kind: "board",
    manifest: {
      name,
      kind: "board",
      api: base?.manifest.api ?? 1,
      version: "0",
      summary: data.summary ?? `board ${name}`,
      entry: "./",
      ...base?.manifest.properties && { properties: base.manifest.properties },
    },
    ram: { minimum: size("minimum"), maximum: size("maximum"), default: size("default") },
    create: ({ ram, cpu }, properties) =>
      boardOf(data, { who, base: base?.create({ ram, cpu }, properties), ram, cpu, url }),
  };
}

/** What a file holds: JSON, or a module's default export. */
async function readData(url: URL, who: string): Promise<unknown> {
  try {
    if (url.pathname.endsWith(".ts")) return (await import(url.href)).default;
    if (url.protocol === "file:") return JSON.parse(await Deno.readTextFile(url));
    const response = await fetch(url);
    if (response.ok) return await response.json();
    await response.body?.cancel();
    throw new Error(`the server says ${response.status} ${response.statusText}`);
  } catch (error) {
    const problem = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof SyntaxError
      ? `it is not JSON: ${messageOf(error)}`
      : messageOf(error);
    throw new PluginError(who, { problem, mend: "`--board help` lists boards by name" });
  }
}

function isPlugin(content: unknown): content is BoardPlugin {
  return typeof content === "object" && content !== null &&
    (content as { kind?: unknown }).kind === "board" &&
    typeof (content as { create?: unknown }).create === "function";
}
