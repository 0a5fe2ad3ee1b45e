import { assertMatch } from "@std/assert";
import { findGuests, type Guest, guestTestWith, OWN_GUESTS } from "./guests.ts";

const own = findGuests("arm", OWN_GUESTS);
const QEMU = "qemu-system-arm";
const found = await new Deno.Command("sh", { args: ["-c", `command -v ${QEMU}`], stdout: "null" }).output();
const reason = found.success ? "" : ` (ignored: no ${QEMU} here)`;

/** What a guest prints on QEMU's integratorcp until it reboots. */
async function bootOnQemu({ zImage, dtb, initrd }: Guest, run: string): Promise<string> {
  const machine = ["-M", "integratorcp", "-m", "128", "-no-reboot"];
  const console = ["-display", "none", "-serial", "stdio", "-monitor", "none"];
  const files = ["-kernel", zImage, "-dtb", dtb, "-initrd", initrd];
  const command = new Deno.Command("timeout", {
    args: ["120", QEMU, ...machine, ...console, ...files, "-append", `console=ttyAMA0 run=${run}`],
    stdin: "null",
  });
  return new TextDecoder().decode((await command.output()).stdout);
}

const boots = guestTestWith(
  own,
  `the guest at hand boots on QEMU and runs a command${reason}`,
  async (guest) => {
    const output = await bootOnQemu(guest, "bench,-s,0.1,crc32");
    assertMatch(output, /BOOT-OK armv5tejl uptime \d/);
    assertMatch(output, /BENCH crc32 40 \d+ check [0-9a-f]{8}\r?\nBENCH-DONE\r?\nRUN-EXIT 0/);
  },
);
Deno.test({ ...boots, ignore: boots.ignore === true || !found.success });
