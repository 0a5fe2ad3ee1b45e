import { GROUPS, type Option } from "./option_table.ts";

const WIDTH = 100, COLUMN = 38;

/** What `--help` prints. */
export function helpText(): string {
  const groups = Object.entries(GROUPS).map(([title, options]) =>
    `${title}:\n${options.map(optionText).join("")}`
  );
  return `Emu, a machine emulator.

Usage: deno run -A emu.ts --board NAME [--kernel FILE] [OPTION]…
       Options may be written with one dash too, as QEMU's are.
       deno run -A emu.ts new KIND NAME [FOLDER]                  write a plugin to go on from: device,
                                                                  board, netdev, instrument, isa
       deno run -A emu.ts plugins [KIND]                          list all plugins
       deno run -A emu.ts describe NAME                           a plugin's properties, registers, lines

${groups.join("\n")}
On a terminal Ctrl-A is the escape key: C-a x quits, C-a h tells the rest.
Exit status: 0 after power-off (or reset, with --no-reboot); the guest's own with semihosting;
1 if it cannot run, 2 if the command line is wrong, 124 after --timeout.
`;
}

function optionText({ name, short, value, repeatable, help }: Option): string {
  const left = `  ${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}${
    repeatable ? " …" : ""
  }`;
  const lines = wrap(help, WIDTH - COLUMN);
  const pad = " ".repeat(COLUMN);
  return left.length < COLUMN - 1
    ? `${left.padEnd(COLUMN)}${lines.join(`\n${pad}`)}\n`
    : `${left}\n${pad}${lines.join(`\n${pad}`)}\n`;
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
