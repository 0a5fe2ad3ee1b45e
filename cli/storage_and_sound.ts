import type { BackendSpec } from "../core/machine/backends.ts";
import { usageError } from "./error.ts";
import { keyValues } from "./key_values.ts";

type Specs = Record<string, BackendSpec>;

/** Block back ends by id: "sd0", "pflash0", and those of `--drive`. */
export function blocks(
  { sd, pflash, drives }: { sd: string | undefined; pflash: string | undefined; drives: readonly string[] },
): Specs {
  const result: Specs = {};
  if (sd !== undefined) result.sd0 = { type: "raw", properties: { file: sd } };
  if (pflash !== undefined) result.pflash0 = { type: "raw", properties: { file: pflash } };
  for (const text of drives) {
    const { head, values } = keyValues(text, "--drive");
    const { if: use, index = "0", format: type = "raw", id = use && `${use}${index}`, ...properties } =
      values;
    if (head !== "" || id === undefined) {
      throw usageError(`Cannot use option --drive ${text}: write it as id=ID,file=FILE`);
    }
    if (use !== undefined && use !== "sd" && use !== "pflash" && use !== "none") {
      throw usageError(`Cannot use option --drive ${text}: if= is sd, pflash or none`);
    }
    if (result[id]) throw usageError(`Cannot use option --drive ${text}: there already is a drive "${id}"`);
    result[id] = { type, properties };
  }
  return result;
}

/** The audio back end that boards' sound devices use. */
export function sound(text: string | undefined): Specs {
  if (text === undefined) return {};
  const { head, values: { id: _, driver = head, ...properties } } = keyValues(text, "--audio");
  if (driver === "") {
    throw usageError(`Cannot use option --audio ${text}: it begins with the type, as in wav,path=FILE`);
  }
  return { audio0: { type: driver, properties } };
}
