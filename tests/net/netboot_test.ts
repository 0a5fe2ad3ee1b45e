/** The boot monitor gets an address, loads a kernel by TFTP through the network "user", and starts it. */
import { assert } from "@std/assert";
import { createMachine } from "@emu/core";
import { guestTest } from "../guests/guests.ts";

Deno.test(guestTest("arm", "the boot monitor loads Linux over the network and starts it", async (guest) => {
  const tftp = await Deno.makeTempDir();
  await Promise.all([
    Deno.copyFile(guest.zImage, `${tftp}/zImage`),
    Deno.copyFile(guest.dtb, `${tftp}/integratorcp.dtb`),
    Deno.copyFile(guest.initrd, `${tftp}/initrd.gz`),
  ]);
  const emu = await createMachine({
    board: "integratorcp",
    boot: {},
    netdevs: { net0: { type: "user", properties: { tftp } } },
    options: { noReboot: true },
  });
  try {
    await emu.runUntil("cp> ");
    emu.serial.type("net\r");
    await emu.runUntil("10.0.2.15");
    await emu.runUntil("cp> ");
    emu.serial.type("boot net initrd=initrd.gz -- console=ttyAMA0 quiet run=true\r");
    await emu.runUntil("BOOT-OK", { timeout: 120_000 });
    await emu.runUntil("RUN-EXIT 0");
    assert(emu.serial.text.includes("zImage: "));
  } finally {
    await emu.dispose();
    await Deno.remove(tftp, { recursive: true });
  }
}));
