/** What every plugin says about itself in its `manifest.json`, before any of its code is loaded. */
export interface Manifest {
  /** The name it is found and used by; equals its folder's name for built-in plugins. */
  readonly name: string;
  /** One of `Kind`. */
  readonly kind: string;
  /** The plugin API version the entry was written for. */
  readonly api: number;
  /** Of the plugin, "1.2.3": for lists. */
  readonly version: string;
  /** One line, for lists. */
  readonly summary: string;
  /** Module path relative to the manifest; its default export is the result of a `define…` function. */
  readonly entry: string;
  /** Device plugins that sit behind another device: the kind of bus they plug into ("ps2", "sd"). */
  readonly bus?: string;
  /** What it wants in a sandbox, in the words of Deno's `--allow-…` options: "net=example.com", "read=/data". */
  readonly permissions?: readonly string[];
  /** What users may set, by name. */
  readonly properties?: Readonly<Record<string, PropertySchema>>;
}

/** One property, as JSON Schema; validated before the plugin's code sees it. */
export interface PropertySchema {
  /** "string", "integer", "number" or "boolean". */
  readonly type: string;
  /** For `--device NAME,help`. */
  readonly description: string;
  /** The value where the user gives none; without it the property is a string that may be absent. */
  readonly default?: unknown;
  /** All values that are allowed. */
  readonly enum?: readonly unknown[];
  /** The least number that is allowed. */
  readonly minimum?: number;
  /** The greatest number that is allowed. */
  readonly maximum?: number;
  /** Regular expression that a string has to match. */
  readonly pattern?: string;
  /** Of a string: it may be given several times; the code gets the values with ";" between. */
  readonly list?: boolean;
  /** Of an integer or number: what the code gets it in. Users may write others ("10ms", "64K", "24MHz"). One of `UNITS`. */
  readonly unit?: string;
}

/** The kinds of plugin there are. */
export const KINDS = [
  "isa",
  "board",
  "device",
  "netdev",
  "chardev",
  "block",
  "display",
  "audio",
  "instrument",
  "service",
] as const;

/** A kind of plugin. */
export type Kind = typeof KINDS[number];

/** The plugin API version of this core. */
export const API_VERSION = 1;

/** The type that a default value stands for: of "on", any string. */
export type Widen<T> = T extends string ? string
  : T extends number ? number
  : T extends boolean ? boolean
  : T;

/**
 * The property values a plugin's code receives, read off its imported `manifest.json` by the type checker:
 * a property with a default has the default's type, one without is a string that may be absent.
 */
export type PropertiesOf<M> = M extends { readonly properties: infer P }
  ? { readonly [K in keyof P]: P[K] extends { default: infer D } ? Widen<D> : string | undefined }
  : Record<never, never>;
