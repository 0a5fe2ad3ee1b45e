import { commandLine, type Devices } from "./test_target.ts";

export const PROMPT = "\ncp> ";

/** A running monitor: what is typed to it and what it answers. */
export interface Session extends AsyncDisposable {
  /** Waits for the text in what has not been waited for yet; gives everything up to its end. */
  expect(text: string, timeout?: number): Promise<string>;
  /** Types text as it is. */
  type(text: string): Promise<void>;
  /** Types a line and gives what it printed, without the echo, up to the next prompt. */
  command(line: string, timeout?: number): Promise<string>;
  /** Exit status, once the emulator has ended by itself. */
  status(timeout?: number): Promise<number>;
}

/** Starts the monitor and waits for its first prompt. Times are in ms. */
export async function start(devices: Devices = {}): Promise<Session> {
  const [command, ...args] = commandLine(devices);
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: { QEMU_AUDIO_DRV: "none" },
  }).spawn();
  const writer = child.stdin.getWriter();
  let output = "", seen = 0, ended = false;
  let wake = () => {};

  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += text.replaceAll("\r", "");
      wake();
    }
    ended = true;
    wake();
  })();

  async function expect(text: string, timeout = 30_000): Promise<string> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const at = output.indexOf(text, seen);
      if (at >= 0) {
        const part = output.slice(seen, at + text.length);
        seen = at + text.length;
        return part;
      }
      const left = deadline - performance.now();
      if (ended || left <= 0) {
        throw new Error(`Cannot find ${JSON.stringify(text)} in the output:\n${output.slice(seen - 200)}`);
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  const type = (text: string) => writer.write(new TextEncoder().encode(text));

  async function typeLine(line: string, timeout?: number): Promise<string> {
    await type(line + "\r");
    await expect(line, timeout);
    const answer = await expect(PROMPT, timeout);
    return answer.slice(1, -PROMPT.length + 1);
  }

  async function stop(): Promise<void> {
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended */ }
    await writer.close().catch(() => {});
    await reading;
    await child.status;
  }

  async function status(timeout = 30_000): Promise<number> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Cannot end: still running after ${timeout} ms`)), timeout);
    });
    try {
      return (await Promise.race([child.status, late])).code;
    } finally {
      clearTimeout(timer);
    }
  }

  const session = { expect, type, command: typeLine, status, [Symbol.asyncDispose]: stop };
  try {
    await expect("Emu boot monitor");
    await expect(PROMPT);
  } catch (error) {
    await stop();
    throw error;
  }
  return session;
}
