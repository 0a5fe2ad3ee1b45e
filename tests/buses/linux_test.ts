import { assertEquals } from "@std/assert";
import type { BoardData, FdtData } from "../../core/board/data.ts";
import { runBoot } from "../boot/run_boot.ts";
import { guestTest } from "../guests/guests.ts";

const node = (chip: string, line: number, clocks: Record<string, string>): FdtData => ({
  compatible: [`arm,${chip}`, "arm,primecell"],
  size: "4K",
  interruptParent: "/pic@14000000",
  interrupts: [line],
  clocks: { ...clocks, apb_pclk: "/pclk@0" },
});

/** Two PrimeCells that the board does not have, and that the kernel's device tree does not know of. */
const BOARD: BoardData = {
  extends: "integratorcp",
  devices: {
    gpio0: { use: "pl061", at: "0x1f002000", out: { irq: "pic.9" }, fdt: node("pl061", 9, {}) },
    uart2: {
      use: "pl011",
      at: "0x1f003000",
      out: { irq: "pic.28" },
      properties: { chardev: "serial2", clock: "14.7456MHz" },
      fdt: node("pl011", 28, { uartclk: "/uartclk@14.74M" }),
    },
  },
};

Deno.test(
  guestTest("arm", "Linux uses PrimeCells that a board's file adds and tells it of", async (guest) => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/board.json`, JSON.stringify(BOARD));
      const boot = {
        name: "PrimeCells of a board's file",
        args: [
          ...["--board", `${folder}/board.json`, "--no-reboot"],
          ...["--chardev", `file,id=serial2,path=${folder}/sent`],
        ],
        append: "console=ttyAMA0",
        steps: [
          { expect: "1f003000.arm_pl011: ttyAMA2 at MMIO 0x1f003000" },
          { expect: "pl061_gpio 1f002000.arm_pl061: PL061 GPIO chip registered" },
          { expect: "/ # ", type: "stty -F /dev/ttyAMA2 raw; echo over > /dev/ttyAMA2; echo status $?\n" },
          { expect: "status 0" },
          { expect: "/ # ", type: "reboot -f\n" },
        ],
        status: 0,
      };
      await runBoot(boot, ["--kernel", guest.zImage, "--dtb", guest.dtb, "--initrd", guest.initrd]);
      assertEquals(await Deno.readTextFile(`${folder}/sent`), "over\n");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }),
);
