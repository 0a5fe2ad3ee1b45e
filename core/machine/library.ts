import type { CharBackend } from "../backend/define.ts";
import type { CharReceiver } from "../backend/chardev.ts";
import { PluginHost } from "../plugin/load.ts";
import type { BackendSpec } from "./backends.ts";
import { createMachine as build, type MachineSetup } from "./create.ts";
import type { HoldableMachine } from "./holdable.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot_file.ts";

/** What a program that uses Emu as a library asks for: a `MachineSetup`, and plugins by their places. */
export interface LibrarySetup extends Omit<MachineSetup, "plugins" | "snapshot" | "onSnapshot"> {
  /** Plugins from elsewhere: paths, `https:`, `http:`, `file:`, `npm:` or `jsr:` specifiers. */
  readonly plugins?: readonly string[];
  /** Takes remote plugins without their integrity (`https://…#sha256-…`, or `deno.lock`). Default: false. */
  readonly trust?: boolean;
  /**
   * Puts plugins from elsewhere into sandboxes (devices; others are refused), and grants some what they ask for. Needs
   * `"unstable": ["worker-options"]` in the project's `deno.json`.
   */
  readonly sandbox?: { readonly grants?: readonly string[] } | boolean;
  /** A file's bytes, as `LibraryMachine.snapshot` gives them: the machine goes on from there. */
  readonly snapshot?: Uint8Array | undefined;
  /** Takes snapshots that instruments ask for, by name, as a file's bytes; without it there are none. */
  readonly onSnapshot?: (name: string, snapshot: Uint8Array<ArrayBuffer>) => void;
}

/** A serial port's far end. */
export interface SerialPort {
  /** What the guest has sent so far, as UTF-8; of more than `KEPT` characters the last. */
  readonly text: string;
  /** Sends text to the guest, as fast as it takes it. */
  type(text: string): void;
}

/** How long to run. */
export interface RunLimit {
  /** Milliseconds of the host's time. Default 60 000. */
  readonly timeout?: number;
}

/** A machine in the hands of a program. */
export interface LibraryMachine {
  /**
   * The machine itself, with all its parts: no part of the public API, and it may change with any version.
   *
   * @internal
   */
  readonly machine: HoldableMachine;
  /** The board's first serial port. */
  readonly serial: SerialPort;
  /** The serial ports that the setup leaves alone: "serial0" to "serial3". */
  readonly serials: Readonly<Record<string, SerialPort>>;
  /** Runs until the guest powers off (or resets, with the option `noReboot`); gives the exit status. */
  run(): Promise<number>;
  /**
   * Runs until the first serial port has said a text (once more than when last asked for), or until a function, called
   * between slices of some milliseconds, gives true.
   *
   * @throws {Error} "Cannot …" when time is over, or the machine has ended before.
   */
  runUntil(condition: string | (() => boolean), limit?: RunLimit): Promise<void>;
  /** Reads 1, 2 or 4 bytes at a physical address as a bus master does, so of devices too; 0 where nothing answers. */
  read(address: number, size?: number): number;
  /** Writes 1, 2 or 4 bytes likewise. False if nothing answers. */
  write(address: number, value: number, size?: number): boolean;
  /** A copy of physical memory, without side effects; 0 where there is none. */
  peek(address: number, length: number): Uint8Array;
  /** Writes physical memory, ROM too. False if there is none. */
  poke(address: number, bytes: Uint8Array): boolean;
  /**
   * The level of a line, by its output ("uart0.irq") or input ("pic.1").
   *
   * @throws {Error} if there is no such line.
   */
  line(name: string): boolean;
  /**
   * Drives an input ("pic.9") high or low, beside what drives it on the board: it is high while anything drives it high.
   *
   * @throws {Error} if there is no such input.
   */
  drive(input: string, level: boolean): void;
  /**
   * Pulls out the cable of a network card, or puts it in again: by the card's path ("eth") or its network's id ("net0").
   *
   * @throws {Error} if there is no such cable.
   */
  setLink(name: string, up: boolean): void;
  /**
   * The machine's state as it is now, as the bytes of a file: CPU, memory, devices, time. What lies outside the machine
   * is not in it: disk images, network connections, lines that `drive` holds. Not from within the guest's code (a
   * device's `read`, an instrument's callback).
   */
  snapshot(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Goes on from a snapshot of this machine, even if it has ended since, or of one with the same CPU, memory and
   * devices, made in another process. What the serial ports have said remains said.
   *
   * @throws {Error} "Cannot restore the snapshot: …" if it is damaged or of another machine.
   */
  restore(snapshot: Uint8Array): Promise<void>;
  /** The vCPU's registers by name, unsigned. */
  registers(): Record<string, number>;
  /** Instructions that the guest has run since the machine was made. */
  readonly executed: number;
  /** Virtual time in nanoseconds. */
  readonly now: number;
  /** Ends the machine and closes what it uses; gives what went wrong, as lines. */
  dispose(): Promise<string[]>;
}

const PORTS = 4;
/** Characters. */
const KEPT = 1 << 24;
const DEFAULT_TIMEOUT = 60_000;

/**
 * Makes a machine for a program's use. Serial ports are texts unless the setup connects them to something.
 *
 * @throws {PluginError} when a plugin or a property is at fault; `Error` "Cannot build …" or "Cannot boot …" otherwise.
 */
export async function createMachine(
  { plugins = [], trust = false, sandbox = false, snapshot, onSnapshot, ...setup }: LibrarySetup,
): Promise<LibraryMachine> {
  const host = new PluginHost(undefined, {
    remote: trust ? "trust" : "check",
    sandbox: sandbox ? { grants: new Set(sandbox === true ? [] : sandbox.grants) } : undefined,
  });
  await host.addAll(plugins);
  const chardevs: Record<string, BackendSpec | CharBackend> = { ...setup.chardevs };
  const ports: Record<string, TextPort> = {};
  for (let n = 0; n < PORTS; n++) {
    const id = `serial${n}`;
    if (chardevs[id] === undefined) chardevs[id] = ports[id] = new TextPort();
  }
  const { machine, close } = await build({
    ...setup,
    ...onSnapshot && {
      onSnapshot: (name, taken) =>
        machine.hold(encodeSnapshot(taken).then((bytes) => onSnapshot(name, bytes))),
    },
    chardevs,
    plugins: host,
    snapshot: snapshot && await decodeSnapshot(snapshot),
  });
  const drivers = new Map<string, (level: boolean) => void>();
  const serial = ports.serial0 ?? new TextPort();
  let ended = false, disposed = false, seen = 0;

  /** Whether the text has come; what was found is not found again. */
  function heard(text: string): boolean {
    const at = serial.text.indexOf(text, Math.max(0, seen - serial.dropped));
    if (at < 0) return false;
    seen = serial.dropped + at + text.length;
    return true;
  }

  async function run(): Promise<number> {
    const status = await machine.run();
    ended = true;
    return status;
  }

  async function runUntil(
    condition: string | (() => boolean),
    { timeout = DEFAULT_TIMEOUT }: RunLimit = {},
  ): Promise<void> {
    const met = typeof condition === "string" ? () => heard(condition) : condition;
    const what = typeof condition === "string" ? JSON.stringify(condition) : "the condition";
    if (met()) return;
    if (ended) throw new Error(`Cannot run until ${what}: the machine has ended`);
    const { loop } = machine, { onTurn } = loop;
    let done = false, late = false;
    loop.onTurn = () => {
      onTurn();
      done ||= met();
      if (done) loop.end();
    };
    const timer = setTimeout(() => {
      late = true;
      loop.end();
    }, timeout);
    try {
      await machine.run();
    } finally {
      clearTimeout(timer);
      loop.onTurn = onTurn;
    }
    if (done) return;
    ended = !late;
    // The last text may have come with the guest's last instructions.
    await Promise.resolve();
    if (met()) return;
    throw new Error(`Cannot run until ${what}: ${late ? `${timeout} ms are over` : "the machine has ended"}`);
  }

  return {
    machine,
    serial,
    serials: ports,
    run,
    runUntil,
    read: (address, size = 4) => machine.space.read(address, size) ?? 0,
    write: (address, value, size = 4) => machine.space.write(address, size, value),
    peek: (address, length) => machine.peek(address, length),
    poke: (address, bytes) => machine.poke(address, bytes),
    line(name) {
      const level = machine.line(name);
      if (level === undefined) throw new Error(`Cannot tell the level of "${name}": there is no such line`);
      return level;
    },
    drive(input, level) {
      const driver = drivers.get(input) ?? machine.driver(input);
      if (!driver) throw new Error(`Cannot drive "${input}": there is no such input line`);
      drivers.set(input, driver);
      driver(level);
    },
    setLink(name, up) {
      if (!machine.setLink(name, up)) {
        throw new Error(`Cannot set the link of "${name}": there is no such card or network`);
      }
    },
    registers: () =>
      Object.fromEntries(machine.cpu.frontend.registers().map(({ name, value }) => [name, value >>> 0])),
    get executed() {
      return machine.loop.executed;
    },
    get now() {
      return machine.loop.now();
    },
    snapshot: () => encodeSnapshot(machine.snapshot()),
    async restore(bytes) {
      const snapshot = await decodeSnapshot(bytes);
      await machine.ready();
      if (disposed) throw new Error("Cannot restore the snapshot: the machine has been disposed");
      machine.restore(snapshot);
      ended = false;
    },
    async dispose() {
      machine.end(0);
      ended = disposed = true;
      return await close();
    },
  };
}

/** A channel that keeps what the guest sends as text. */
class TextPort implements SerialPort, CharBackend {
  text = "";
  /** Characters that came before `text`. */
  dropped = 0;
  readonly #decoder = new TextDecoder();
  #waiting = new Uint8Array(0);
  #guest: CharReceiver | undefined;

  type(text: string): void {
    const more = new TextEncoder().encode(text), all = new Uint8Array(this.#waiting.length + more.length);
    all.set(this.#waiting);
    all.set(more, this.#waiting.length);
    this.#waiting = all;
    this.ready();
  }

  send(bytes: Uint8Array): void {
    this.text += this.#decoder.decode(bytes, { stream: true });
    if (this.text.length <= 2 * KEPT) return;
    this.dropped += this.text.length - KEPT;
    this.text = this.text.slice(-KEPT);
  }

  connect(receiver: CharReceiver): void {
    this.#guest = receiver;
    this.ready();
  }

  ready(): void {
    const room = Math.min(this.#guest?.room() ?? 0, this.#waiting.length);
    if (room === 0) return;
    const now = this.#waiting.slice(0, room);
    this.#waiting = this.#waiting.slice(room);
    this.#guest!.receive(now);
  }

  close(): void {}
}
