import { assertEquals, assertMatch } from "@std/assert";
import { guestTest } from "../guests/guests.ts";
import { emu } from "./emu.ts";

Deno.test(
  guestTest(
    "arm",
    "Linux boots from the command line as QEMU's, runs a command and ends the emulator",
    async (guest) => {
      const { zImage, dtb, initrd } = guest;
      const files = ["-kernel", zImage, "-dtb", dtb, "-initrd", initrd];
      const run = await emu([
        ...["-M", "integratorcp", "-m", "128", "-display", "none", "-serial", "stdio", "-monitor", "none"],
        ...["-no-reboot", ...files, "-append", "console=ttyAMA0 run=echo,it,works", "--timeout", "240"],
      ]);
      assertMatch(run.out, /BOOT-OK armv5tejl[^]*it works\r?\nRUN-EXIT 0/);
      assertEquals([run.status, run.err], [0, ""]);
    },
  ),
);
