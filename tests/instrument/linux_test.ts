import { assert, assertEquals, assertMatch } from "@std/assert";
import { emu } from "../cli/emu.ts";
import { type Guest, guestTest } from "../guests/guests.ts";

/** Boots Linux in time of instructions with plugins, runs a command, and gives what the plugins wrote. */
async function boot({ zImage, dtb, initrd }: Guest, plugins: readonly string[]): Promise<string> {
  const run = await emu([
    ...["--board", "integratorcp", "--kernel", zImage, "--dtb", dtb, "--initrd", initrd],
    ...["--append", "console=ttyAMA0 run=true", "--no-reboot", "--timeout", "240"],
    ...["--icount", "3", "--rtc", "base=2006-06-17T16:01:21"],
    ...plugins.flatMap((plugin) => ["--instrument", plugin]),
  ]);
  assertMatch(run.out, /BOOT-OK[^]*RUN-EXIT 0/);
  assertEquals(run.status, 0, run.err);
  return run.err;
}

Deno.test(
  guestTest(
    "arm",
    "two boots of Linux with --icount have the same counts, inline or by callbacks",
    async (guest) => {
      const first = await boot(guest, ["insn", "mem", "traps"]);
      assert(Number(/insns: (\d+)/.exec(first)![1]) > 1e8, first);
      assertEquals(await boot(guest, ["insn", "mem", "traps"]), first);
      assertEquals(await boot(guest, ["insn,inline=off", "mem,inline=off", "traps"]), first);
    },
  ),
);
