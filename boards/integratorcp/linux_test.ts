/** The board as Linux uses it: every device that the guest's kernel has a driver for, and a boot beside QEMU's. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type BlockBackend, createMachine, type LibraryMachine, type LibrarySetup } from "@emu/core";
import { type Guest, guestTest } from "../../tests/guests/guests.ts";

/** Milliseconds: hosts are slow at times. */
const PATIENCE = { timeout: 180_000 };
const QEMU = "qemu-system-arm";
const hasQemu =
  (await new Deno.Command("sh", { args: ["-c", `command -v ${QEMU}`], stdout: "null" }).output()).success;

function medium(size: number) {
  const bytes = new Uint8Array(size).fill(0xff);
  const block: BlockBackend & { close(): void } = {
    size,
    readOnly: false,
    read: async (at, into) => into.set(await Promise.resolve(bytes.subarray(at, at + into.length))),
    write: async (at, from) => bytes.set(await Promise.resolve(from), at),
    flush: () => Promise.resolve(),
    close() {},
  };
  return { bytes, block };
}

async function linux(
  guest: Guest,
  { append = "", ...more }: Partial<LibrarySetup> & { append?: string } = {},
) {
  const [kernel, dtb, initrd] = await Promise.all(
    [guest.zImage, guest.dtb, guest.initrd].map((file) => Deno.readFile(file)),
  );
  return await createMachine({
    board: "integratorcp",
    boot: { kernel, dtb, initrd, append: `console=ttyAMA0 ${append}` },
    ...more,
  });
}

/** Waits for the guest's shell, and has the kernel keep out of what it prints. */
async function untilShell(made: LibraryMachine): Promise<void> {
  await made.runUntil("/ # ", PATIENCE);
  made.serial.type("dmesg -n 1\n");
  await made.runUntil("/ # ", PATIENCE);
}

/** Runs a command in the guest's shell; gives what it printed. */
async function shell({ serial, runUntil }: LibraryMachine, command: string): Promise<string> {
  const from = serial.text.length;
  serial.type(`echo BE''GIN; ${command}; echo E''ND\n`);
  await runUntil("END\r\n", PATIENCE);
  return serial.text.slice(from).replaceAll("\r", "").split("BEGIN\n")[1].split("END\n")[0];
}

/** Events as Linux' evdev writes them: type, code and value of each. */
function events(dump: string): string[] {
  return dump.split("\n").flatMap((line) => {
    const bytes = line.match(/^[0-9a-f]{8} {2}((?:[0-9a-f]{2} +){16})/)?.[1].trim().split(/ +/);
    if (!bytes) return [];
    const view = new DataView(Uint8Array.from(bytes, (byte) => parseInt(byte, 16)).buffer);
    return [`${view.getUint16(8, true)} ${view.getUint16(10, true)} ${view.getInt32(12, true)}`];
  });
}

Deno.test(guestTest("arm", "Linux on integratorcp hears keyboard and mouse", async (guest) => {
  const made = await linux(guest);
  await untilShell(made);
  const listening = "sleep 1; for i in 0 1; do cat /dev/input/event$i > /tmp/$i & done; sleep 1";
  await shell(made, listening); // drivers find keyboard and mouse in the background
  made.machine.input({ kind: "key", code: "KeyA", down: true });
  made.machine.input({ kind: "key", code: "KeyA", down: false });
  made.machine.input({ kind: "pointer", dx: 5, dy: -3, wheel: 0, buttons: 1 });
  await shell(made, "sleep 1");
  const keys = events(await shell(made, "hexdump -v -C /tmp/0"));
  assertEquals(keys.filter((event) => event.startsWith("1 ")), ["1 30 1", "1 30 0"]);
  const moves = events(await shell(made, "hexdump -v -C /tmp/1"));
  assertEquals(moves.filter((event) => !event.startsWith("0 ")).sort(), ["1 272 1", "2 0 5", "2 1 -3"]);
  await made.dispose();
}));

Deno.test(guestTest("arm", "Linux on integratorcp keeps card and flash over a reboot", async (guest) => {
  const card = medium(8 << 20), flash = medium(32 << 20);
  const made = await linux(guest, { blocks: { sd0: card.block, pflash0: flash.block } });
  await untilShell(made);
  await shell(made, "mkdir -p /mnt; mke2fs /dev/mmcblk0 > /dev/null; mount -t ext2 /dev/mmcblk0 /mnt");
  const written = await shell(
    made,
    "dd if=/dev/urandom of=/mnt/f bs=1k count=300 2>/dev/null; md5sum /mnt/f; " +
      "dd if=/mnt/f of=/dev/mtdblock0 bs=1k seek=100 2>/dev/null; sync; umount /mnt",
  );
  assertMatch(written, /^[0-9a-f]{32} {2}\/mnt\/f\n$/);
  made.serial.type("reboot -f\n");
  await made.runUntil("reboot: Restarting system", PATIENCE);
  await untilShell(made);
  const read = await shell(
    made,
    "mkdir -p /mnt; mount -t ext2 /dev/mmcblk0 /mnt; md5sum /mnt/f; " +
      "dd if=/dev/mtd0 bs=1k skip=100 count=300 2>/dev/null | cmp - /mnt/f && echo same",
  );
  assertEquals(read, `${written}same\n`);
  assertEquals(await made.dispose(), []);
  assertEquals(flash.bytes.subarray(0, 100 << 10).every((byte) => byte === 0xff), true);
  assert(flash.bytes.subarray(100 << 10, 400 << 10).some((byte) => byte !== 0xff));
}));

/** Lines that depend on time, or that drivers print in parallel. */
const TIMELY =
  /^(Calibrating|Memory:|input:|smc91x .* eth0: link|random:|mmci-pl18x|Trying to unpack|Freeing initrd)/;

/** The kernel's messages up to the shell, without times. */
function messages(text: string): string[] {
  const lines = text.replaceAll("\r", "").split("BOOT-OK")[0].split("\n");
  return lines.map((line) => line.replace(/^\[ *\d+\.\d+\] /, "")).filter((line) => !TIMELY.test(line))
    .sort();
}

const beside = guestTest(
  "arm",
  "Linux on integratorcp boots with QEMU's messages, and a flash",
  async (guest) => {
    const { zImage, dtb, initrd } = guest;
    const { stdout } = await new Deno.Command("timeout", {
      args: [
        ...["120", QEMU, "-M", "integratorcp", "-m", "128", "-no-reboot", "-display", "none"],
        ...["-serial", "stdio", "-monitor", "none", "-kernel", zImage, "-dtb", dtb, "-initrd", initrd],
        ...["-append", "console=ttyAMA0 run=true"],
      ],
      stdin: "null",
      stderr: "null",
    }).output();
    const made = await linux(guest, { append: "run=true" });
    await made.runUntil("RUN-EXIT 0", PATIENCE);
    await made.dispose();
    const theirs = messages(new TextDecoder().decode(stdout)), ours = messages(made.serial.text);
    assertEquals(theirs.filter((line) => !ours.includes(line)), [
      "physmap-flash 24000000.flash: map_probe failed",
    ]);
    assertEquals(ours.filter((line) => !theirs.includes(line)), [
      "24000000.flash: Found 2 x16 devices at 0x0 in 32-bit bank. Manufacturer ID 0x000089 Chip ID 0x000018",
      "Intel/Sharp Extended Query Table at 0x0031",
      "Intel/Sharp Extended Query Table at 0x0031",
      "Using buffer write method",
      "cfi_cmdset_0001: Erase suspend on write enabled",
    ]);
  },
);
Deno.test(
  hasQemu ? beside : { ...beside, name: `${beside.name} (ignored: no ${QEMU} here)`, ignore: true },
);
