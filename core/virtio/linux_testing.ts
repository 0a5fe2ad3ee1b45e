import type { BlockBackend } from "../backend/block.ts";
import type { CharReceiver } from "../backend/chardev.ts";
import { createMachine, type MachineSetup } from "../machine/create.ts";
import type { Machine } from "../machine/machine.ts";
import type { Guest } from "../../tests/guests/guests.ts";

/** Linux at its shell. */
export interface LinuxShell {
  /** Runs a command and gives what it prints, without the last end of line. */
  run(command: string): Promise<string>;
  readonly machine: Machine;
  /** Everything the console has said. */
  readonly output: string;
  close(): Promise<void>;
}

/** The shell asks the terminal where its cursor is. */
const PROMPT = /# (?:.\[6n)?$/s;

/** Boots the guest on the integratorcp, with further devices and back ends. */
export async function bootLinux(guest: Guest, more: Partial<MachineSetup>): Promise<LinuxShell> {
  let receiver: CharReceiver | undefined, output = "", news = () => {};
  const decoder = new TextDecoder(), waiting: number[] = [];
  const type = () => {
    const count = Math.min(receiver?.room() ?? 0, waiting.length);
    if (count > 0) receiver!.receive(Uint8Array.from(waiting.splice(0, count)));
  };
  const serial0 = {
    send(bytes: Uint8Array) {
      output += decoder.decode(bytes, { stream: true });
      news();
    },
    connect: (to: CharReceiver) => void (receiver = to),
    ready: type,
    close() {},
  };
  const [kernel, dtb, initrd] = await Promise.all(
    [guest.zImage, guest.dtb, guest.initrd].map((f) => Deno.readFile(f)),
  );
  const { machine, close } = await createMachine({
    board: "integratorcp",
    boot: { kernel, dtb, initrd, append: "console=ttyAMA0 quiet" },
    chardevs: { serial0 },
    options: { noReboot: true },
    ...more,
  });
  let ended = false;
  const running = machine.run().finally(() => {
    ended = true;
    news();
  });
  const until = async (pattern: RegExp, from: number): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output.slice(from));
      if (match) return match;
      if (ended) throw new Error(`Cannot find ${pattern} in:\n${output.slice(from)}`);
      await new Promise<void>((resolve) => news = resolve);
    }
  };
  await until(PROMPT, 0);
  let commands = 0;
  const shell: LinuxShell = {
    machine,
    get output() {
      return output;
    },
    async run(command) {
      const from = output.length, mark = `mark-${++commands}`;
      // The echo of the command must not look like its end.
      const text = `${command}; echo ${mark.replace("-", "'-'")}\n`;
      for (const byte of new TextEncoder().encode(text)) waiting.push(byte);
      type();
      const [, said] = await until(new RegExp(`\r\n([^]*?)${mark}\r\n`), from);
      await until(PROMPT, from + output.slice(from).indexOf(`${mark}\r\n`));
      return said.replaceAll("\r\n", "\n").trim();
    },
    async close() {
      machine.end(0);
      await running;
      await close();
    },
  };
  await shell.run("stty cols 500"); // lines that wrap would be echoed with breaks
  return shell;
}

/** A disk in memory. */
export function memoryDisk(size: number, { readOnly = false } = {}) {
  const bytes = new Uint8Array(size);
  const block: BlockBackend & { close(): void } = {
    size,
    readOnly,
    // deno-lint-ignore require-await
    read: async (at, into) => into.set(bytes.subarray(at, at + into.length)),
    // deno-lint-ignore require-await
    write: async (at, from) => bytes.set(from, at),
    flush: () => Promise.resolve(),
    close() {},
  };
  return { bytes, block };
}
