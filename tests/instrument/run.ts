import type { Emu, InstrumentPlugin } from "@emu/core";
import { elfOf } from "../../core/loader/testing.ts";
import { createMachine } from "../../core/machine/create.ts";
import type { Machine } from "../../core/machine/machine.ts";
import { PluginHost } from "../../core/plugin/load.ts";
import { codeOf } from "../cli/programs.ts";

/** What a run with instrumentation left behind. */
export interface InstrumentedRun {
  /** 99: it had to be ended from outside. */
  readonly status: number;
  /** What plugins printed. */
  readonly lines: readonly string[];
  /** What the user was told. */
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
  readonly executed: number;
  readonly registers: readonly { readonly name: string; readonly value: number }[];
}

/** A plugin that is a function of the test's. */
export type OwnPlugin = (emu: Emu) => void | Promise<void>;

/** How it is run. */
export interface RunOptions {
  readonly accel?: "interp" | "jit";
  /** Addresses of functions. */
  readonly symbols?: Readonly<Record<string, number>>;
  /** Sees the machine once it has run. */
  readonly after?: (machine: Machine) => void;
}

const EM_ARM = 40, GLOBAL_FUNCTION = 0x12;
/** Milliseconds. */
const PATIENCE = 120_000;

/** Runs a program of Arm words, ended by semihosting, on the board; plugins as `NAME,PROP=VALUE`, or as functions. */
export async function runWith(
  words: readonly number[],
  specs: readonly (string | OwnPlugin)[],
  { accel = "jit", symbols, after }: RunOptions = {},
): Promise<InstrumentedRun> {
  const lines: string[] = [], warnings: string[] = [];
  let end = (_: number) => {};
  const plugins = new OwnPlugins();
  const { machine, close } = await createMachine({
    board: "integratorcp",
    boot: { kernel: codeOf(words) },
    plugins,
    instruments: specs.map((spec) => {
      if (typeof spec === "function") return { type: plugins.own(spec) };
      const [type, ...properties] = spec.split(",");
      return { type, properties: Object.fromEntries(properties.map((text) => text.split("="))) };
    }),
    symbols: symbols && symbolFile(symbols),
    print: (line) => lines.push(line),
    warn: (line) => warnings.push(line),
    options: {
      accel,
      icount: 0,
      semihosting: { console() {}, exit: (status) => end(status), commandLine: "", open: () => undefined },
    },
  });
  end = (status) => machine.end(status);
  const late = setTimeout(() => machine.end(99), PATIENCE);
  const status = await machine.run();
  clearTimeout(late);
  const registers = machine.cpu.frontend.registers();
  after?.(machine);
  const problems = await close();
  return { status, lines, warnings, problems, executed: machine.loop.executed, registers };
}

/** Plugins, and functions that are instruments "own1", "own2" …. */
export class OwnPlugins extends PluginHost {
  readonly #own = new Map<string, InstrumentPlugin>();

  own(install: OwnPlugin): string {
    const name = `own${this.#own.size + 1}`;
    const manifest = { name, kind: "instrument", api: 1, version: "1.0.0", summary: "Test", entry: "" };
    this.#own.set(name, { kind: "instrument", manifest, install });
    return name;
  }

  override async get(...[kind, name]: Parameters<PluginHost["get"]>): ReturnType<PluginHost["get"]> {
    const own = this.#own.get(name);
    return own === undefined ? await super.get(kind, name) : { manifest: own.manifest } as never;
  }

  override async load(kind: never, name: string): Promise<never> {
    return (this.#own.get(name) ?? await super.load(kind, name)) as never;
  }
}

/** An ELF file with functions, each as long as there is room. */
function symbolFile(symbols: Readonly<Record<string, number>>): Uint8Array {
  return elfOf({
    bits: 32,
    endian: "little",
    machine: EM_ARM,
    entry: 0n,
    segments: [],
    symbols: Object.entries(symbols).map(([name, value]) => ({
      name,
      value: BigInt(value),
      size: 0,
      info: GLOBAL_FUNCTION,
    })),
  });
}
