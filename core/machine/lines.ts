import type { Line } from "../device/device.ts";

/** A wire with any number of drivers and listeners; it is high while any driver drives it high. */
class Net {
  readonly listeners: Line[] = [];
  /** Listeners are not told of changes. */
  quiet = false;
  #drivers = 0;

  get level(): boolean {
    return this.#drivers > 0;
  }

  /** Whether anything drives it at all. */
  driven = false;

  /** A new driver. */
  driver(): Line {
    this.driven = true;
    let level = false;
    return (next) => {
      if (level === next) return;
      level = next;
      this.#drivers += next ? 1 : -1;
      if (this.#drivers !== (next ? 1 : 0) || this.quiet) return;
      for (const listener of this.listeners) listener(next);
    };
  }
}

/** All wires of a machine, by the input they lead to ("pic.5", "cpu.irq"), or by the output that drives them. */
export class Wiring {
  readonly #inputs = new Map<string, Net>();
  readonly #outputs = new Map<string, Line[]>();
  readonly #levels = new Map<string, () => boolean>();
  readonly #drivers = new Map<string, Line>();

  /** A driver for an output line that leads to the named inputs. */
  output(name: string, inputs: readonly string[]): Line {
    const targets = inputs.map((input) => this.#net(input).driver());
    const watchers: Line[] = [];
    this.#outputs.set(name, watchers);
    let level = false;
    this.#levels.set(name, () => level);
    const drive: Line = (next) => {
      if (level === next) return;
      level = next;
      for (const target of targets) target(next);
      for (const watcher of watchers) watcher(next);
    };
    this.#drivers.set(name, drive);
    return drive;
  }

  /**
   * Connects an input's handler, and tells it of a level that is there already. Inputs that nobody asks for are
   * dangling: `unconnected`.
   */
  input(name: string, handler: Line): void {
    const net = this.#net(name);
    net.listeners.push(handler);
    if (net.level) handler(true);
  }

  /** Tells every input that is connected its level again: after a reset a device knows only what it is told. */
  redrive(): void {
    for (const { driven, level, listeners } of this.#inputs.values()) {
      if (driven) { for (const listener of listeners) listener(level); }
    }
  }

  /** The output lines that are high. */
  high(): string[] {
    return [...this.#levels].filter(([, level]) => level()).map(([name]) => name);
  }

  /** Puts output lines to the levels they had. Whoever listens is not told: it is restored too, and knows. */
  restore(high: ReadonlySet<string>): void {
    for (const net of this.#inputs.values()) net.quiet = true;
    try {
      for (const [name, drive] of this.#drivers) drive(high.has(name));
    } finally {
      for (const net of this.#inputs.values()) net.quiet = false;
    }
  }

  /** Calls `watcher` at every change of an output line. False if there is no such output. */
  watch(output: string, watcher: Line): boolean {
    const watchers = this.#outputs.get(output);
    watchers?.push(watcher);
    return watchers !== undefined;
  }

  /** The level of an output line, or else of an input; undefined if there is none of that name. */
  level(name: string): boolean | undefined {
    return this.#levels.get(name)?.() ?? this.#inputs.get(name)?.level;
  }

  /** One more driver of an input that something listens to; undefined if nothing does. */
  driver(input: string): Line | undefined {
    const net = this.#inputs.get(input);
    return net?.listeners.length ? net.driver() : undefined;
  }

  /** Calls `watcher` at every change of any output line that there is now. */
  watchAll(watcher: (output: string, level: boolean) => void): void {
    for (const [name, watchers] of this.#outputs) watchers.push((level) => watcher(name, level));
  }

  /** Inputs that are driven but that no device has. */
  unconnected(): string[] {
    return [...this.#inputs].filter(([, net]) => net.listeners.length === 0).map(([name]) => name);
  }

  #net(name: string): Net {
    let net = this.#inputs.get(name);
    if (net === undefined) this.#inputs.set(name, net = new Net());
    return net;
  }
}
