import { assert, assertEquals } from "@std/assert";
import { type BlockBackend, createMachine } from "@emu/core";
import { type Guest, guestTest } from "../../guests/guests.ts";

const SIZE = 16 << 20;
/** Milliseconds: hosts are slow at times. */
const PATIENCE = { timeout: 180_000 };

/** A disk that takes its time, and says how it is used. */
function slowDisk() {
  const content = Uint8Array.from({ length: SIZE }, (_, i) => i * 7 >>> 3);
  const use = { waiting: 0, served: 0 };
  const block: BlockBackend & { close(): void } = {
    size: SIZE,
    readOnly: true,
    async read(offset, into) {
      use.waiting++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      into.set(content.subarray(offset, offset + into.length));
      use.waiting--;
      use.served++;
    },
    write: () => Promise.reject(new Error("read-only")),
    flush: () => Promise.resolve(),
    close() {},
  };
  return { block, use };
}

async function linux({ zImage, dtb, initrd }: Guest, snapshot?: Uint8Array) {
  const files = await Promise.all([zImage, dtb, initrd].map((file) => Deno.readFile(file)));
  const disk = slowDisk();
  const made = await createMachine({
    board: "integratorcp",
    boot: { kernel: files[0], dtb: files[1], initrd: files[2], append: "console=ttyAMA0" },
    devices: [{ use: "virtio-blk-mmio", properties: { block: "disk" } }],
    blocks: { disk: disk.block },
    snapshot,
  });
  return { ...made, use: disk.use };
}

/** What Linux says of the disk's content. */
function sumIn(text: string): string | undefined {
  return /[0-9a-f]{32}(?=\s+\/dev\/vda)/.exec(text)?.[0];
}

Deno.test(
  guestTest(
    "arm",
    "Linux goes on with a transfer that a snapshot was taken in the middle of",
    async (guest) => {
      const one = await linux(guest);
      await one.runUntil("/ # ", PATIENCE);
      one.serial.type("md5sum /dev/vda; echo DO''NE\n");
      const before = one.use.served;
      await one.runUntil(() => one.use.waiting > 0 && one.use.served > before + 5, PATIENCE);
      const saved = await one.snapshot();
      await one.runUntil("DONE", PATIENCE);
      const sum = sumIn(one.serial.text);
      assert(sum !== undefined, one.serial.text.slice(-500));

      const other = await linux(guest, saved);
      await other.runUntil("DONE", PATIENCE);
      assertEquals(sumIn(other.serial.text), sum);

      const from = one.serial.text.length;
      await one.restore(saved);
      await one.runUntil("DONE", PATIENCE);
      assertEquals(sumIn(one.serial.text.slice(from)), sum);
      assertEquals([await one.dispose(), await other.dispose()], [[], []]);
    },
  ),
);
