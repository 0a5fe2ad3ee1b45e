import { type COMMON_EVENTS, eventsOf, type TraceTable, traceText } from "../device/trace.ts";
import type { DevicePlugin } from "../device/device.ts";
import { didYouMean } from "../plugin/nearest.ts";

/** Events to trace. */
export interface TraceRule {
  /** Of their names: `*` stands for any text; with `-` in front they are not traced. The last rule that fits decides. */
  readonly pattern: string;
  /** Takes the lines. */
  readonly write: (line: string) => void;
}

/** Says of an event whether it is traced, and where to. */
export class Tracer {
  readonly #rules: readonly {
    readonly on: boolean;
    readonly fits: RegExp;
    readonly write: TraceRule["write"];
  }[];
  readonly #now: () => number;

  /** `now` gives virtual time in nanoseconds. */
  constructor(rules: readonly TraceRule[], now: () => number) {
    this.#now = now;
    this.#rules = rules.map(({ pattern, write }) => ({
      on: !pattern.startsWith("-"),
      fits: expressionOf(pattern),
      write,
    }));
  }

  /** What writes an event of a device, or undefined: nobody asked for it. */
  event<E extends TraceTable[string]>(
    path: string,
    { plugin, event, types }: { readonly plugin: string; readonly event: string; readonly types: E },
  ): ((values: Readonly<Record<keyof E, unknown>>) => void) | undefined {
    const name = `${plugin}_${event}`, rule = this.#rules.findLast(({ fits }) => fits.test(name));
    if (!rule?.on) return undefined;
    const heading = `${path} ${name}`;
    return (values) =>
      rule.write(`${timeText(this.#now())} ${heading} ${traceText(types, values)}`.trimEnd());
  }

  /** One of the events that every device has. */
  common<K extends keyof typeof COMMON_EVENTS>(
    path: string,
    plugin: string,
    event: K,
    types: typeof COMMON_EVENTS[K],
  ) {
    return this.event(path, { plugin, event, types });
  }
}

/** "12.000034500": seconds of virtual time. */
function timeText(nanoseconds: number): string {
  const text = Math.round(nanoseconds).toString().padStart(10, "0");
  return `${text.slice(0, -9)}.${text.slice(-9)}`;
}

function expressionOf(pattern: string): RegExp {
  const text = pattern.replace(/^-/, "").replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${text}$`);
}

/** Throws if a pattern fits no event of these devices. */
export function checkPatterns(rules: readonly TraceRule[], plugins: Iterable<DevicePlugin>): void {
  if (rules.length === 0) return;
  const events = [...plugins].flatMap((plugin) => [...eventsOf(plugin).keys()]);
  for (const { pattern } of rules) {
    if (events.some((event) => expressionOf(pattern).test(event))) continue;
    throw new Error(
      `Cannot trace "${pattern}": no device here has such an event${
        didYouMean(pattern.replace(/^-/, ""), events)
      }; \`--trace help\` lists them`,
    );
  }
}
