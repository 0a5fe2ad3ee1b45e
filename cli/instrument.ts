import type { InstrumentSpec } from "../core/instrument/instruments.ts";
import { usageError } from "./error.ts";
import { pairsOf } from "./key_values.ts";

/** Instrumentation plugins, in the order in which they are loaded: `NAME|PATH|URL[,PROP=VALUE]`. What is given several times becomes an array. */
export function instruments(texts: readonly string[]): InstrumentSpec[] {
  return texts.map((text) => {
    const { head: type, pairs } = pairsOf(text, "--instrument");
    if (type === "") {
      throw usageError(`Cannot use option --instrument ${text}: it begins with a name, a path or a URL`);
    }
    const properties: Record<string, string | string[]> = {};
    for (const [key, value] of pairs) {
      const before = Object.hasOwn(properties, key) ? [properties[key]].flat() : [];
      properties[key] = before.length === 0 ? value : [...before, value];
    }
    return { type, properties };
  });
}
