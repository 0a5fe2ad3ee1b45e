import type { Kind } from "./manifest.ts";

/** What the machine calls of each kind's entry. */
const FUNCTIONS: Partial<Record<Kind, readonly string[]>> = {
  isa: ["create", "disassemble"],
  board: ["create"],
  device: ["create"],
  netdev: ["create"],
  chardev: ["create"],
  block: ["create"],
  audio: ["create"],
  instrument: ["install"],
};

/** What the machine calls of what a back end's `create` gives. */
const BACKENDS: Partial<Record<Kind, readonly string[]>> = {
  netdev: ["send", "connect", "ready", "close"],
  chardev: ["send", "connect", "ready", "close"],
  audio: ["open", "close"],
};

/** What a plugin's default export lacks, for an error; undefined for nothing. */
export function lacksOf(kind: Kind, plugin: object): string | undefined {
  const missing = missingFunction(plugin, FUNCTIONS[kind]);
  if (missing !== undefined) return `function "${missing}"`;
  if (kind !== "board") return undefined;
  const { ram } = plugin as { ram?: Record<string, unknown> };
  return ["minimum", "maximum", "default"].every((bound) => typeof ram?.[bound] === "number")
    ? undefined
    : '"ram" with minimum, maximum and default';
}

/** What a back end lacks that a plugin has made; undefined for nothing. */
export function backendLacks(kind: Kind, backend: unknown): string | undefined {
  const missing = missingFunction(backend, BACKENDS[kind]);
  return missing === undefined ? undefined : `function "${missing}"`;
}

/** What a board lacks that a plugin has made; undefined for nothing. The rest is checked as it is built. */
export function boardLacks(board: unknown): string | undefined {
  const members = Object(board) as Record<string, unknown>;
  const missing = ["cpu", "memory", "devices"].find((name) => Object(members[name]) !== members[name]);
  return missing === undefined ? undefined : `"${missing}"`;
}

function missingFunction(value: unknown, names: readonly string[] = []): string | undefined {
  const members = Object(value) as Record<string, unknown>;
  return names.find((name) => typeof members[name] !== "function");
}
