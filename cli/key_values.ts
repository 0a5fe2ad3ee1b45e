import { usageError } from "./error.ts";

/** `TYPE,key=value,flag`, with `,,` for a comma: as QEMU writes it. */
export interface KeyValues {
  /** What stands before the first comma, if it is no `key=value`. */
  readonly head: string;
  readonly values: Record<string, string>;
}

/** Takes such a text apart. A key without a value is "on"; one that comes twice is an error. */
export function keyValues(text: string, option: string): KeyValues {
  const parts = text.replaceAll(",,", "\0").split(",").map((part) => part.replaceAll("\0", ","));
  const head = parts[0].includes("=") ? "" : parts.shift()!;
  const values: Record<string, string> = {};
  for (const part of parts) {
    const [key, ...rest] = part.split("=");
    if (key === "") {
      throw usageError(`Cannot use option ${option} ${text}: there is an empty part between commas`);
    }
    if (Object.hasOwn(values, key)) {
      throw usageError(`Cannot use option ${option} ${text}: "${key}" comes twice`);
    }
    values[key] = rest.length > 0 ? rest.join("=") : "on";
  }
  return { head, values };
}
