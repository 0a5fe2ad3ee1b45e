import process from "node:process";
import type { ElfSymbols } from "../loader/elf_symbols.ts";
import { mistakeOf, PluginError } from "../plugin/error.ts";
import type { PluginHost } from "../plugin/load.ts";
import { validateProperties } from "../plugin/validate.ts";
import { CPU } from "../isa/state.ts";
import type { Machine } from "../machine/machine.ts";
import type { Cpu, Discontinuity, Syscall } from "./api.ts";
import { CounterArena } from "./counters.ts";
import { CpuWeaver, type WeaverHost } from "./cpu_weaver.ts";
import { watchDevices } from "./devices.ts";
import { emuFor } from "./emu.ts";
import { Hooks } from "./hooks.ts";
import { type Format, openOutput } from "./output.ts";
import { type OnError, Owner } from "./owner.ts";

/** A plugin to load: its name, path or URL, and its properties as texts or values. */
export interface InstrumentSpec {
  /** Name of the plugin, or its place. */
  readonly type: string;
  /** Values of its properties, and `out`, `format` and `onerror`. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** What instrumentation needs from outside. */
export interface InstrumentsOptions {
  /** Its name. */
  readonly board: string;
  readonly plugins: PluginHost;
  /** Writes a line of a plugin's that has no file of its own. */
  readonly print: (line: string) => void;
  /** Tells the user of what went wrong, or of an end. */
  readonly warn: (line: string) => void;
  /** The guest's symbols. */
  readonly symbols?: ElfSymbols | undefined;
  /** Makes a snapshot, if the machine can. */
  readonly snapshot?: ((name: string) => void) | undefined;
  /** Keeps the guest from running until the promise settles. */
  readonly hold: (until: Promise<unknown>) => void;
}

/** Milliseconds of the host's CPU that one callback may take; of a busy host the clock says little. */
const PATIENCE = 2000;
/** Milliseconds by the clock that a callback may take, and all that is to be done at the end. */
const LAST_PATIENCE = 30_000;

/** The instrumentation plugins of a machine, and all that happens to them. */
export class Instruments implements WeaverHost {
  readonly machine: Machine;
  readonly options: InstrumentsOptions;
  readonly hooks = new Hooks();
  readonly counters: CounterArena;
  readonly exports = new Map<string, unknown>();
  /** Who controls virtual time. */
  timeOwner: Owner | undefined;
  readonly #owners: Owner[] = [];
  readonly #weaver: CpuWeaver;
  readonly #mended: { readonly owner: Owner; readonly then: () => void }[] = [];
  readonly #gone: { readonly owner: Owner; readonly then: () => void }[] = [];
  #purge = false;
  #started = false;
  #idle = false;
  #sliceBegan = 0;
  /** CPU time when the last slice began. */
  #cpuBegan = cpuTime();
  #closed: Promise<string[]> | undefined;

  constructor(machine: Machine, options: InstrumentsOptions) {
    this.machine = machine;
    this.options = options;
    this.counters = new CounterArena(machine.memory, 1);
    this.#weaver = new CpuWeaver(this, machine, 0);
    machine.cpu.instrument = this.#weaver;
    const { loop } = machine, { onTurn } = loop;
    loop.onTurn = () => {
      this.#turn();
      onTurn();
    };
    watchDevices(machine, this);
  }

  /** Loads a plugin. */
  async add({ type, properties = {} }: InstrumentSpec): Promise<void> {
    const { plugins, print } = this.options;
    const name = /[/:]/.test(type) ? (await plugins.add(type)).name : type;
    const { manifest } = await plugins.get("instrument", name);
    const who = `instrument "${name}"`;
    const { common, own } = separate(properties, manifest.properties ?? {});
    const values = await validateProperties(own, { who, manifest });
    const plugin = await plugins.load("instrument", name);
    const owner = new Owner(
      name,
      openOutput(common.out, formatOf(common, who), print),
      onErrorOf(common, who),
    );
    this.#owners.push(owner);
    try {
      const given: unknown = await plugin.install(emuFor(this, owner), values);
      if (given !== undefined) throw new Error(`its function returned ${typeof given}, not nothing`);
    } catch (error) {
      this.hooks.removeAll(owner);
      throw new PluginError(who, { problem: mistakeOf(error) });
    }
  }

  /** Lets plugins finish and writes their reports; gives what went wrong, as lines. Later calls give the same. */
  close(): Promise<string[]> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<string[]> {
    const failed: string[] = [];
    this.#weaver.settle();
    this.#bury();
    if (this.#started) this.emit("cpuExit", (run) => run(this.#weaver.handle));
    for (const { owner, run } of this.hooks.exit.entries) {
      try {
        await inTime(run);
      } catch (error) {
        failed.push(`Cannot complete instrument "${owner.name}": ${mistakeOf(error)}`);
      }
    }
    for (const { owner, run } of this.hooks.report.entries) {
      this.guard(owner, () => {
        const report = run(), { output } = owner;
        const text = output.format === "json" ? toJson(report.json()) : report.text().replace(/\n$/, "");
        if (text !== "") output.line(text);
      });
    }
    for (const { name, output } of this.#owners) {
      const problem = output.close();
      if (problem !== undefined) failed.push(`Cannot complete instrument "${name}": ${problem}`);
    }
    return failed;
  }

  // What the vCPU's weaver asks and tells.

  get translateHooks(): Hooks["translate"]["entries"] {
    return this.hooks.translate.entries;
  }

  symbol(address: number): string | undefined {
    return this.options.symbols?.lookup(address)?.symbol.name;
  }

  failed(owner: Owner, error: unknown): void {
    if (owner.dead) return;
    this.remove(owner);
    const then = owner.onError === "stop" ? "the machine is stopped" : "it is detached";
    this.options.warn(`Cannot go on with instrument "${owner.name}": ${mistakeOf(error)}; ${then}`);
    if (owner.onError === "stop") this.machine.end(1);
  }

  returned(owner: Owner, given: unknown): void {
    if (!(given instanceof Promise)) return;
    given.catch(() => {});
    this.failed(owner, new Error("a callback is asynchronous, and the guest does not wait; see emu.hold"));
  }

  guard(owner: Owner, run: () => unknown): void {
    if (owner.dead || owner.muted) return;
    const started = performance.now();
    try {
      this.returned(owner, run());
    } catch (error) {
      return this.failed(owner, error);
    }
    const took = performance.now() - started;
    if (took <= PATIENCE || took <= LAST_PATIENCE && cpuTime() - this.#cpuBegan <= PATIENCE) return;
    this.failed(
      owner,
      new Error(`a callback took ${(took / 1000).toFixed(1)} s, more than ${PATIENCE / 1000}`),
    );
  }

  begin(): void {
    this.#sliceBegan = performance.now();
    this.#cpuBegan = cpuTime();
    if (!this.#started) {
      this.#started = true;
      this.emit("cpuInit", (run) => run(this.#weaver.handle));
    }
    if (this.#idle) {
      this.#idle = false;
      this.emit("cpuResume", (run) => run(this.#weaver.handle));
    }
    if (!this.#purge) return;
    this.#purge = false;
    const { cpu } = this.machine;
    // With nobody left the code is as if there never had been anybody.
    cpu.instrument = this.#owners.some(({ dead }) => !dead) ? this.#weaver : undefined;
    this.#bury();
    for (const { owner, then } of this.#mended.splice(0)) {
      owner.muted = owner.careful = false;
      this.guard(owner, then);
    }
  }

  /** Lets plugins that were removed know that it is done. */
  #bury(): void {
    for (const { owner, then } of this.#gone.splice(0)) {
      try {
        then();
      } catch (error) {
        this.options.warn(`Cannot complete instrument "${owner.name}": ${mistakeOf(error)}`);
      }
    }
  }

  /** Each callback's time is taken only once a slice has lasted so long that one may have taken too long. */
  look(): void {
    if (this.#late()) { for (const owner of this.#owners) owner.careful = true; }
  }

  #late(): boolean {
    return performance.now() - this.#sliceBegan > PATIENCE;
  }

  discontinuity(cpu: Cpu, event: Discontinuity): void {
    for (const { owner, run } of this.hooks.of(event.kind).entries) this.guard(owner, () => run(cpu, event));
  }

  flushed(): void {
    this.emit("flush", (run) => run());
  }

  reset(): void {
    this.emit("reset", (run) => run());
  }

  // What plugins ask.

  emit<K extends EventKind>(
    kind: K,
    call: (run: Hooks[K] extends { entries: readonly { run: infer F }[] } ? F : never) => void,
  ): void {
    const { entries } = this.hooks[kind] as unknown as { entries: readonly { owner: Owner; run: never }[] };
    if (entries.length > 0) this.#weaver.settle();
    for (const { owner, run } of entries) this.guard(owner, () => call(run));
  }

  /** Removes a plugin. Its code does nothing any more from here on, and goes before the next slice. */
  remove(owner: Owner, then?: () => void): void {
    if (then !== undefined) this.#gone.push({ owner, then });
    owner.dead = owner.careful = true;
    this.hooks.removeAll(owner);
    this.#wantPurge();
  }

  /** Removes a plugin's hooks and code; calls back when that is done. */
  clear(owner: Owner, then: () => void): void {
    owner.muted = owner.careful = true;
    this.hooks.removeAll(owner);
    this.#mended.push({ owner, then });
    this.#wantPurge();
  }

  /** A plugin wants to see blocks: those there are have to be translated anew. */
  retranslate(): void {
    if (this.#started) this.#wantPurge();
  }

  /** Somebody looks from where compiled code has called for a device. */
  countExactly(): void {
    const { probes } = this.machine.cpu;
    if (probes.exact) return;
    probes.exact = true;
    this.retranslate();
  }

  #wantPurge(): void {
    this.#purge = true;
    this.machine.cpu.stop();
  }

  /** Between slices. */
  #turn(): void {
    this.#weaver.settle();
    const slow = this.#sliceBegan !== 0 && this.#late();
    this.#sliceBegan = 0;
    for (const owner of this.#owners) owner.careful = slow || owner.dead || owner.muted;
    const halted = this.machine.cpu.i32[CPU.halted.index] !== 0;
    if (!halted || this.#idle) return;
    this.#idle = true;
    this.emit("cpuIdle", (run) => run(this.#weaver.handle));
  }

  // For user-mode emulation.

  /** A program calls its operating system: the result that a plugin gives instead, if one does. */
  syscall(call: Syscall): number | undefined {
    const cpu = this.#weaver.handle;
    this.emit("syscall", (run) => run(cpu, call));
    let answer: number | undefined;
    for (const { owner, run } of this.hooks.syscallFilter.entries) {
      this.guard(owner, () => {
        const given: unknown = run(cpu, call);
        if (given === undefined) return;
        if (typeof given !== "number") {
          throw new TypeError(`Cannot answer a system call with ${typeof given}`);
        }
        answer ??= given;
      });
    }
    return answer;
  }

  syscallReturn(call: Syscall, result: number): void {
    this.emit("syscallReturn", (run) => run(this.#weaver.handle, call, result));
  }

  fork(): void {
    this.emit("fork", (run) => run(this.#weaver.handle));
  }
}

type EventKind = Exclude<keyof Hooks, "removeAll" | "of">;
type Common = Partial<Record<"out" | "format" | "onerror", string>>;

/** Properties that all plugins have, unless they have some of that name of their own. */
function separate(
  properties: Readonly<Record<string, unknown>>,
  known: object,
): { common: Common; own: Record<string, unknown> } {
  const common: Common = {}, own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties)) {
    const shared = (name === "out" || name === "format" || name === "onerror") && !Object.hasOwn(known, name);
    if (shared) common[name] = String(Array.isArray(value) ? value.at(-1) : value);
    else own[name] = value;
  }
  return { common, own };
}

function formatOf({ format = "text" }: Common, who: string): Format {
  if (format === "text" || format === "json") return format;
  throw new PluginError(who, { field: `property "format"`, problem: `"${format}" is neither text nor json` });
}

function onErrorOf({ onerror = "detach" }: Common, who: string): OnError {
  if (onerror === "detach" || onerror === "stop") return onerror;
  throw new PluginError(who, {
    field: `property "onerror"`,
    problem: `"${onerror}" is neither detach nor stop`,
  });
}

/** Milliseconds of the host's CPU that this process has used. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Waits for what a plugin does at the end, but not for ever. */
async function inTime(run: () => void | Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`it took longer than ${LAST_PATIENCE / 1000} s`)),
    LAST_PATIENCE,
  );
  try {
    await Promise.race([run(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item) => typeof item === "bigint" ? Number(item) : item);
}
