/** The first hour of a plugin's author, as `plugins/README.md` tells it: step by step, with what stands there. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createMachine } from "@emu/core";
import { guestTest } from "../guests/guests.ts";
import { emu, withFiles } from "./emu.ts";

const README = await Deno.readTextFile(new URL("../../plugins/README.md", import.meta.url));
const HOUR = README.slice(README.indexOf("## The first hour"), README.indexOf("## The manifest"));
const [REGISTERS, USE, TEST] = [...HOUR.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
const FIELDS = /`(const \{.*?\} = BANK\.fields\(s\);)`/.exec(HOUR)![1];
/** What is typed at the boot monitor, and what it answers. */
const [, SESSION] = /```\n(cp> .*?)```/s.exec(HOUR)!;
const [, LINUX_COMMAND, LINUX_ANSWER] = /\/ # (devmem .*)\n(.*)\n/.exec(HOUR)!;

/** Replaces a text that has to be there. */
function replaced(text: string, old: string | RegExp, by: string): string {
  const changed = text.replace(old, () => by);
  assert(changed !== text, `there is no ${old}`);
  return changed;
}

/** A device as it is after the edits. */
async function withEdited(use: (folder: string) => Promise<void>): Promise<void> {
  await withFiles({}, async (parent) => {
    const folder = `${parent}/my-uart`;
    assertEquals((await emu(["new", "device", "my-uart", folder])).status, 0);
    let code = await Deno.readTextFile(`${folder}/my_uart.ts`);
    code = replaced(code, /^ {2}VALUE: .*\n/m, `${/^ {2}VALUE: .*\n/m.exec(code)![0]}${REGISTERS}`);
    code = replaced(code, /const \{.*?\} = BANK\.fields\(s\);/, FIELDS);
    code = replaced(code, /^ *s\.VALUE = .*\n/m, USE);
    await Deno.writeTextFile(`${folder}/my_uart.ts`, code);
    await Deno.writeTextFile(`${folder}/my_uart_test.ts`, `\n${TEST}`, { append: true });
    await use(folder);
  });
}

Deno.test("a newcomer's device passes its tests, with the one from the guide", () =>
  withEdited(async (folder) => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--quiet"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert(success, text);
    assertStringIncludes(text, "4 passed");
  }));

Deno.test("a newcomer's device answers the boot monitor as the guide shows, interrupt and all", () =>
  withEdited(async (folder) => {
    const typed = [...SESSION.matchAll(/^cp> (.*)$/gm)].map(([, command]) => command);
    const run = await emu(
      [
        ...["--board=integratorcp", "--no-reboot", "--timeout", "60"],
        ...["--plugin", `${folder}/manifest.json`, "--device=my-uart,at=0x1f000000,irq=pic.9"],
      ],
      new TextEncoder().encode(
        [...typed.slice(0, 3), "echo wait", ...typed.slice(3), "reset"].join("\r") + "\r",
      ),
    );
    assertEquals([run.status, run.err], [0, ""]);
    for (const line of SESSION.split("\n").filter((line) => !line.startsWith("cp> "))) {
      assertStringIncludes(run.out, line);
    }
  }));

Deno.test(
  guestTest(
    "arm",
    "a newcomer's device answers Linux as the guide shows",
    (guest) =>
      withEdited(async (folder) => {
        const [kernel, dtb, initrd] = await Promise.all(
          [guest.zImage, guest.dtb, guest.initrd].map((file) => Deno.readFile(file)),
        );
        const made = await createMachine({
          board: "integratorcp",
          plugins: [folder],
          devices: [{ use: "my-uart", properties: { at: 0x1f00_0000, irq: "pic.9" } }],
          boot: { kernel, dtb, initrd, append: "console=ttyAMA0" },
        });
        try {
          const patience = { timeout: 180_000 };
          await made.runUntil("/ # ", patience);
          made.serial.type(`${LINUX_COMMAND}\n`);
          await made.runUntil(`\n${LINUX_ANSWER}`, patience);
          assertEquals(made.line("pic.9"), true);
        } finally {
          await made.dispose();
        }
      }),
  ),
);
