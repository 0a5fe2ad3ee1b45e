import type { InstrumentSpec } from "../core/instrument/instruments.ts";
import { usageError } from "./error.ts";
import { keyValues } from "./key_values.ts";

/** Instrumentation plugins, in the order in which they are loaded: `NAME|PATH|URL[,PROP=VALUE]`. */
export function instruments(texts: readonly string[]): InstrumentSpec[] {
  return texts.map((text) => {
    const { head: type, values: properties } = keyValues(text, "--instrument");
    if (type === "") {
      throw usageError(`Cannot use option --instrument ${text}: it begins with a name, a path or a URL`);
    }
    return { type, properties };
  });
}
