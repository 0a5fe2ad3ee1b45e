/**
 * QEMU as the judge of an Arm boot: it puts everything in the same places, and a real kernel starts from ours.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseFdt } from "./fdt.ts";
import { findNode, getCells, getString } from "./fdt_node.ts";
import { type ArmBoot, bootArm } from "./linux_arm.ts";
import { elfOf, guestFile, guestPath, hasTool, runTool, testWith, text } from "./testing.ts";

const MACHINE = 0x113;
const ram = { address: 0, size: 128 << 20 };
const append = "console=ttyAMA0 run=uname,-m";
const kernel = guestFile("integratorcp-zImage");
const dtb = guestFile("integratorcp.dtb");
const initrd = guestFile("initrd.cpio.gz");
const needs = { "qemu-system-arm": hasTool("qemu-system-arm"), "guest files": kernel && dtb && initrd };

const QEMU = [
  "-M",
  "integratorcp",
  "-m",
  "128",
  "-display",
  "none",
  "-audiodev",
  "none,id=silent",
  "-no-reboot",
];

/** What QEMU's monitor answers about a machine that has not started yet. */
async function monitor(args: string[], ...commands: string[]): Promise<string> {
  const input = [...commands, "quit", ""].join("\n");
  const all = ["-S", ...QEMU, "-serial", "null", "-monitor", "stdio", ...args];
  return text(await runTool("qemu-system-arm", all, input));
}

const files = [
  "-kernel",
  guestPath("integratorcp-zImage"),
  "-initrd",
  guestPath("initrd.cpio.gz"),
  "-append",
  append,
];

testWith(needs, "arm boot puts kernel, initrd and device tree where QEMU does", async () => {
  const said = await monitor([...files, "-dtb", guestPath("integratorcp.dtb")], "info roms");
  const roms = [...said.matchAll(/addr=(\w+) size=0x(\w+) \S+ name="([^"]*)"/g)]
    .map(([, address, size, name]) => ({ name, address: parseInt(address, 16), size: parseInt(size, 16) }));
  const placeOf = (name: string) => roms.find((rom) => rom.name.endsWith(name))!;
  const ours = await bootArm({ ram, kernel: kernel!, dtb: dtb!, initrd: initrd!, append, machine: MACHINE });
  const [image, disk, tree] = ours.blobs;
  const shown = ({ address, size }: { address: number; size: number }) => [address, size];
  assertEquals(shown(image), shown(placeOf("integratorcp-zImage")));
  assertEquals(shown(disk), shown(placeOf("initrd.cpio.gz")));
  // QEMU's copy of the tree has room to grow, ours has not.
  assertEquals(tree.address, placeOf("dtb").address);
});

testWith(needs, "arm boot writes into the device tree what QEMU writes", async () => {
  const ours = await bootArm({ ram, kernel: kernel!, dtb: dtb!, initrd: initrd!, append, machine: MACHINE });
  const file = await Deno.makeTempFile();
  try {
    const dump = `pmemsave 0x${ours.registers.r2.toString(16)} 0x10000 "${file}"`;
    await monitor([...files, "-dtb", guestPath("integratorcp.dtb")], dump);
    const [theirs, mine] = [await Deno.readFile(file), ours.blobs[2].bytes].map((blob) =>
      parseFdt(blob).root
    );
    const shown = (root: typeof mine) => {
      const chosen = findNode(root, "/chosen")!;
      return {
        memory: getCells(findNode(root, "/memory")!, "reg"),
        start: getCells(chosen, "linux,initrd-start"),
        end: getCells(chosen, "linux,initrd-end"),
        bootargs: getString(chosen, "bootargs"),
      };
    };
    assertEquals(shown(mine), shown(theirs));
  } finally {
    await Deno.remove(file);
  }
});

testWith(needs, "arm boot builds the very ATAGs that QEMU builds", async () => {
  const ours = await bootArm({ ram, kernel: kernel!, initrd: initrd!, append, machine: MACHINE });
  const { bytes } = ours.blobs[0];
  const said = await monitor(files, `xp /${bytes.length}xb 0x100`);
  const theirs = [...said.matchAll(/^0*1\w\w: (.*)$/gm)].flatMap(([, row]) =>
    row.trim().split(" ").map(Number)
  );
  assertEquals([...bytes], theirs);
});

/** Machine code that does what a machine does with the registers. */
function stubAt(address: bigint, { r0, r1, r2, pc }: ArmBoot["registers"]): Uint8Array {
  // ldr r0, [pc, #8]; ldr r1, [pc, #8]; ldr r2, [pc, #8]; ldr pc, [pc, #8]; four literals
  const words = [0xe59f0008, 0xe59f1008, 0xe59f2008, 0xe59ff008, r0, r1, r2, pc];
  return elfOf({
    entry: address,
    segments: [{ address, bytes: new Uint8Array(new Uint32Array(words).buffer) }],
  });
}

testWith(needs, "arm boot starts the real kernel, with its command line and its initrd", async () => {
  const ours = await bootArm({ ram, kernel: kernel!, dtb: dtb!, initrd: initrd!, append, machine: MACHINE });
  const dir = await Deno.makeTempDir();
  try {
    const args = [...QEMU, "-serial", "stdio", "-monitor", "none", "-kernel", `${dir}/stub`];
    await Deno.writeFile(`${dir}/stub`, stubAt(0x0700_0000n, ours.registers));
    for (const { name, address, bytes } of ours.blobs) {
      const file = `${dir}/${name.replace(" ", "_")}`;
      await Deno.writeFile(file, bytes);
      args.push("-device", `loader,file=${file},addr=${address},force-raw=on`);
    }
    const said = text(await runTool("timeout", ["60", "qemu-system-arm", ...args]));
    assertStringIncludes(said, `Kernel command line: ${append}`);
    assertStringIncludes(said, "Machine model: ARM Integrator/CP");
    assertStringIncludes(said, "armv5tejl");
    assertStringIncludes(said, "RUN-EXIT 0");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
