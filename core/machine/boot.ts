import type { Board } from "../board/board.ts";
import type { IsaPlugin } from "../isa/isa.ts";
import { bootArm, EM, type FdtNode, findNode, getU32, makeNode, parseFdt } from "../loader/mod.ts";
import type { BootImage } from "./machine.ts";

/** What a machine starts with: bytes of files. */
export interface BootFiles {
  /** zImage, U-Boot image, ELF program or plain code. */
  readonly kernel?: Uint8Array | undefined;
  /** Device tree for the kernel, which is told of memory, command line and added devices. */
  readonly dtb?: Uint8Array | undefined;
  /** Initial RAM disk. */
  readonly initrd?: Uint8Array | undefined;
  /** Kernel command line. */
  readonly append?: string | undefined;
  /** Runs in place of the board's firmware. */
  readonly bios?: Uint8Array | undefined;
}

/** A kernel with what belongs to it; or else the firmware, at its place in memory and entered there. */
export async function bootImage(board: Board, isa: IsaPlugin<unknown>, files: BootFiles): Promise<BootImage> {
  const { kernel, bios } = files;
  if (kernel) return await bootKernel(board, isa, { ...files, kernel });
  const { firmware } = board.boot;
  if (!firmware) {
    throw new Error("there is nothing to run: the board has no firmware, and no kernel was given");
  }
  const bytes = bios ?? await readFile(firmware.file);
  if (bytes.length === 0) throw new Error("firmware is empty");
  return { blobs: [{ address: firmware.at, bytes }], registers: { pc: firmware.at } };
}

async function bootKernel(
  board: Board,
  isa: IsaPlugin<unknown>,
  { kernel, dtb, initrd, append }: BootFiles & { readonly kernel: Uint8Array },
): Promise<BootImage> {
  if (isa.elfMachine !== EM.ARM) throw new Error(`there is no kernel loader for ISA "${board.cpu.isa}"`);
  const { machineType: machine, memory } = board.boot;
  const ram = { address: board.memory[memory].at, size: board.memory[memory].size };
  const loadable = [
    ...Object.entries(board.memory).filter(([name]) => name !== memory).map(([, place]) => place),
    ...Object.values(board.aliases ?? {}).filter(({ when }) => when === undefined),
  ].map(({ at, size }) => ({ address: at, size }));
  const { blobs, registers } = await bootArm({
    ram,
    loadable,
    kernel,
    machine,
    ...(dtb && { dtb, nodes: addedNodes(board, dtb) }),
    ...(initrd && { initrd }),
    ...(append && { append }),
  });
  return { blobs: blobs.flatMap(withZeros), registers: { ...registers } };
}

/** Nodes for the devices that a device tree does not know of. */
function addedNodes(board: Board, dtb: Uint8Array): { node: FdtNode }[] {
  const devices = Object.values(board.devices).filter(({ fdt }) => fdt !== undefined);
  if (devices.length === 0) return [];
  const { root } = parseFdt(dtb);
  const cells = (name: string, value: number, byDefault: number) => {
    const count = getU32(root, name) ?? byDefault;
    if (count < 1 || count > 4) throw new Error(`the device tree has ${name} = ${count} in its root`);
    return [...Array(count - 1).fill(0), value];
  };
  return devices.map(({ use, at = 0, fdt }) => {
    const { compatible, size, interruptParent, interrupts, clocks = {} } = fdt!;
    const handleOf = (path: string) => {
      const node = findNode(root, path), phandle = node && getU32(node, "phandle");
      if (phandle !== undefined) return phandle;
      throw new Error(`the device tree has no "${path}" with a phandle, which "${use}" needs`);
    };
    const names = [compatible].flat(), phandle = handleOf(interruptParent);
    const node = makeNode(`${names[0].replace(",", "_")}@${at.toString(16)}`, {
      compatible: names,
      // Devicetree Specification v0.4, 2.3.5, has the defaults.
      reg: [...cells("#address-cells", at, 2), ...cells("#size-cells", size, 1)],
      "interrupt-parent": phandle,
      interrupts,
      ...Object.keys(clocks).length > 0 && {
        clocks: Object.values(clocks).map(handleOf),
        "clock-names": Object.keys(clocks),
      },
    });
    return { node };
  });
}

const ZEROS = new Uint8Array(1 << 16);

/** A blob and the zeros that follow it in memory, in pieces that share one array. */
function withZeros(
  { address, bytes, size }: { address: number; bytes: Uint8Array; size: number },
): BootImage["blobs"][number][] {
  const blobs = bytes.length > 0 ? [{ address, bytes }] : [];
  for (let at = bytes.length; at < size; at += ZEROS.length) {
    blobs.push({ address: address + at, bytes: ZEROS.subarray(0, Math.min(ZEROS.length, size - at)) });
  }
  return blobs;
}

async function readFile(file: URL): Promise<Uint8Array> {
  if (file.protocol === "file:") return await Deno.readFile(file);
  const response = await fetch(file);
  if (!response.ok) throw new Error(`firmware ${file}: the server says ${response.status}`);
  return await response.bytes();
}
