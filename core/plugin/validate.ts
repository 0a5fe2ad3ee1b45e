import type { ErrorObject, ValidateFunction } from "ajv";
import { coerce } from "./coerce.ts";
import { PluginError } from "./error.ts";
import { API_VERSION, type Manifest, type PropertySchema } from "./manifest.ts";
import { didYouMean } from "./nearest.ts";
import { isUnit, quantityFault } from "./quantity.ts";
import { isRecord, plainlyFits, plainlyValid } from "./plain.ts";

/**
 * Manifests and properties against their schemas. JSON Schema, by `ajv`, is the judge; but loading it takes a fifth
 * of a second (Deno 2.9), a seventh of what booting Linux takes. So what is plainly right is let through by a few
 * comparisons first, and `ajv` is loaded only for the rest: to find out, and to say what is wrong.
 *
 * @module
 */

type Judge = { compile(schema: object): ValidateFunction };
let judge: Promise<{ ajv: Judge; manifest: ValidateFunction }> | undefined;

function loadJudge(): NonNullable<typeof judge> {
  return judge ??= (async () => {
    const [{ Ajv }, { default: schema }] = await Promise.all([
      import("ajv"),
      import("./manifest.schema.json", { with: { type: "json" } }),
    ]);
    const ajv = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true });
    return { ajv, manifest: ajv.compile(schema) };
  })();
}

/** Checks what a manifest says about itself. `who` is for the message: where it was found. */
export async function validateManifest(value: unknown, who: string): Promise<Manifest> {
  if (plainlyValid(value)) return value;
  const { ajv, manifest } = await loadJudge();
  if (isRecord(value) && typeof value.api === "number" && value.api !== API_VERSION) {
    const newer = value.api > API_VERSION;
    throw new PluginError(who, {
      field: "api",
      problem: `it is written for plugin API ${value.api}, this Emu has ${API_VERSION}`,
      mend: newer
        ? "update Emu, or take an older version of the plugin"
        : "take a newer version of the plugin",
    });
  }
  if (!manifest(value)) {
    throw new PluginError(who, faultOf(manifest.errors!, "manifest"));
  }
  const found = value as unknown as Manifest;
  for (const [name, property] of Object.entries(found.properties ?? {})) {
    const field = `properties.${name}`;
    const check = compile(ajv, property, { who, field });
    if (property.default === undefined || check(property.default)) continue;
    throw new PluginError(who, {
      field: `${field}.default`,
      problem: wordingOf(check.errors![0]),
      mend: "correct the default or its schema",
    });
  }
  return found;
}

/** What is wrong with some data: where, what, and what to do. */
export interface Fault {
  readonly field: string;
  readonly problem: string;
  readonly mend: string;
}

/** The first fault that a JSON Schema finds; `whole` is what the data is called. */
export async function firstFault(
  value: unknown,
  { schema, whole }: { readonly schema: object; readonly whole: string },
): Promise<Fault | undefined> {
  const { ajv } = await loadJudge();
  const check = ajv.compile(schema);
  return check(value) ? undefined : faultOf(check.errors!, whole);
}

function faultOf([error]: readonly ErrorObject[], whole: string): Fault {
  const field = fieldOf(error) || whole;
  return { field, problem: wordingOf(error, whole), mend: mendOf(error, { field, whole }) };
}

function compile(
  ajv: Judge,
  schema: object,
  { who, field }: { who: string; field: string },
): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new PluginError(who, {
      field,
      problem: `is no JSON Schema: ${(error as Error).message}`,
      mend: "correct it in the manifest",
    });
  }
}

/** Whose properties are validated. */
export interface PropertyOptions {
  /** For messages: `device "pl011"`, `uart0`. */
  readonly who: string;
  readonly manifest: Manifest;
}

/**
 * Values with defaults filled in. Texts, as a command line gives them, become what the schema wants. Unknown names and
 * values that do not fit are errors.
 */
export async function validateProperties(
  values: Readonly<Record<string, unknown>>,
  { who, manifest }: PropertyOptions,
): Promise<Record<string, unknown>> {
  const schemas = manifest.properties ?? {};
  const result: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema.default !== undefined) result[name] = schema.default;
  }
  for (const [name, given] of Object.entries(values)) {
    if (given === undefined) continue;
    if (!Object.hasOwn(schemas, name)) throw unknownProperty(name, { who, known: Object.keys(schemas) });
    const schema = schemas[name], text = Array.isArray(given) ? joined(given, { who, name, schema }) : given;
    const value = typeof text === "string" ? coerce(text, schema) : text;
    if (!plainlyFits(value, schema)) await judgeProperty(value, { who, name, schema });
    result[name] = value;
  }
  return result;
}

/** A property that was given several times. */
function joined(
  given: readonly unknown[],
  { who, name, schema }: { who: string; name: string; schema: PropertySchema },
): string {
  if (schema.list) return given.join(";");
  throw new PluginError(who, {
    field: `property "${name}"`,
    problem: `it is given ${given.length} times`,
    mend: "give it once",
  });
}

function unknownProperty(name: string, { who, known }: { who: string; known: string[] }): PluginError {
  return new PluginError(who, {
    field: `property "${name}"`,
    problem: `there is none of that name${didYouMean(name, known)}`,
    mend: known.length ? `it has ${known.sort().join(", ")}` : "it has no properties",
  });
}

async function judgeProperty(
  value: unknown,
  { who, name, schema }: { who: string; name: string; schema: PropertySchema },
): Promise<void> {
  const { ajv } = await loadJudge();
  const check = compile(ajv, schema, { who, field: `properties.${name}` });
  if (check(value)) return;
  const field = `property "${name}"`;
  if (isUnit(schema.unit) && typeof value === "string") {
    throw new PluginError(who, { field, ...quantityFault(value, schema.unit) });
  }
  const shown = JSON.stringify(value) + (typeof value === "number" && schema.unit ? ` ${schema.unit}` : "");
  throw new PluginError(who, {
    field,
    problem: `${shown} ${wordingOf(check.errors![0])}`,
    mend: `it is ${schema.description}`,
  });
}

function fieldOf({ instancePath, keyword, params }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll("/", ".");
  const inner = keyword === "required"
    ? params.missingProperty as string
    : keyword === "additionalProperties"
    ? params.additionalProperty as string
    : "";
  return [path, inner].filter(Boolean).join(".");
}

function wordingOf({ keyword, params, message }: ErrorObject, whole = "manifest"): string {
  switch (keyword) {
    case "required":
      return "is missing";
    case "additionalProperties":
      return `is not a field of a ${whole}`;
    case "enum":
      return `must be one of ${(params.allowedValues as unknown[]).join(", ")}`;
    default:
      return message ?? keyword;
  }
}

function mendOf({ keyword }: ErrorObject, { field, whole }: { field: string; whole: string }): string {
  switch (keyword) {
    case "required":
      return `add "${field}" to the ${whole}`;
    case "additionalProperties":
      return "remove it, or correct its spelling";
    default:
      return `correct it in the ${whole}`;
  }
}
