import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { EM } from "./elf_file.ts";
import { LoaderError } from "./error.ts";
import { type DeviceTree, parseFdt } from "./fdt.ts";
import { buildFdt } from "./fdt_build.ts";
import { findNode, getCells, getString, makeNode } from "./fdt_node.ts";
import { type ArmBoot, type ArmBootOptions, bootArm } from "./linux_arm.ts";
import { damaged, elfOf, gzipOf, multiOf, survives, uimageOf, zimageOf } from "./testing.ts";

const MiB = 1 << 20;
const MACHINE = 0x113;
const ram = { address: 0, size: 128 * MiB };
const zimage = zimageOf(0x5000);
const initrd = new Uint8Array(0x1234).fill(1);
const tree: DeviceTree = {
  root: makeNode("", { "#address-cells": 1, "#size-cells": 1 }),
  reservations: [],
  bootCpu: 0,
};
const dtb = buildFdt(tree);

function boot(options: Partial<ArmBootOptions>): Promise<ArmBoot> {
  return bootArm({ ram, kernel: zimage, machine: MACHINE, ...options });
}

function places({ blobs }: ArmBoot): [string, number, number][] {
  return blobs.map(({ name, address, size }) => [name, address, size]);
}

function blobNamed({ blobs }: ArmBoot, name: string): Uint8Array {
  return blobs.find((blob) => blob.name === name)!.bytes;
}

Deno.test("arm boot without device tree passes ATAGs", async () => {
  const result = await boot({ initrd, append: "quiet" });
  assertEquals(places(result), [
    ["ATAGs", 0x100, 76],
    ["kernel", 0x1_0000, 0x5000],
    ["initrd", 64 * MiB, 0x1234],
  ]);
  assertEquals(result.registers, { r0: 0, r1: MACHINE, r2: 0x100, pc: 0x1_0000 });
});

Deno.test("arm boot puts the device tree on the page behind the initrd", async () => {
  const result = await boot({ initrd, dtb, append: "quiet" });
  const blob = blobNamed(result, "device tree");
  assertEquals(places(result), [
    ["kernel", 0x1_0000, 0x5000],
    ["initrd", 64 * MiB, 0x1234],
    ["device tree", 64 * MiB + 0x2000, blob.length],
  ]);
  assertEquals(result.registers, { r0: 0, r1: MACHINE, r2: 64 * MiB + 0x2000, pc: 0x1_0000 });
  const { root } = parseFdt(blob);
  assertEquals(getCells(findNode(root, "/memory")!, "reg"), [0, 128 * MiB]);
  const chosen = findNode(root, "/chosen")!;
  assertEquals(getString(chosen, "bootargs"), "quiet");
  assertEquals(getCells(chosen, "linux,initrd-end"), [64 * MiB + 0x1234]);
});

Deno.test("arm boot counts from the start of RAM, and keeps the initrd in the first 128 MiB of a large one", async () => {
  const result = await boot({ ram: { address: 0x6000_0000, size: 1024 * MiB }, initrd });
  assertEquals(places(result).map(([, address]) => address), [0x6000_0100, 0x6001_0000, 0x6800_0000]);
});

Deno.test("arm boot keeps the initrd above a kernel that reaches over the middle of RAM", async () => {
  const result = await boot({ ram: { address: 0, size: MiB }, kernel: zimageOf(0x8_1800), initrd });
  assertEquals(places(result).at(-1), ["initrd", 0x9_2000, 0x1234]);
});

Deno.test("arm boot tells of all RAM and of extra nodes", async () => {
  const moreRam = [{ address: 0x8000_0000, size: 64 * MiB }];
  const nodes = [{ node: makeNode("virtio_mmio@200") }];
  const { root } = parseFdt(blobNamed(await boot({ dtb, moreRam, nodes }), "device tree"));
  assertEquals(getCells(findNode(root, "/memory")!, "reg"), [0, 128 * MiB, 0x8000_0000, 64 * MiB]);
  assertEquals(findNode(root, "/virtio_mmio@200"), nodes[0].node);
});

Deno.test("arm boot undoes gzip around a kernel, up to the limit", async () => {
  const kernel = await gzipOf(zimage);
  assertEquals(blobNamed(await boot({ kernel }), "kernel"), zimage);
  await assertRejects(() => boot({ kernel, limit: 0x4000 }), LoaderError, "past the limit of 16 KiB");
});

Deno.test("arm boot puts a U-Boot kernel where it says", async () => {
  const data = await gzipOf(new Uint8Array(0x300).fill(7));
  const result = await boot({ kernel: uimageOf({ data, compression: 1, load: 0x8000, entry: 0x8040 }) });
  assertEquals(places(result)[1], ["kernel", 0x8000, 0x300]);
  assertEquals(result.registers.pc, 0x8040);
});

Deno.test("arm boot puts a U-Boot kernel without a place at 32 MiB and its header's size", async () => {
  const result = await boot({ kernel: uimageOf({ data: zimage, type: 14, load: 0, entry: 0x20 }) });
  assertEquals(places(result)[1], ["kernel", 32 * MiB + 64, 0x5000]);
  assertEquals(result.registers.pc, 32 * MiB + 64 + 0x20);
});

Deno.test("arm boot takes initrd and device tree from a multi image, unless they are given", async () => {
  const kernel = uimageOf({ type: 4, data: multiOf(zimage, initrd, dtb) });
  assertEquals(places(await boot({ kernel })).map(([name]) => name), ["kernel", "initrd", "device tree"]);
  const other = new Uint8Array(10).fill(2);
  assertEquals(blobNamed(await boot({ kernel, initrd: other }), "initrd"), other);
});

Deno.test("arm boot takes the initrd out of a U-Boot RAM disk", async () => {
  const result = await boot({ initrd: uimageOf({ data: initrd, type: 3 }) });
  assertEquals(blobNamed(result, "initrd"), initrd);
});

Deno.test("arm boot starts an ELF program with its bytes, its zeros and nothing in registers", async () => {
  const bytes = new Uint8Array([1, 2, 3, 4]);
  const segments = [{ address: 0x8000n, bytes, memorySize: 0x100 }, { address: 0x2400_0000n, bytes }];
  const kernel = elfOf({ segments, entry: 0x8001n });
  const result = await boot({ kernel, dtb, loadable: [{ address: 0x2400_0000, size: 32 * MiB }] });
  assertEquals(places(result).map(([name, address]) => [name, address]), [
    ["device tree", 0],
    ["kernel", 0x8000],
    ["kernel", 0x2400_0000],
  ]);
  assertEquals(result.blobs[1].size, 0x100);
  assertEquals(result.registers, { r0: 0, r1: 0, r2: 0, pc: 0x8001 });
});

const code = new Uint8Array(64);
const at = (address: bigint, machine: number = EM.ARM) =>
  elfOf({ machine, segments: [{ address, bytes: code }] });
const small = { address: 0, size: MiB };

const REFUSED: [what: string, options: Partial<ArmBootOptions>, message: string][] = [
  [
    "an initrd larger than RAM",
    { initrd: new Uint8Array(129 * MiB) },
    "initrd of 129 MiB does not fit into 128 MiB of RAM",
  ],
  [
    "an initrd larger than its half of RAM",
    { initrd: new Uint8Array(65 * MiB) },
    "initrd of 65 MiB does not fit into the 64 MiB of RAM that are left for it, of 128 MiB",
  ],
  [
    "a kernel larger than RAM",
    { ram: small, kernel: zimageOf(2 * MiB) },
    "kernel of 2 MiB at 0x00010000 does not fit into the 1 MiB at 0x00000000",
  ],
  [
    "a device tree behind an initrd that fills RAM",
    { ram: small, initrd: new Uint8Array(512 << 10), dtb },
    "does not fit into the 0 bytes of RAM that are left for it",
  ],
  ["ELF outside of memory", { kernel: at(0xc000_8000n) }, "at 0xc0008000 is outside of the machine's memory"],
  ["ELF over the end of RAM", { kernel: at(0x07ff_fff0n) }, "does not fit into the 128 MiB at 0x00000000"],
  ["ELF for another machine", { kernel: at(0n, EM.MIPS) }, "machine 8, not for 32-bit Arm (40)"],
  ["an initrd for an ELF program", { kernel: at(0x8000n), initrd }, "initrd has no use"],
  [
    "a device tree over an ELF program",
    { kernel: at(0n), dtb },
    "kernel of 64 bytes at 0x00000000 overlaps device tree",
  ],
  [
    "ATAGs over a U-Boot kernel",
    { kernel: uimageOf({ data: zimage, load: 0 }) },
    "kernel of 20 KiB at 0x00000000 overlaps ATAGs",
  ],
  [
    "a U-Boot kernel of another CPU",
    { kernel: uimageOf({ data: zimage, arch: 5 }) },
    "architecture 5, not for Arm",
  ],
  [
    "a U-Boot RAM disk as kernel",
    { kernel: uimageOf({ data: initrd, type: 3 }) },
    "is a RAM disk, not a kernel",
  ],
  ["a U-Boot kernel as initrd", { initrd: uimageOf({ data: zimage }) }, "given as initrd is a kernel"],
  [
    "a U-Boot kernel that starts behind its end",
    { kernel: uimageOf({ data: code, type: 14, entry: 64 }) },
    "behind its end",
  ],
  ["a truncated zImage", { kernel: zimage.subarray(0, 0x4000) }, "it has 16384 of 20480 bytes"],
  ["an empty kernel", { kernel: new Uint8Array() }, "kernel is empty"],
  ["an empty initrd", { initrd: new Uint8Array() }, "initrd is empty"],
  ["a device tree that is none", { dtb: code }, "device tree does not start with"],
  ["a long command line in ATAGs", { append: "x".repeat(2000) }, "command line of 2000 bytes"],
];

for (const [what, options, message] of REFUSED) {
  Deno.test(`arm boot refuses ${what}`, async () => {
    await assertRejects(() => boot(options), LoaderError, message);
  });
}

const elf = elfOf({ segments: [{ address: 0x8000n, bytes: code }] });
const uimage = uimageOf({ type: 4, data: multiOf(code, initrd, dtb) });

for (const [name, file] of Object.entries({ elf, uimage, zimage: zimageOf(128) })) {
  Deno.test(`arm boot survives damage to a kernel that is a ${name}`, async () => {
    const property = fc.asyncProperty(damaged(file), (kernel) => survives(() => boot({ kernel, dtb })));
    await fc.assert(property, { numRuns: 500 });
  });
}

Deno.test("arm boot survives damage to a device tree", async () => {
  const property = fc.asyncProperty(
    damaged(dtb),
    (dtb) => survives(() => boot({ dtb, append: "a", initrd })),
  );
  await fc.assert(property, { numRuns: 1000 });
});
