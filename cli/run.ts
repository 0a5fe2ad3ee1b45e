import { type CreatedMachine, createMachine } from "../core/machine/create.ts";
import type { HoldableMachine } from "../core/machine/holdable.ts";
import { messageOf, mistakeOf } from "../core/plugin/error.ts";
import { PluginHost } from "../core/plugin/load.ts";
import { UserError } from "./error.ts";
import { fileProblem, readUserFile } from "./files.ts";
import { exceptionText, logBlock, openLog, openTraces } from "./log.ts";
import { fail, say } from "./main.ts";
import type { Options } from "./options.ts";
import { sayAll, watchProcess } from "./process.ts";
import { readSnapshot, saveSnapshot, withSnapshotFile } from "./snapshots.ts";

const TIMEOUT_STATUS = 124;
/** Milliseconds. */
const PATIENCE = 2000;

/** Builds the machine that the options describe, runs it to its end and gives the exit status. */
export async function runMachine(options: Options): Promise<number> {
  if (!options.watchPlugins) return await runOnce(options);
  const { watchMachine } = await import("./watch.ts");
  return await watchMachine(options, runOnce);
}

/** `restart` ends the machine, for another to take its place. */
async function runOnce(options: Options, restart?: AbortSignal): Promise<number> {
  const plugins = new PluginHost(undefined, {
    remote: options.trust ? "trust" : "check",
    sandbox: options.sandbox,
  });
  await plugins.addAll(options.plugins);
  if (options.dumpBoard !== undefined) {
    const { dumpBoard } = await import("./dump_board.ts");
    await dumpBoard(options.dumpBoard, { options, plugins });
    return 0;
  }
  const boot = await readBootFiles(options);
  const { savevm, loadvm } = options;
  const snapshot = loadvm === undefined ? undefined : await readSnapshot(loadvm);
  const log = openLog(options.log, options.logFile);
  const traceLogs = openTraces(options.traces);
  let machine: HoldableMachine | undefined;
  const dump = options.screendump === undefined ? undefined : () => dumpScreen(machine, options.screendump!);
  let made: CreatedMachine | undefined;
  try {
    made = await createMachine({
      board: options.board,
      boardProperties: options.boardProperties,
      cpu: options.cpu,
      ram: options.ram,
      boot,
      devices: options.devices,
      properties: options.properties,
      chardevs: options.chardevs,
      blocks: options.blocks,
      netdevs: options.netdevs,
      card: options.card,
      listeners: options.listeners,
      audios: options.audios,
      plugins,
      instruments: options.instruments,
      symbols: options.symbols === undefined ? undefined : await readUserFile("symbols", options.symbols),
      print: say,
      snapshot,
      ...savevm !== undefined && {
        onSnapshot: (name, taken) =>
          machine!.hold(saveSnapshot(`${savevm}.${name.replace(/[^\w.-]/g, "_")}`, taken).catch(fail)),
      },
      options: {
        ...options.accel && { accel: options.accel },
        icount: options.icount,
        epoch: options.epoch,
        noReboot: options.noReboot,
        semihosting: await semihostingOf(options, () => machine),
        ...(options.log.has("in_asm") || options.log.has("op")) &&
          { onTranslate: (tb) => machine && logBlock(log, machine, tb) },
        ...log.items.has("int") && { onException: (event) => log.line(exceptionText(event)) },
      },
      traces: traceLogs.rules,
      log: (kind, device, message) => {
        if (log.items.has(kind)) log.line(`${device}: ${message}`);
      },
      report: reporter(),
      warn: (message) => say(`emu: ${message}`),
    });
    machine = made.machine;
    return await runToEnd(made, options, { dump, restart });
  } catch (error) {
    if (made) sayAll(await made.close());
    throw withSnapshotFile(withFiles(error, options), loadvm);
  } finally {
    log.close();
    traceLogs.close();
  }
}

async function runToEnd(
  made: CreatedMachine,
  options: Options,
  { dump, restart }: {
    readonly dump: (() => Promise<void>) | undefined;
    readonly restart: AbortSignal | undefined;
  },
): Promise<number> {
  const { machine, close } = made;
  const end = () => machine.end(0);
  restart?.addEventListener("abort", end);
  if (restart?.aborted) end();
  let endedBy: string | undefined;
  const unwatch = watchProcess({
    end(signal, status) {
      endedBy = signal;
      machine.end(status);
    },
    rescue(error) {
      for (const { close } of made.backends.chardevs.values()) void close();
      Deno.exit(fail(error));
    },
    screendump: dump && (() => void dump()),
  });
  let late = false;
  const timer = options.timeout === undefined ? undefined : setTimeout(() => {
    late = true;
    machine.end(TIMEOUT_STATUS);
  }, options.timeout);
  try {
    const status = await machine.run();
    if (restart?.aborted) {
      sayAll(await close());
      return status;
    }
    await dump?.();
    const unsaved = options.savevm === undefined ? [] : await trySave(options.savevm, machine);
    const problems = endedBy ? await Promise.race([close(), patience()]) : await close();
    problems.unshift(...unsaved);
    sayAll(problems);
    if (options.stats) say((await import("./stats.ts")).statsText(machine.stats()));
    if (endedBy) say(`emu: Ended by ${endedBy}`);
    if (late) say(`emu: Cannot wait longer: --timeout ${options.timeout! / 1000} is over`);
    return status === 0 && problems.length > 0 ? 1 : status;
  } finally {
    clearTimeout(timer);
    restart?.removeEventListener("abort", end);
    unwatch();
  }
}

/** What went wrong, as lines. */
async function trySave(path: string, machine: HoldableMachine): Promise<string[]> {
  try {
    await saveSnapshot(path, machine.snapshot());
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

/** A signal's end does not wait for ever for whoever reads the output. */
function patience(): Promise<string[]> {
  return new Promise((resolve) =>
    setTimeout(resolve, PATIENCE, ["Cannot complete the output: nobody reads it"])
  );
}

/** Says which files could not be used. */
function withFiles(error: unknown, { files, symbols }: Options): unknown {
  if (!(error instanceof Error)) return error;
  if (error.message.startsWith("Cannot read symbols: ")) {
    return new UserError(`Cannot read --symbols ${symbols}: ${error.message.slice(21)}`);
  }
  if (!error.message.startsWith("Cannot boot: ")) return error;
  const named = Object.entries(files).filter(([, path]) => path !== undefined)
    .map(([name, path]) => ` --${name} ${path}`);
  return new UserError(`Cannot boot${named.join("")}: ${error.message.slice(13)}`);
}

async function readBootFiles({ files, append }: Options) {
  const [kernel, dtb, initrd, bios] = await Promise.all(
    (["kernel", "dtb", "initrd", "bios"] as const).map((name) => {
      const path = files[name];
      return path === undefined ? undefined : readUserFile(name, path);
    }),
  );
  return { kernel, dtb, initrd, bios, append };
}

async function semihostingOf({ semihosting }: Options, machine: () => HoldableMachine | undefined) {
  if (!semihosting) return undefined;
  const { semihosting: create } = await import("./semihosting.ts");
  try {
    return create({
      ...semihosting,
      exit: (status) => machine()?.end(status & 0xff),
      console(bytes) {
        try {
          for (let done = 0; done < bytes.length;) done += Deno.stderr.writeSync(bytes.subarray(done));
        } catch { /* nobody reads it */ }
      },
    });
  } catch (error) {
    throw new UserError(
      `Cannot use --semihosting-config dir=${semihosting.directory}: ${fileProblem(error)}`,
    );
  }
}

/** Says that a plugin has a mistake. */
function reporter(): (device: string, error: unknown) => void {
  return (device, error) => say(`emu: Cannot go on in "${device}", which has a mistake: ${mistakeOf(error)}`);
}

async function dumpScreen(machine: HoldableMachine | undefined, path: string): Promise<void> {
  const { screendump } = await import("./screendump.ts");
  try {
    if (machine) await screendump(machine.displays, path);
  } catch (error) {
    say(`emu: ${messageOf(error)}`);
  }
}
