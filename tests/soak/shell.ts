import type { CharBackend, CharReceiver } from "@emu/core";

/** The guest's shell at the other end of a serial port. */
export interface Shell {
  readonly channel: CharBackend;
  /** Waits until the guest prints the text; gives what was printed before it. */
  expect(text: string, timeout: number): Promise<string>;
  /** Runs a line and gives what it printed. Rejects if it fails, or takes longer than `timeout` ms. */
  run(line: string, timeout: number): Promise<string>;
}

/** Types at the speed at which the guest reads, and reads what it prints. */
export function serialShell(): Shell {
  const typed: number[] = [];
  let receiver: CharReceiver | undefined, output = "", marks = 0;
  let wake = () => {};

  function deliver(): void {
    if (receiver === undefined) return;
    const count = Math.min(typed.length, receiver.room());
    if (count > 0) receiver.receive(Uint8Array.from(typed.splice(0, count)));
  }

  async function expect(text: string, timeout: number): Promise<string> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const at = output.indexOf(text);
      if (at >= 0) {
        const before = output.slice(0, at);
        output = output.slice(at + text.length);
        return before;
      }
      const left = deadline - performance.now();
      if (left <= 0) {
        throw new Error(`Cannot find "${text}" in what the guest printed:\n${output.slice(-2000)}`);
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  return {
    channel: {
      send(bytes) {
        output += String.fromCharCode(...bytes).replaceAll("\r", "");
        wake();
      },
      connect(to) {
        receiver = to;
        deliver();
      },
      ready: deliver,
      close() {},
    },
    expect,
    async run(line, timeout) {
      // The echo of the line must not look like its end.
      const mark = ++marks;
      const text = `${line}; echo "END" "${mark}" $?\n`;
      for (const character of text) typed.push(character.charCodeAt(0));
      deliver();
      const before = await expect(`\nEND ${mark} `, timeout);
      const status = await expect("\n", timeout);
      if (status !== "0") {
        throw new Error(`Cannot run "${line}": status ${status}, after\n${before.slice(-2000)}`);
      }
      return before;
    },
  };
}
