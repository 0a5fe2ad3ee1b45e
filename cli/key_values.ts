import { usageError } from "./error.ts";

/** `TYPE,key=value,flag`, with `,,` for a comma: as QEMU writes it. */
export interface KeyValues {
  /** What stands before the first comma, if it is no `key=value`. */
  readonly head: string;
  readonly values: Record<string, string>;
}

/**
 * Takes such a text apart. A key without a value is "on"; one that comes twice is an error, but for those of `lists`,
 * whose values are joined with ";".
 */
export function keyValues(text: string, option: string, lists: readonly string[] = []): KeyValues {
  const parts = text.replaceAll(",,", "\0").split(",").map((part) => part.replaceAll("\0", ","));
  const head = parts[0].includes("=") ? "" : parts.shift()!;
  const values: Record<string, string> = {};
  for (const part of parts) {
    const [key, ...rest] = part.split("=");
    if (key === "") {
      throw usageError(`Cannot use option ${option} ${text}: there is an empty part between commas`);
    }
    const value = rest.length > 0 ? rest.join("=") : "on";
    if (!Object.hasOwn(values, key)) values[key] = value;
    else if (lists.includes(key)) values[key] += `;${value}`;
    else throw usageError(`Cannot use option ${option} ${text}: "${key}" comes twice`);
  }
  return { head, values };
}
