/**
 * `parseArgs` of `@std/cli`, over `node:util`. Point the import map at `jsr:@std/cli@1` to use the original.
 *
 * @module
 */
import { parseArgs as parse } from "node:util";

/** The options of `parseArgs` that this project uses. */
export interface ParseOptions {
  /** Options that take no value. */
  boolean?: readonly string[];
  /** Options that take a value. */
  string?: readonly string[];
  /** Options that may be given several times; their value is an array. */
  collect?: readonly string[];
  /** Short names, or other long ones. */
  alias?: Readonly<Record<string, string>>;
  /** Values of options that were not given. */
  default?: Readonly<Record<string, unknown>>;
  /** Called with every option or positional that is not declared; returning `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Parsed options, and under `_` what was no option. */
export type Args = { _: string[] } & Record<string, unknown>;

/** Parses command line arguments, as `@std/cli` does: `--name value`, `--name=value`, `--flag`, `-f`. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const { boolean = [], string = [], collect = [], alias = {}, unknown } = options;
  const shorts = Object.fromEntries(
    Object.entries(alias).filter(([short]) => short.length === 1).map(([short, long]) => [long, short]),
  );
  const { tokens } = parse({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries([
      ...boolean.map((name) => [name, { type: "boolean" as const }]),
      ...string.map((name) => [name, { type: "string" as const, multiple: collect.includes(name) }]),
    ].map(([name, option]) => [
      name,
      {
        ...option as { type: "string" },
        ...(shorts[name as string] ? { short: shorts[name as string] } : {}),
      },
    ])),
  });
  const result: Args = { _: [], ...options.default };
  const given = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      if (unknown && unknown(token.value) === false) continue;
      result._.push(token.value);
      continue;
    }
    const name = alias[token.name] ?? token.name;
    const declared = boolean.includes(name) || string.includes(name);
    if (!declared && unknown?.(token.rawName, name, token.value) === false) continue;
    const value = boolean.includes(name)
      ? token.value !== "false"
      : token.value ?? (string.includes(name) ? "" : true);
    if (collect.includes(name)) {
      result[name] = given.has(name) ? [...result[name] as unknown[], value] : [value];
    } else result[name] = value;
    given.add(name);
  }
  for (const name of collect) result[name] ??= [];
  for (const name of boolean) result[name] ??= false;
  return result;
}
