import { usageError } from "./error.ts";

/** `TYPE,key=value,flag`, with `,,` for a comma: as QEMU writes it. */
export interface KeyValues {
  /** What stands before the first comma, if it is no `key=value`. */
  readonly head: string;
  readonly values: Record<string, string>;
}

/** The same, each key as often as it comes. */
export interface Pairs {
  readonly head: string;
  readonly pairs: readonly (readonly [key: string, value: string])[];
}

/** Takes such a text apart. A key without a value is "on". */
export function pairsOf(text: string, option: string): Pairs {
  const parts = text.replaceAll(",,", "\0").split(",").map((part) => part.replaceAll("\0", ","));
  const head = parts[0].includes("=") ? "" : parts.shift()!;
  const pairs = parts.map((part) => {
    const [key, ...rest] = part.split("=");
    if (key === "") {
      throw usageError(`Cannot use option ${option} ${text}: there is an empty part between commas`);
    }
    return [key, rest.length > 0 ? rest.join("=") : "on"] as const;
  });
  return { head, pairs };
}

/** The same; a key that comes twice is an error, but for those of `lists`, whose values are joined with ";". */
export function keyValues(text: string, option: string, lists: readonly string[] = []): KeyValues {
  const { head, pairs } = pairsOf(text, option), values: Record<string, string> = {};
  for (const [key, value] of pairs) {
    if (!Object.hasOwn(values, key)) values[key] = value;
    else if (lists.includes(key)) values[key] += `;${value}`;
    else throw usageError(`Cannot use option ${option} ${text}: "${key}" comes twice`);
  }
  return { head, values };
}
