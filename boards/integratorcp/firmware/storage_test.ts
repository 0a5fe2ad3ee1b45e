import { assertEquals, assertStringIncludes } from "@std/assert";
import { fatImage, type ImageFile, type Layout } from "./test_fat_image.ts";
import { start } from "./test_session.ts";
import { guests, missing, onQemu } from "./test_target.ts";

const MB = 1 << 20;
const noGuests = guests === undefined ? " (ignored: no --guests folder with a Linux kernel)" : "";

function test(name: string, fn: (directory: string) => Promise<void>, why = missing): void {
  Deno.test({
    name: `boot monitor ${name}${why}`,
    ignore: why !== "",
    async fn() {
      const directory = Deno.makeTempDirSync();
      try {
        await fn(directory);
      } finally {
        Deno.removeSync(directory, { recursive: true });
      }
    },
  });
}

function noise(length: number): Uint8Array {
  let x = length | 1;
  return Uint8Array.from({ length }, () => (x = Math.imul(x, 1664525) + 1013904223 | 0) >>> 24);
}

function crc32(data: Uint8Array): string {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ((~crc) >>> 0).toString(16).padStart(8, "0");
}

const FILES: ImageFile[] = [
  { name: "README.TXT", data: noise(777) },
  { name: "A quite long name of a file.bin", data: noise(100_001) },
  { name: "zImage", data: noise(64 * 512) },
];

const LAYOUTS: [string, Layout][] = [
  ["FAT12 without a partition table", { type: 12, start: 0, size: 2 * MB, sectorsPerCluster: 1 }],
  ["FAT16 in a partition", { type: 16, start: 63, size: 32 * MB, sectorsPerCluster: 4 }],
  ["FAT16 without a partition table", { type: 16, start: 0, size: 16 * MB, sectorsPerCluster: 2 }],
  ["FAT32 in a partition", { type: 32, start: 2048, size: 64 * MB, sectorsPerCluster: 1 }],
];

for (const [name, layout] of LAYOUTS) {
  test(`lists and reads files of a card with ${name}`, async (directory) => {
    const sd = `${directory}/card.img`;
    Deno.writeFileSync(sd, fatImage(layout, FILES));
    await using monitor = await start({ sd });
    const list = await monitor.command("sdls");
    assertStringIncludes(list, `FAT${layout.type} at sector ${layout.start},`);
    for (const file of FILES) {
      assertStringIncludes(list, `${file.data.length}  2026-03-14`);
      assertStringIncludes(list, `  ${file.name}\n`);
      const answer = await monitor.command(`sdload "${file.name}" 400000`);
      assertStringIncludes(answer, `${file.data.length} bytes at 00400000`);
      assertStringIncludes(answer, `crc32 ${crc32(file.data)}`);
    }
    assertEquals(await monitor.command("sdload missing 400000"), "missing: no such file\n");
  });
}

test("passes its card test with a card of more than 2 GB", async (directory) => {
  const sd = `${directory}/card.img`;
  Deno.writeFileSync(sd, new Uint8Array(512));
  Deno.truncateSync(sd, 4096 * MB);
  await using monitor = await start({ sd });
  assertStringIncludes(await monitor.command("selftest mmci"), "PASS mmci card\n");
});

test("gets an address and reads files by TFTP", async (tftp) => {
  for (const file of FILES) Deno.writeFileSync(`${tftp}/${file.name}`, file.data);
  await using monitor = await start({ tftp });
  assertStringIncludes(await monitor.command("net"), "address 10.0.2.15,");
  assertStringIncludes(await monitor.command("ping 10.0.2.2"), "1: answered in ");
  for (const file of FILES) {
    const answer = await monitor.command(`tftp "${file.name}" 400000`);
    assertStringIncludes(answer, `${file.data.length} bytes at 00400000`);
    assertStringIncludes(answer, `crc32 ${crc32(file.data)}`);
  }
  assertStringIncludes(await monitor.command("tftp 10.0.2.2:missing 400000"), "missing: ");
});

test(
  "draws its picture in the right colours",
  async (directory) => {
    const socket = `${directory}/monitor`;
    await using monitor = await start({ extra: ["-monitor", `unix:${socket},server,nowait`] });
    await monitor.command("lcd");
    using console = await Deno.connect({ transport: "unix", path: socket });
    await console.write(new TextEncoder().encode(`screendump ${directory}/screen.ppm\n`));
    const image = await wholePicture(`${directory}/screen.ppm`);
    const header = new TextDecoder().decode(image.subarray(0, 15));
    assertEquals(header, "P6\n640 480\n255\n");
    const pixel = (x: number, y: number) => {
      const at = header.length + 3 * (y * 640 + x);
      return [...image.subarray(at, at + 3)].map((c) => c > 127 ? "1" : "0").join("");
    };
    const bars = Array.from({ length: 8 }, (_, bar) => pixel(bar * 80 + 40, 120));
    assertEquals(bars, ["111", "110", "011", "010", "101", "100", "001", "000"]);
    assertEquals([pixel(600, 265), pixel(600, 295), pixel(600, 325)], ["100", "010", "001"]);
  },
  onQemu ? missing : " (ignored: only QEMU's screendump is known)",
);

async function wholePicture(path: string): Promise<Uint8Array> {
  for (let tries = 0; tries < 50; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    try {
      const data = Deno.readFileSync(path);
      if (data.length === 15 + 640 * 480 * 3) return data;
    } catch { /* not written yet */ }
  }
  throw new Error(`Cannot read ${path}: no whole picture was written`);
}

const RUN = "initrd=initrd.gz -- console=ttyAMA0 run=bench,sha1";

test("boots Linux from a card", async (directory) => {
  const sd = `${directory}/card.img`;
  const files = [
    { name: "zImage", data: Deno.readFileSync(`${guests}/integratorcp-zImage`) },
    { name: "integratorcp.dtb", data: Deno.readFileSync(`${guests}/integratorcp.dtb`) },
    { name: "initrd.gz", data: Deno.readFileSync(`${guests}/initrd.cpio.gz`) },
  ];
  Deno.writeFileSync(sd, fatImage({ type: 16, start: 2048, size: 64 * MB, sectorsPerCluster: 4 }, files));
  await using monitor = await start({ sd, extra: ["-no-reboot"] });
  await monitor.type(`boot sd ${RUN}\r`);
  await monitor.expect("BOOT-OK", 120_000);
  await monitor.expect("RUN-EXIT 0", 60_000);
}, missing || noGuests);

test("boots Linux from the network", async (tftp) => {
  Deno.copyFileSync(`${guests}/integratorcp-zImage`, `${tftp}/zImage`);
  Deno.copyFileSync(`${guests}/integratorcp.dtb`, `${tftp}/integratorcp.dtb`);
  Deno.copyFileSync(`${guests}/initrd.cpio.gz`, `${tftp}/initrd.gz`);
  await using monitor = await start({ tftp, extra: ["-no-reboot"] });
  await monitor.type(`boot net ${RUN}\r`);
  await monitor.expect("BOOT-OK", 120_000);
  await monitor.expect("RUN-EXIT 0", 60_000);
}, missing || noGuests);
