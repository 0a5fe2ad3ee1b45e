import { parseArgs } from "@std/cli";
import type { InstrumentSpec } from "../core/instrument/instruments.ts";
import type { BackendSpec, ListenerSpec } from "../core/machine/backends.ts";
import type { AddedDevice, CardSetup } from "../core/machine/board_setup.ts";
import { parseInteger } from "../core/plugin/coerce.ts";
import { didYouMean } from "../core/plugin/nearest.ts";
import { channels } from "./channels.ts";
import { usageError } from "./error.ts";
import { instruments } from "./instrument.ts";
import { keyValues } from "./key_values.ts";
import { normalise } from "./normalise.ts";
import { OPTIONS } from "./option_table.ts";
import { networkOptions } from "./network.ts";
import { blocks, sound } from "./storage_and_sound.ts";

/** What can be logged. */
export const LOG_ITEMS = {
  in_asm: "guest code, disassembled, as it is translated",
  op: "the same as intermediate code",
  int: "exceptions and interrupts that the CPU takes",
  guest_errors: "what the guest does wrong with devices",
  unimp: "what the guest uses that is not built",
} as const;
/** See `LOG_ITEMS`. */
export type LogItem = keyof typeof LOG_ITEMS;

/** The command line, understood; names of files and plugins are not looked at yet. */
export interface Options {
  readonly board: string;
  readonly boardProperties: Readonly<Record<string, string>>;
  readonly cpu: string | undefined;
  readonly ram: number | undefined;
  readonly devices: readonly AddedDevice[];
  readonly properties: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly plugins: readonly string[];
  /** Remote plugins are taken without their integrity. */
  readonly trust: boolean;
  /** The machine is built anew when files of plugins change. */
  readonly watchPlugins: boolean;
  /** Plugins from elsewhere run in sandboxes; names of those that get what they ask for. */
  readonly sandbox: { readonly grants: ReadonlySet<string> } | undefined;
  readonly files: Readonly<Record<"kernel" | "dtb" | "initrd" | "bios", string | undefined>>;
  readonly append: string | undefined;
  readonly chardevs: Readonly<Record<string, BackendSpec>>;
  readonly blocks: Readonly<Record<string, BackendSpec>>;
  readonly netdevs: Readonly<Record<string, BackendSpec>>;
  readonly card: CardSetup | undefined;
  readonly listeners: readonly ListenerSpec[];
  readonly audios: Readonly<Record<string, BackendSpec>>;
  readonly screendump: string | undefined;
  readonly accel: "interp" | "jit" | undefined;
  readonly icount: number | undefined;
  /** Nanoseconds since 1970. */
  readonly epoch: number | undefined;
  readonly noReboot: boolean;
  /** Snapshots: files to write and to begin with. */
  readonly savevm: string | undefined;
  readonly loadvm: string | undefined;
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly semihosting: { readonly directory: string | undefined; readonly commandLine: string } | undefined;
  readonly log: ReadonlySet<LogItem>;
  readonly logFile: string | undefined;
  readonly traces: readonly TraceOption[];
  readonly stats: boolean;
  readonly dumpBoard: string | undefined;
  readonly instruments: readonly InstrumentSpec[];
  /** ELF file with the guest's symbols. */
  readonly symbols: string | undefined;
  /** Lists that were asked for with `help`: option and what stood before `,help`. */
  readonly lists: readonly { readonly option: string; readonly of: string | undefined }[];
}

/** Understands a command line. */
export function parseOptions(args: readonly string[]): Options {
  const parsed = parseArgs(normalise(args), {
    boolean: OPTIONS.filter(({ value }) => value === undefined).map(({ name }) => name),
    string: OPTIONS.filter(({ value }) => value !== undefined).map(({ name }) => name),
    collect: OPTIONS.filter(({ repeatable }) => repeatable).map(({ name }) => name),
  });
  const one = (name: string) => parsed[name] as string | undefined;
  const all = (name: string) => parsed[name] as string[];
  const on = (name: string) => parsed[name] as boolean;
  const lists = OPTIONS.filter(({ value }) => value !== undefined).flatMap(({ name }) =>
    [parsed[name] as string | string[] | undefined ?? []].flat().flatMap((text) => listOf(name, text))
  );
  if (lists.length === 0 && one("board") === undefined) {
    throw usageError("Cannot build a machine: option --board is missing; `--board help` lists boards");
  }
  if (lists.length > 0) {
    return { ...NOTHING, lists, plugins: all("plugin"), trust: on("trust"), board: one("board") ?? "" };
  }
  const { head: board, values: boardProperties } = keyValues(one("board")!, "--board");
  only(one("display"), "display", "none");
  only(one("monitor"), "monitor", "none");
  if (one("bios") !== undefined && one("kernel") !== undefined) {
    throw usageError(
      "Cannot use options --bios and --kernel together: a kernel runs in place of the firmware",
    );
  }
  for (const name of ["dtb", "initrd", "append"] as const) {
    if (one(name) !== undefined && one("kernel") === undefined) {
      throw usageError(
        `Cannot use option --${name} ${one(name)}: it belongs to a kernel, and there is no --kernel`,
      );
    }
  }
  const { netdevs, card, cards, listeners } = networkOptions({
    netdev: all("netdev"),
    net: all("net"),
    nic: all("nic"),
    netdump: all("netdump"),
    object: all("object"),
  });
  return {
    board,
    boardProperties,
    cpu: one("cpu"),
    ram: memory(one("memory")),
    devices: [...all("device").map(device), ...cards],
    properties: deviceProperties(all("property")),
    plugins: all("plugin"),
    trust: on("trust"),
    watchPlugins: watched(on("watch-plugins"), all("plugin")),
    sandbox: sandbox(on("sandbox-plugins"), all("grant")),
    files: { kernel: one("kernel"), dtb: one("dtb"), initrd: one("initrd"), bios: one("bios") },
    append: one("append"),
    chardevs: channels(all("serial"), all("chardev")),
    blocks: blocks({ sd: one("sd"), pflash: one("pflash"), drives: all("drive") }),
    netdevs,
    card,
    listeners,
    audios: sound(one("audio")),
    screendump: one("screendump"),
    accel: choice(one("accel"), "accel", ["jit", "interp"]),
    icount: icount(one("icount")),
    epoch: epoch(one("rtc")),
    noReboot: on("no-reboot"),
    savevm: one("savevm"),
    loadvm: one("loadvm"),
    timeout: timeout(one("timeout")),
    semihosting: semihosting(on("semihosting"), one("semihosting-config")),
    log: logItems(one("log")),
    logFile: one("log-file"),
    traces: all("trace").map(trace),
    stats: on("stats"),
    dumpBoard: one("dump-board"),
    instruments: instruments(all("instrument")),
    symbols: one("symbols"),
    lists,
  };
}

const NOTHING = {
  boardProperties: {},
  cpu: undefined,
  ram: undefined,
  devices: [],
  properties: {},
  watchPlugins: false,
  sandbox: undefined,
  files: { kernel: undefined, dtb: undefined, initrd: undefined, bios: undefined },
  append: undefined,
  chardevs: {},
  blocks: {},
  netdevs: {},
  card: undefined,
  listeners: [],
  audios: {},
  screendump: undefined,
  accel: undefined,
  icount: undefined,
  epoch: undefined,
  noReboot: false,
  savevm: undefined,
  loadvm: undefined,
  timeout: undefined,
  semihosting: undefined,
  log: new Set<LogItem>(),
  logFile: undefined,
  traces: [],
  stats: false,
  dumpBoard: undefined,
  instruments: [],
  symbols: undefined,
} satisfies Omit<Options, "lists" | "plugins" | "trust" | "board">;

function watched(on: boolean, plugins: readonly string[]): boolean {
  if (!on || plugins.length > 0) return on;
  throw usageError("Cannot use option --watch-plugins: there is no --plugin to watch");
}

function sandbox(on: boolean, grants: readonly string[]): Options["sandbox"] {
  if (on) return { grants: new Set(grants) };
  if (grants.length === 0) return undefined;
  throw usageError(`Cannot use option --grant ${grants[0]}: it belongs to --sandbox-plugins`);
}

const LISTED = new Set([
  "board",
  "cpu",
  "device",
  "chardev",
  "netdev",
  "drive",
  "audio",
  "instrument",
  "log",
  "trace",
]);

function listOf(option: string, text: string): Options["lists"][number][] {
  if (!LISTED.has(option)) return [];
  if (text === "help" || text === "?") return [{ option, of: undefined }];
  return text.endsWith(",help") ? [{ option, of: text.slice(0, -5).split(",")[0] }] : [];
}

/** Events to trace, and the file they go to; without: standard error. */
export interface TraceOption {
  readonly pattern: string;
  readonly file: string | undefined;
}

function trace(text: string): TraceOption {
  const { head: pattern, values: { file, ...more } } = keyValues(text, "--trace");
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) {
    throw usageError(`Cannot use option --trace ${text}: there is no "${unknown}", only file=…`);
  }
  if (pattern === "") {
    throw usageError(`Cannot use option --trace ${text}: it begins with an event, as in pl011_*`);
  }
  return { pattern, file };
}

function memory(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const plain = text.replace(/^size=/, "");
  const bytes = parseInteger(/^\d+$/.test(plain) ? `${plain}M` : plain);
  if (bytes === undefined) {
    throw usageError(`Cannot use option --memory ${text}: it is no size; write 64, 128M, 1G`);
  }
  if (bytes <= 0) throw usageError(`Cannot use option --memory ${text}: a machine needs some memory`);
  return bytes;
}

/** What QEMU calls devices that have another name here. */
const QEMU_NAMES: Readonly<Record<string, string>> = {
  "virtio-net-device": "virtio-net-mmio",
  "virtio-blk-device": "virtio-blk-mmio",
};

function device(text: string): AddedDevice {
  const { head, values: properties } = keyValues(text, "--device");
  const use = QEMU_NAMES[head] ?? head;
  if (use === "") throw usageError(`Cannot use option --device ${text}: it begins with the name of a device`);
  return { use, properties };
}

function deviceProperties(texts: readonly string[]): Record<string, Record<string, string>> {
  const result: Record<string, Record<string, string>> = {};
  for (const text of texts) {
    const match = /^([^=]+)\.([^.=]+)=(.*)$/s.exec(text);
    if (!match) throw usageError(`Cannot use option --property ${text}: write it as DEVICE.PROPERTY=VALUE`);
    const [, path, name, value] = match;
    (result[path] ??= {})[name] = value;
  }
  return result;
}

function only(text: string | undefined, option: string, value: string): void {
  if (text === undefined || text === value) return;
  throw usageError(`Cannot use option --${option} ${text}: there is only "${value}" yet`);
}

function choice<const T extends string>(
  text: string | undefined,
  option: string,
  values: T[],
): T | undefined {
  if (text === undefined) return undefined;
  const value = values.find((value) => value === text);
  if (value) return value;
  throw usageError(
    `Cannot use option --${option} ${text}: it is ${values.join(" or ")}${didYouMean(text, values)}`,
  );
}

const LARGEST_SHIFT = 10;

function icount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const shift = /^(?:shift=)?(\d+)$/.exec(text)?.[1];
  if (shift !== undefined && Number(shift) <= LARGEST_SHIFT) return Number(shift);
  throw usageError(
    `Cannot use option --icount ${text}: an instruction takes 2^N ns, N from 0 to ${LARGEST_SHIFT}`,
  );
}

function epoch(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { head, values: { base = head, ...more } } = keyValues(text, "--rtc");
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) {
    throw usageError(`Cannot use option --rtc ${text}: there is no "${unknown}", only base=…`);
  }
  if (base === "utc") return undefined;
  const now = Date.now();
  const time = base === "localtime"
    ? now - new Date(now).getTimezoneOffset() * 60_000
    : Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(base) || !base.includes("T") ? base : `${base}Z`);
  if (!Number.isFinite(time)) {
    throw usageError(
      `Cannot use option --rtc ${text}: base is utc, localtime, or a time as 2006-06-17T16:01:21`,
    );
  }
  return time * 1e6;
}

function timeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = text.trim() === "" ? NaN : Number(text);
  if (seconds > 0 && seconds * 1000 < 2 ** 31) return seconds * 1000;
  throw usageError(`Cannot use option --timeout ${text}: it wants a number of seconds`);
}

function semihosting(on: boolean, text: string | undefined): Options["semihosting"] {
  if (!on && text === undefined) return undefined;
  const { head, values } = keyValues(text ?? "", "--semihosting-config");
  const { dir, arg, enable = head || "on", target = "native", ...more } = values;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined || !["native", "auto"].includes(target)) {
    const what = unknown === undefined ? `target=${target}` : `"${unknown}"`;
    throw usageError(
      `Cannot use option --semihosting-config ${text}: there is no ${what}; it knows dir=… and arg=…`,
    );
  }
  return enable === "off" ? undefined : { directory: dir, commandLine: arg ?? "" };
}

function logItems(text: string | undefined): Set<LogItem> {
  const items = new Set<LogItem>();
  for (const item of text?.split(",") ?? []) {
    if (!Object.hasOwn(LOG_ITEMS, item)) {
      const known = Object.keys(LOG_ITEMS);
      throw usageError(
        `Cannot use option -d ${text}: there is no "${item}"${didYouMean(item, known)}; it knows ${
          known.join(", ")
        }`,
      );
    }
    items.add(item as LogItem);
  }
  return items;
}
