import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type BlockBackend, deviceRig, type SdCard } from "@emu/core";
import { crc7 } from "./card_registers.ts";
import sdCard from "./sd_card.ts";

const MIB = 2 ** 20, ADTC = 512;
const STBY = 3, TRAN = 4, RCV = 6, PRG = 7;

/** A medium in memory, or one that only claims its size. */
function medium(size: number, readOnly = false) {
  const bytes = new Uint8Array(Math.min(size, 64 * MIB));
  const block: BlockBackend = {
    size,
    readOnly,
    async read(at, into) {
      await Promise.resolve();
      into.set(bytes.subarray(at, at + into.length));
    },
    async write(at, from) {
      await Promise.resolve();
      bytes.set(from, at);
    },
    flush: () => Promise.resolve(),
  };
  return { bytes, block };
}

/** Lets back ends finish. */
async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

function word(card: SdCard, index: number, argument = 0): number | undefined {
  const bytes = card.command(index, argument)?.bytes;
  return bytes && new DataView(bytes.buffer).getUint32(0);
}

function rig(block?: BlockBackend) {
  const { device, log } = deviceRig(sdCard, block ? { block } : {});
  return { device, log, card: device.bus as SdCard };
}

/** A card brought to the transfer state. */
function ready(block: BlockBackend) {
  const made = rig(block);
  const { card } = made;
  card.command(0, 0);
  card.command(8, 0x1aa);
  card.command(55, 0);
  card.command(41, 0x40ff_8000);
  card.command(2, 0);
  const rca = word(card, 3)! >>> 16 << 16 >>> 0;
  card.command(7, rca);
  const state = () => word(card, 13, rca)! >>> 9 & 0xf;
  return { ...made, rca, state };
}

function take(card: SdCard, length: number): Uint8Array {
  const into = new Uint8Array(length);
  return into.subarray(0, card.read(into));
}

Deno.test("sd-card goes through identification to transfer and tells its state on the way", () => {
  const { card } = rig(medium(8 * MIB).block);
  assertEquals(card.command(0, 0), undefined);
  assertEquals(word(card, 8, 0x1aa), 0x1aa);
  assertEquals(word(card, 55), 0x120);
  assertEquals(word(card, 41, 0), 0x00ff_8000); // an inquiry starts nothing
  card.command(55, 0);
  assertEquals(word(card, 41, 0x00ff_8000), 0x80ff_8000);
  assertEquals(card.command(2, 0)?.bytes.length, 16);
  const r6 = word(card, 3)!;
  assertEquals(r6 & 0xffff, 2 << 9 | 0x100);
  const rca = r6 >>> 16 << 16 >>> 0;
  assertEquals(word(card, 13, rca), STBY << 9 | 0x100);
  assertEquals(word(card, 7, rca), STBY << 9 | 0x100);
  assertEquals(word(card, 13, rca), TRAN << 9 | 0x100);
  assertEquals(card.command(7, 0), undefined);
  assertEquals(word(card, 13, rca), STBY << 9 | 0x100);
});

Deno.test("sd-card does not answer CMD8 for a voltage it cannot take", () => {
  assertEquals(rig(medium(MIB).block).card.command(8, 0x2aa), undefined);
});

Deno.test("sd-card is silent on an illegal command and says so in its next answer, once", () => {
  const { card, rca } = ready(medium(MIB).block);
  assertEquals(card.command(5, 0), undefined);
  assertEquals(word(card, 13, rca)! & 1 << 22, 1 << 22);
  assertEquals(word(card, 13, rca)! & 1 << 22, 0);
});

Deno.test("sd-card forgets an illegal command after an answer that cannot tell of it", () => {
  const { card } = rig(medium(MIB).block);
  card.command(55, 0);
  card.command(41, 0x00ff_8000);
  card.command(41, 0);
  card.command(2, 0);
  assertEquals(word(card, 3)! & 0xffff, 2 << 9 | 0x100);
});

Deno.test("sd-card refuses CMD42", () => {
  const { card } = ready(medium(MIB).block);
  assertEquals(card.command(42, 0), undefined);
});

Deno.test("sd-card above 2 GiB becomes ready only for a host that knows high capacity", () => {
  const { card } = rig(medium(4096 * MIB).block);
  card.command(55, 0);
  assertEquals(word(card, 41, 0x00ff_8000), 0x00ff_8000);
  card.command(55, 0);
  assertEquals(word(card, 41, 0x40ff_8000), 0xc0ff_8000);
});

for (
  const [size, stated] of [
    [MIB, MIB],
    [64 * MIB + 1, 64 * MIB],
    [1024 * MIB, 1024 * MIB],
    [2048 * MIB, 2048 * MIB],
    [2048 * MIB + 1, 2048 * MIB],
    [8192 * MIB, 8192 * MIB],
  ]
) {
  Deno.test(`sd-card of ${size} bytes states ${stated} in a CSD with a good CRC`, () => {
    const { card, log } = rig(medium(size).block);
    card.command(55, 0);
    card.command(41, 0x40ff_8000);
    card.command(2, 0);
    card.command(3, 0);
    const bytes = card.command(9, 0x4567_0000)!.bytes;
    const csd = bytes.reduce((value, byte) => value << 8n | BigInt(byte), 0n);
    const field = (high: number, low: number) =>
      Number(csd >> BigInt(low) & (1n << BigInt(high - low + 1)) - 1n);
    const capacity = field(127, 126) === 1
      ? (field(69, 48) + 1) * 2 ** 19
      : (field(73, 62) + 1) * 2 ** (field(49, 47) + 2 + field(83, 80));
    assertEquals(capacity, stated);
    assertEquals(bytes[15], crc7(bytes.subarray(0, 15)));
    assertEquals(log.length, size === stated ? 0 : 1);
  });
}

Deno.test("sd-card's CRC7 is that of the specification's example", () => {
  assertEquals(crc7(Uint8Array.of(0x40, 0, 0, 0, 0)), 0x95); // CMD0, 4.5
});

Deno.test("sd-card reads a block when the back end has it", async () => {
  const { bytes, block } = medium(MIB);
  bytes.set([1, 2, 3], 1024);
  const { card, state } = ready(block);
  card.command(17, 1024);
  assertEquals([card.transfer, take(card, 512).length], ["to-host", 0]);
  await settle();
  assertEquals([...take(card, 512).subarray(0, 4)], [1, 2, 3, 0]);
  assertEquals(state(), TRAN);
});

Deno.test("sd-card reads part of a block after CMD16, but not across a block's end", async () => {
  const { bytes, block } = medium(MIB);
  bytes.set([9, 8, 7, 6], 510);
  const { card } = ready(block);
  card.command(16, 2);
  card.command(17, 510);
  await settle();
  assertEquals([...take(card, 512)], [9, 8]);
  assertEquals(word(card, 17, 511)! & 1 << 30, 1 << 30);
  assertEquals(card.transfer, undefined);
});

Deno.test("sd-card reads blocks until CMD12, and beyond its end reports it", async () => {
  const { bytes, block } = medium(MIB);
  bytes.set([5], MIB - 512);
  const { card, rca } = ready(block);
  card.command(18, MIB - 1024);
  await settle();
  const data = take(card, 1024);
  assertEquals([data.length, data[512]], [1024, 5]);
  assertEquals(word(card, 13, rca)! >>> 31, 0);
  assertEquals(take(card, 4).length, 0);
  assertEquals(word(card, 12)! >>> 31, 1);
});

Deno.test("sd-card addressed in blocks reads block 3 at byte 1536", async () => {
  const { bytes, block } = medium(4096 * MIB);
  bytes.set([42], 1536);
  const { card } = ready(block);
  card.command(17, 3);
  await settle();
  assertEquals(take(card, 512)[0], 42);
});

Deno.test("sd-card is busy with a written block until the back end has it", async () => {
  const { bytes, block } = medium(MIB);
  const { card, state } = ready(block);
  card.command(24, 512);
  assertEquals(state(), RCV);
  assertEquals(card.write(new Uint8Array(600).fill(7)), 512);
  assertEquals(state(), PRG);
  await settle();
  assertEquals(state(), TRAN);
  assertEquals([bytes[511], bytes[512], bytes[1023], bytes[1024]], [0, 7, 7, 0]);
});

Deno.test("sd-card writes blocks beyond its buffer, and only whole ones", async () => {
  const { bytes, block } = medium(MIB);
  const { card } = ready(block);
  card.command(25, 0);
  const data = new Uint8Array(0x8000 + 512 + 100).fill(3);
  let sent = card.write(data);
  assertEquals(sent, 0x8000);
  await settle();
  sent += card.write(data.subarray(sent));
  assertEquals(sent, data.length);
  card.command(12, 0);
  await settle();
  assertEquals([bytes[0x8000 + 511], bytes[0x8000 + 512]], [3, 0]);
  card.command(55, 0x4567_0000);
  card.command(22, 0);
  assertEquals([...take(card, 4)], [0, 0, 0, 65]);
});

Deno.test("sd-card on a read-only medium refuses to write and to erase", () => {
  const { card, state } = ready(medium(MIB, true).block);
  assertEquals(card.writeProtected, true);
  assertEquals(word(card, 24, 0)! & 1 << 26, 1 << 26);
  card.command(32, 0);
  card.command(33, 512);
  assertEquals(word(card, 38)! & 1 << 26, 1 << 26);
  assertEquals(state(), TRAN);
});

Deno.test("sd-card protects a group by CMD28, tells it by CMD30 and frees it by CMD29", () => {
  const { card } = ready(medium(32 * MIB).block);
  const group = 8 * MIB;
  card.command(28, group);
  card.command(30, 0);
  assertEquals([...take(card, 4)], [0, 0, 0, 2]);
  assertEquals(word(card, 24, group + 512)! & 1 << 26, 1 << 26);
  card.command(29, group);
  assertEquals(word(card, 24, group + 512)! & 1 << 26, 0);
});

Deno.test("sd-card erases what CMD32 and CMD33 name to zeros, sparing protected groups", async () => {
  const { bytes, block } = medium(32 * MIB);
  bytes.fill(0xaa);
  const { card, state } = ready(block);
  card.command(28, 0);
  card.command(32, 8 * MIB - 512);
  card.command(33, 8 * MIB + 512);
  assertEquals(word(card, 38)! & 1 << 15, 1 << 15);
  assertEquals(state(), PRG);
  await settle();
  assertEquals(state(), TRAN);
  assertEquals([bytes[8 * MIB - 1], bytes[8 * MIB], bytes[8 * MIB + 1023], bytes[8 * MIB + 1024]], [
    0xaa,
    0,
    0,
    0xaa,
  ]);
});

Deno.test("sd-card reports an erase without its bounds, and forgets them for another command", () => {
  const { card } = ready(medium(MIB).block);
  assertEquals(word(card, 38)! & 1 << 28, 1 << 28);
  card.command(32, 0);
  assertEquals(word(card, 16, 512)! & 1 << 13, 1 << 13);
  assertEquals(word(card, 33)! & 1 << 28, 1 << 28);
});

Deno.test("sd-card sends its SCR, SD status and switch status as data", () => {
  const { card, rca } = ready(medium(MIB).block);
  card.command(55, rca);
  card.command(51, 0);
  assertEquals([...take(card, 64)], [2, 5, 0, 0, 0, 0, 0, 0]);
  card.command(55, rca);
  card.command(6, 2);
  card.command(55, rca);
  card.command(13, 0);
  const status = take(card, 100);
  assertEquals([status.length, status[0]], [64, 0x80]);
  card.command(6, 0x80ff_fff1);
  const functions = take(card, 100);
  assertEquals([functions.length, functions[13], functions[16] & 0xf], [64, 3, 1]);
});

Deno.test("sd-card takes only the writable bits of a CSD by CMD27", () => {
  const { card, rca } = ready(medium(MIB).block);
  card.command(7, 0);
  const csd = card.command(9, rca)!.bytes;
  const program = (bytes: Uint8Array) => {
    card.command(27, 0);
    card.write(bytes);
    return word(card, 13, rca)! & 1 << 16;
  };
  card.command(7, rca);
  assertEquals(program(csd.with(0, 0xff)), 1 << 16);
  assertEquals(program(csd.with(14, csd[14] | 0x10)), 0); // TMP_WRITE_PROTECT
  assertEquals(word(card, 24, 0)! & 1 << 26, 1 << 26);
});

Deno.test("sd-card reports a block the back end cannot read, and ends the transfer", async () => {
  const block: BlockBackend = { ...medium(MIB).block, read: () => Promise.reject(new Error("bad sector")) };
  const { card, rca } = ready(block);
  card.command(17, 0);
  await settle();
  assertEquals(card.transfer, undefined);
  assertEquals(word(card, 13, rca)! & 1 << 21, 1 << 21);
});

Deno.test("sd-card forgets a read that a reset cancelled", async () => {
  const { bytes, block } = medium(MIB);
  bytes.fill(0xaa);
  const { card, device } = ready(block);
  card.command(17, 0);
  device.reset();
  const before = device.snapshot();
  await settle();
  assertEquals(device.snapshot(), before);
});

Deno.test("sd-card does again, after restore, the read that was under way at the snapshot", async () => {
  const { bytes, block } = medium(MIB);
  bytes.set([1, 2, 3]);
  const { card, device } = ready(block);
  card.command(17, 0);
  const saved = device.snapshot();
  device.reset();
  device.restore(saved);
  await settle();
  assertEquals([...take(card, 512).subarray(0, 3)], [1, 2, 3]);
});

Deno.test("sd-card keeps one request at the back end, however often it is restarted", async () => {
  let open = 0, most = 0;
  const block: BlockBackend = {
    ...medium(MIB).block,
    async read() {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
    },
  };
  const { card, device } = ready(block);
  const saved = device.snapshot();
  for (let i = 0; i < 100; i++) {
    device.restore(saved);
    card.command(18, 512 * i);
  }
  await settle();
  assertEquals(most, 1);
});

Deno.test("sd-card without a medium leaves the slot empty, and one too small is told", () => {
  assertEquals(rig().card.inserted, false);
  const { card, log } = rig(medium(ADTC).block);
  assertEquals([card.inserted, card.command(8, 0x1aa)], [false, undefined]);
  assertStringIncludes(log[0], "too small");
});

Deno.test("sd-card survives any commands in any order", async () => {
  let seed = 1;
  const random = () => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) >>> 8;
  const { card, rca, device } = ready(medium(64 * MIB).block);
  const size = JSON.stringify(Object.keys(device.snapshot())).length;
  const buffer = new Uint8Array(700);
  for (let i = 0; i < 100_000; i++) {
    const argument = random() % 4 === 0 ? rca : random() * 256;
    card.command(random() % 64, random() % 2 ? argument % (80 * MIB) : argument >>> 0);
    if (i % 16 === 0) card.command(55, rca);
    card.read(buffer);
    card.write(buffer);
    if (i % 64 === 0) await Promise.resolve();
    if (i % 999 === 0) {
      device.reset();
      card.command(55, 0);
      card.command(41, 0x00ff_8000);
      card.command(2, 0);
      card.command(3, 0);
      card.command(7, rca);
    }
  }
  assert(JSON.stringify(Object.keys(device.snapshot())).length === size);
});

Deno.test("sd-card has its medium put all where it lasts when it is disposed of", async () => {
  const { block } = medium(8 * MIB);
  let flushes = 0;
  const { device } = rig({ ...block, flush: () => Promise.resolve(void flushes++) });
  await device.dispose!();
  assertEquals(flushes, 1);
});
