import { assert } from "@std/assert";

/** Seconds that a guest may take to boot on a busy machine, or for a command. */
const PATIENCE = 240;

/** A shell of a guest, at the serial port of an emulator's process. */
export interface Console extends AsyncDisposable {
  /** Runs a command in the guest; gives what it prints. Fails if its status is not 0. */
  run(command: string): Promise<string>;
}

/** Starts an emulator whose serial port is its standard input and output, and waits for the guest's shell. */
export async function bootConsole([program, ...args]: readonly string[]): Promise<Console> {
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  let text = "", errors = "", ended = false, changed = () => {};
  const gather = async (stream: ReadableStream<Uint8Array>, add: (text: string) => void) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      add(decoder.decode(bytes, { stream: true }));
      changed();
    }
  };
  const gathering = Promise.all([
    gather(child.stdout, (more) => text += more),
    gather(child.stderr, (more) => errors += more),
  ]).then(() => {
    ended = true;
    changed();
  });

  /** Waits for a pattern behind a place in the output. */
  async function find(pattern: RegExp, from: number): Promise<RegExpExecArray> {
    const end = Date.now() + PATIENCE * 1000;
    for (;;) {
      const match = pattern.exec(text.slice(from));
      if (match) return match;
      const why = ended ? "the emulator has ended" : Date.now() > end ? "it took too long" : "";
      assert(why === "", `${pattern} did not come, ${why}:\n${text.slice(from).slice(-2000)}\n${errors}`);
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        changed = resolve;
        timer = setTimeout(resolve, 1000);
      });
      clearTimeout(timer);
    }
  }

  let commands = 0;
  const console: Console = {
    async run(command) {
      const from = text.length, mark = `DONE${++commands}`;
      // The mark is broken in what is typed, so that its echo is not taken for it.
      await writer.write(new TextEncoder().encode(`${command}; echo DO""NE${commands}-$?\n`));
      const match = await find(new RegExp(`${mark}-(\\d+)\\s`), from);
      const output = text.slice(from).slice(0, match.index).split("\n").slice(1).join("\n");
      assert(match[1] === "0", `${command} gave ${match[1]}: ${output}`);
      return output;
    },
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill("SIGKILL");
      await child.status;
      await gathering;
      await writer.close().catch(() => {});
    },
  };
  try {
    await find(/BOOT-OK/, 0);
    await console.run("dmesg -n 1");
  } catch (error) {
    await console[Symbol.asyncDispose]();
    throw error;
  }
  return console;
}
