/** A process that is watched: what it prints and when, and how much memory it comes to use. */

/** Time between looks at the memory, in ms. */
const LOOK = 20;

/** What a process left behind. */
export interface Ended {
  readonly status: number;
  /** From before its start to after its end. */
  readonly milliseconds: number;
  readonly output: string;
  /** Most memory it had at once, in bytes, as far as it could be seen. */
  readonly peak: number;
}

/** A running process. */
export interface Watched extends AsyncDisposable {
  /** Waits until the text is printed; gives what was printed before it, and the milliseconds since the start. */
  expect(text: string): Promise<{ before: string; milliseconds: number }>;
  type(text: string): Promise<void>;
  /** Processor time it has used, in ms; 0 where it cannot be seen. */
  processorTime(): number;
  ended(): Promise<Ended>;
}

/** Starts a process, to be killed after `timeout` ms. */
export function watch([command, ...args]: readonly string[], timeout = 300_000): Watched {
  const started = performance.now();
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: { QEMU_AUDIO_DRV: "none" },
  }).spawn();
  const writer = child.stdin.getWriter();
  let output = "", seen = 0, peak = 0, over = false;
  let wake = () => {};
  const look = () => peak = Math.max(peak, peakOf(child.pid));
  const looking = setInterval(look, LOOK);
  const killer = setTimeout(stop, timeout);

  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      look();
      output += text.replaceAll("\r", "");
      wake();
    }
    over = true;
    wake();
  })();

  async function expect(text: string) {
    for (;;) {
      const at = output.indexOf(text, seen);
      if (at >= 0) {
        const before = output.slice(seen, at);
        seen = at + text.length;
        return { before, milliseconds: performance.now() - started };
      }
      if (over) {
        throw new Error(
          `Cannot find "${text}" in what ${command} ${args.join(" ")} printed, which ends:\n${
            output.slice(-1000)
          }`,
        );
      }
      await new Promise<void>((resolve) => wake = resolve);
    }
  }

  async function ended(): Promise<Ended> {
    await reading;
    const { code } = await child.status;
    const milliseconds = performance.now() - started;
    await dispose();
    return { status: code, milliseconds, output, peak };
  }

  function stop(): void {
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended */ }
  }

  async function dispose(): Promise<void> {
    clearInterval(looking);
    clearTimeout(killer);
    stop();
    await writer.close().catch(() => {});
    await reading;
    await child.status;
  }

  return {
    expect,
    ended,
    processorTime: () => processorTimeOf(child.pid),
    type: (text) => writer.write(new TextEncoder().encode(text)),
    [Symbol.asyncDispose]: dispose,
  };
}

/** User and system time of a process, in ms, counted in hundredths of a second (proc(5), utime and stime). */
function processorTimeOf(pid: number): number {
  try {
    const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)!.split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return 0;
  }
}

/** Peak of a process's resident memory so far, in bytes: the kernel keeps it (proc(5), VmHWM). 0 where it does not. */
function peakOf(pid: number): number {
  try {
    const [, kilobytes = "0"] = /^VmHWM:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ??
      [];
    return 1024 * Number(kilobytes);
  } catch {
    return 0;
  }
}
