/**
 * Trace events: what a device tells of its work to who asked for it (`--trace 'pl011_*'`). An event that nobody asked
 * for is no function, so `trace.sent?.({ byte })` costs a comparison then, and its arguments are not even made.
 *
 * @module
 */

/** How an argument is written: 0x41, 65, "A", on. */
export type TraceType = "hex" | "number" | "text" | "flag";

/** Events by name, each with its arguments. */
export type TraceTable = Readonly<Record<string, Readonly<Record<string, TraceType>>>>;

/** What a device gives for an argument of a type. */
export type TraceValue<T extends TraceType> = T extends "hex" | "number" ? number
  : T extends "text" ? string
  : boolean;

/** What a device calls. */
export type Traces<T extends TraceTable> = {
  readonly [E in keyof T]:
    | ((values: { readonly [A in keyof T[E]]: TraceValue<T[E][A]> }) => void)
    | undefined;
};

/** Events that every device has, without doing anything for it. */
export const COMMON_EVENTS = {
  read: { register: "text", value: "hex", size: "number" },
  write: { register: "text", value: "hex", size: "number" },
  line: { line: "text", level: "flag" },
  dma: { address: "hex", length: "number", write: "flag" },
  reset: { kind: "text" },
} as const satisfies TraceTable;

/** The events of a device plugin: "pl011_sent" → its arguments. Those of every device only if it can have them. */
export function eventsOf(
  { manifest: { name }, traces = {}, size, outputs = [] }: {
    readonly manifest: { readonly name: string };
    readonly traces?: TraceTable;
    readonly size: unknown;
    readonly outputs?: readonly string[];
  },
): Map<string, TraceTable[string]> {
  const { read, write, line, ...others } = COMMON_EVENTS;
  const all: TraceTable = {
    ...traces,
    ...size === 0 ? {} : { read, write },
    ...outputs.length === 0 ? {} : { line },
    ...others,
  };
  return new Map(Object.entries(all).map(([event, values]) => [`${name}_${event}`, values]));
}

/** "byte=0x41 last=on", in the order of the declaration. */
export function traceText(
  types: Readonly<Record<string, TraceType>>,
  values: Readonly<Record<string, unknown>>,
): string {
  return Object.entries(types).map(([name, type]) => `${name}=${valueText(values[name], type)}`).join(" ");
}

function valueText(value: unknown, type: TraceType): string {
  switch (type) {
    case "hex":
      return typeof value === "number" ? `0x${value.toString(16)}` : String(value);
    case "flag":
      return value ? "on" : "off";
    case "text":
      return /^[\w.-]+$/.test(String(value)) ? String(value) : JSON.stringify(String(value));
    default:
      return String(value);
  }
}
