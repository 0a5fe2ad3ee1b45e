import { assertEquals, assertRejects } from "@std/assert";
import { withFiles } from "../../tests/cli/emu.ts";
import { codeOf, LOOP } from "../../tests/cli/programs.ts";
import {
  buildFdt,
  type FdtNode,
  findNode,
  getCells,
  getString,
  getU32,
  makeNode,
  parseFdt,
} from "../loader/mod.ts";
import { PluginHost } from "../plugin/load.ts";
import { bootImage } from "./boot.ts";
import { type MachineSetup, resolveBoard } from "./create.ts";

const disk = (properties = {}) => ({ use: "virtio-blk-mmio", properties });
const named = (count: number) => Array.from({ length: count }, (_, i) => disk({ id: `disk${i}` }));

const resolve = async (devices: MachineSetup["devices"] & object) =>
  (await resolveBoard({ board: "integratorcp", devices }, new PluginHost())).board;

function dtb(cells: Record<string, number>, controller = "pic@14000000"): Uint8Array {
  const root: FdtNode = makeNode("", cells);
  root.children = [makeNode(controller, { phandle: 7 })];
  return buildFdt({ root, reservations: [], bootCpu: 0 });
}

/** The device tree that a kernel gets. */
async function treeFor(tree: Uint8Array, devices: MachineSetup["devices"] & object): Promise<FdtNode> {
  const isa = await new PluginHost().load("isa", "arm");
  const { blobs } = await bootImage(await resolve(devices), isa, { kernel: codeOf(LOOP), dtb: tree });
  const isTree = ({ bytes }: { bytes: Uint8Array }) =>
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === 0xd00d_feed;
  return parseFdt(blobs.find(isTree)!.bytes).root;
}

Deno.test("a device that a user adds takes the board's next slot, with its address and line", async () => {
  const { devices } = await resolve([disk(), disk({ id: "second" })]);
  assertEquals([devices["virtio-blk-mmio"].at, devices["virtio-blk-mmio"].out], [0x1e00_0000, {
    irq: "pic.9",
  }]);
  assertEquals([devices.second.at, devices.second.out], [0x1e00_0200, { irq: "pic.28" }]);
});

Deno.test("an added device may choose its slot, its line, or a place that is no slot", async () => {
  const { devices } = await resolve([
    disk({ id: "third", at: "0x1e000400", irq: "pic.0" }),
    disk({ id: "first" }),
    disk({ id: "elsewhere", at: "0x1f000000", irq: "pic.0" }),
  ]);
  assertEquals([devices.third.at, devices.third.out], [0x1e00_0400, { irq: "pic.0" }]);
  assertEquals(devices.first.at, 0x1e00_0000);
  assertEquals([devices.elsewhere.at, devices.elsewhere.out, devices.elsewhere.fdt], [
    0x1f00_0000,
    { irq: "pic.0" },
    undefined,
  ]);
});

Deno.test("a board whose slots are taken says so", async () => {
  await resolve(named(8));
  await assertRejects(
    () => resolve(named(9)),
    Error,
    "the board has no more room for it: 8 such devices are the most",
  );
});

Deno.test("a device that is too wide for a board's slots is told so", () =>
  withFiles({
    "wide/manifest.json": JSON.stringify({
      name: "wide",
      kind: "device",
      api: 1,
      version: "1.0.0",
      summary: "A wide device",
      entry: "./wide.ts",
    }),
    "wide/wide.ts": `import { defineDevice, registerDevice } from "@emu/core";
      import manifest from "./manifest.json" with { type: "json" };
      export default defineDevice(manifest, {
        size: 0x1000,
        compatible: "lab,wide",
        outputs: ["irq"],
        create: (context) => registerDevice(context, { state: {}, registers: {} }),
      });`,
  }, async (folder) => {
    const plugins = new PluginHost();
    await plugins.add(`${folder}/wide`);
    await assertRejects(
      () => resolveBoard({ board: "integratorcp", devices: [{ use: "wide", properties: {} }] }, plugins),
      Error,
      "size: its window of 4096 bytes is too wide for the board's slots of 512; make it smaller, or say",
    );
  }));

Deno.test("the kernel's device tree is told of devices in slots, in as many cells as it has", async () => {
  const narrow = await treeFor(dtb({ "#address-cells": 1, "#size-cells": 1 }), named(2));
  const node = findNode(narrow, "/virtio_mmio@1e000200")!;
  assertEquals(getString(node, "compatible"), "virtio,mmio");
  assertEquals(getCells(node, "reg"), [0x1e00_0200, 0x200]);
  assertEquals([getU32(node, "interrupt-parent"), getCells(node, "interrupts")], [7, [28]]);
  const wide = await treeFor(dtb({}), named(1));
  assertEquals(getCells(findNode(wide, "/virtio_mmio@1e000000")!, "reg"), [0, 0x1e00_0000, 0x200]);
});

Deno.test("a device tree without the interrupt controller is refused where a device needs it", async () => {
  await treeFor(dtb({}, "gic@0"), []);
  await assertRejects(() => treeFor(dtb({}, "gic@0"), named(1)), Error, '"/pic@14000000" with a phandle');
  await assertRejects(() => treeFor(dtb({ "#size-cells": 9 }), named(1)), Error, "#size-cells = 9");
});
