/** Steps of a long job: one line each with its time, the output of its commands in a log file. */

/** Where a job reports. */
export interface Reporter {
  /** Writes text as it is. */
  write(text: string): void;
  /** Width of the terminal, for a live line under way; 0 where there is no terminal. */
  columns: number;
}

/** One step; `work` may return a few words that stand behind its time. */
export interface Step {
  /** What is done, as in "Compile the kernel". */
  title: string;
  work(run: Run): Promise<string | void>;
}

/** Runs a command with its output going to the step's log; rejects if it fails. */
export type Run = (command: readonly string[], options?: RunOptions) => Promise<void>;

/** Where and with what environment a command runs. */
export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Starts from an empty environment. */
  clearEnv?: boolean;
}

/** A failure told in one line. */
export class StepError extends Error {}

/** Time between two drawings of the live line, in ms. */
const FRAME = 250;

/**
 * Performs the steps in order, their logs in `logs/<title>.log`.
 * Throws {@link StepError}, which names step, reason and log, at the first that fails.
 */
export async function perform(steps: readonly Step[], options: { logs: string; reporter: Reporter }) {
  await Deno.mkdir(options.logs, { recursive: true });
  for (const [index, step] of steps.entries()) {
    const slug = step.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    await performOne(step, {
      label: `[${index + 1}/${steps.length}] ${step.title} …`,
      log: `${options.logs}/${slug}.log`,
      reporter: options.reporter,
    });
  }
}

async function performOne(step: Step, { label, log, reporter }: PerformOptions) {
  const line = statusLine(label, reporter);
  using file = await Deno.open(log, { write: true, create: true, truncate: true });
  try {
    const note = await step.work((command, options) => runLogged(command, { ...options, file, line }));
    line.end(note ?? "");
  } catch (error) {
    line.end("failed");
    const task = step.title[0].toLowerCase() + step.title.slice(1);
    const reason = error instanceof Error ? error.message : String(error);
    throw new StepError(`Cannot ${task}: ${reason} (log: ${log})`, { cause: error });
  }
}

interface PerformOptions {
  label: string;
  log: string;
  reporter: Reporter;
}

/** The line of one step: alive on a terminal, elsewhere its label at once and its result at the end. */
interface StatusLine {
  /** Sets what the live line shows behind the time. */
  show(text: string): void;
  end(result: string): void;
}

function statusLine(label: string, { write, columns }: Reporter): StatusLine {
  const started = performance.now();
  const live = columns > 0;
  let shown = "";
  const text = (rest: string) => {
    return `${label} ${elapsed(performance.now() - started)}${rest ? `, ${rest}` : ""}`;
  };
  const draw = () => write(`\r\x1b[K${text(shown).slice(0, columns - 1)}`);
  const timer = live ? setInterval(draw, FRAME) : undefined;
  write(live ? label : `${label} `);
  return {
    show: (text) => void (shown = text),
    end: (result) => {
      clearInterval(timer);
      write(live ? `\r\x1b[K${text(result)}\n` : `${text(result).slice(label.length + 1)}\n`);
    },
  };
}

/** "0.4 s", "12 s", "3 min 5 s". */
export function elapsed(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

async function runLogged(command: readonly string[], options: LoggedOptions): Promise<void> {
  const { file, line, cwd, env, clearEnv } = options;
  // The shell joins both streams in the order of writing, which two pipes would lose.
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" 2>&1', "sh", ...command],
    ...(cwd === undefined ? {} : { cwd }),
    env: { LC_ALL: "C", ...env },
    clearEnv: clearEnv ?? false,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  await writeAll(file, new TextEncoder().encode(`$ ${command.join(" ")}\n`));
  let last = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await writeAll(file, chunk);
    last = lastLine(decoder.decode(chunk, { stream: true })) || last;
    line.show(last);
  }
  const { success, code, signal } = await child.status;
  if (success) return;
  const how = signal ? `was ended by ${signal}` : `exited with ${code}`;
  throw new Error(`${command[0]} ${how}${last ? `, last saying "${last}"` : ""}`);
}

interface LoggedOptions extends RunOptions {
  file: Deno.FsFile;
  line: StatusLine;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array) {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** The last line of output that says something, without control characters. */
function lastLine(output: string): string {
  // deno-lint-ignore no-control-regex
  const lines = output.replaceAll(/[\x00-\x08\x0b-\x1f\x7f]+/g, "\n").split("\n");
  return lines.findLast((line) => line.trim() !== "")?.replaceAll("\t", " ").trim() ?? "";
}

/** Standard output as a reporter. */
export function terminalReporter(): Reporter {
  const encoder = new TextEncoder();
  return {
    write: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
    columns: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 0,
  };
}
