import { assertEquals } from "@std/assert";
import { type DeviceContext, type DevicePlugin, deviceRig } from "@emu/core";
import { prng } from "../../tests/prng.ts";
import { checkSequence, multicastHash } from "./frame.ts";
import smc91c111 from "./smc91c111.ts";

const MAC = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const MS = 1e6;
// Offset within the bank, bank × 16.
const TCR = 0x00,
  EPHSR = 0x02,
  RCR = 0x04,
  COUNTER = 0x06,
  MIR = 0x08,
  RPCR = 0x0a,
  CONFIG = 0x10,
  BASE = 0x12;
const IA = 0x14, GPR = 0x1a, CTR = 0x1c, MMUCR = 0x20, PNR = 0x22, ARR = 0x23, FIFO_TX = 0x24, FIFO_RX = 0x25;
const PTR = 0x26, DATA = 0x28, IST = 0x2c, MSK = 0x2d, MT = 0x30, MGMT = 0x38, REV = 0x3a, ERCV = 0x3c;
const RCV_INT = 0x01, TX_INT = 0x02, TX_EMPTY = 0x04, ALLOC = 0x08, RX_OVRN = 0x10, EPH = 0x20, MDINT = 0x80;
const RXEN = 0x100, STRIP = 0x200, TXENA = 1, PAD = 0x80;
const ALLOCATE = 1 << 5, RESET_MMU = 2 << 5, REMOVE = 3 << 5, REMOVE_RELEASE = 4 << 5, RELEASE = 5 << 5;
const ENQUEUE = 6 << 5, RESET_TX = 7 << 5;

function rig(plugin: typeof smc91c111 = smc91c111) {
  const made = deviceRig(plugin);
  const { device } = made;
  const bank = (at: number) => (device.write(14, 2, at >> 4), at & 15);
  const read = (at: number, size = 2) => device.read(bank(at), size);
  const write = (at: number, value: number, size = 2) => device.write(bank(at), size, value);

  /** Puts a packet into a new page, its number into PNR, and enqueues it. */
  function transmit(frame: number[], control = 0): void {
    write(MMUCR, ALLOCATE);
    write(PNR, read(ARR, 1), 1);
    write(PTR, 0x4000);
    const odd = frame.length & 1;
    const count = frame.length - odd + 6;
    const tail = odd ? [0x20 | control] : [0, control];
    for (const byte of [0, 0, count & 0xff, count >> 8, ...frame, ...tail]) write(DATA, byte, 1);
    write(MMUCR, ENQUEUE);
  }

  /** Reads the packet at the head of the receive FIFO. */
  function packet(): { status: number; count: number; data: number[]; control: number } {
    write(PTR, 0xe000);
    const status = read(DATA), count = read(DATA);
    const bytes = Array.from({ length: count - 4 }, () => read(DATA, 1));
    const control = bytes.pop()!;
    return { status, count, data: control & 0x20 ? bytes : bytes.slice(0, -1), control };
  }

  const receive = (frame: number[]) => made.nic!.receive(Uint8Array.from(frame));
  return { ...made, read, write, transmit, packet, receive };
}

/** The same with a cable that can be pulled. */
function cableRig() {
  const cable = { linkUp: true };
  const plugin = {
    ...smc91c111,
    create: (context: DeviceContext) =>
      (smc91c111 as DevicePlugin).create({
        ...context,
        network: (id, receiver) => {
          const port = context.network(id, receiver);
          return {
            ...port,
            get linkUp() {
              return cable.linkUp;
            },
          };
        },
      }),
  } as unknown as typeof smc91c111;
  return { cable, ...rig(plugin) };
}

function frameTo(address: number[], length = 60): number[] {
  return [...address, 2, 0, 0, 0, 0, 1, 8, 0, ...new Array(length - 14).fill(0x5a)];
}

/** Shifts bits out on the management interface, then reads as many back as asked. */
function mii({ read, write }: ReturnType<typeof rig>, bits: string, answer = 0): number {
  for (const bit of "1".repeat(32) + bits) {
    write(MGMT, 8 | Number(bit));
    write(MGMT, 8 | 4 | Number(bit));
  }
  let value = 0;
  for (let i = 0; i < answer; i++) {
    value = value << 1 | read(MGMT) >> 1 & 1;
    write(MGMT, 0);
    write(MGMT, 4);
  }
  return value;
}

const binary = (value: number, length: number) => value.toString(2).padStart(length, "0");
/** As drivers do: 14 bits out, 18 in, of which the first two are the turnaround. */
const phyRead = (nic: ReturnType<typeof rig>, register: number, phy = 0) =>
  mii(nic, "0110" + binary(phy, 5) + binary(register, 5), 18);
const phyWrite = (nic: ReturnType<typeof rig>, register: number, value: number) =>
  void mii(nic, "0101" + binary(0, 5) + binary(register, 5) + "10" + binary(value, 16));

Deno.test("smc91c111 has its registers' reset values", () => {
  const { read } = rig();
  assertEquals([TCR, EPHSR, RCR, COUNTER, MIR, RPCR].map((at) => read(at)), [0, 0x4000, 0, 0, 0x0404, 0]);
  assertEquals([CONFIG, BASE, GPR, CTR].map((at) => read(at)), [0xa0b1, 1, 0, 0x1210]);
  assertEquals([0, 1, 2, 3, 4, 5].map((i) => read(IA + i, 1)), MAC);
  assertEquals([MMUCR, PNR, FIFO_TX, PTR].map((at) => read(at)), [0, 0x8000, 0x8080, 0]);
  assertEquals([read(IST, 1), read(MSK, 1)], [TX_EMPTY, 0]);
  assertEquals([MGMT, REV, ERCV].map((at) => read(at)), [0x3330, 0x3391, 0x1f]);
});

Deno.test("smc91c111 shows its bank under a fixed upper byte in every bank", () => {
  const { device } = rig();
  const seen = [0, 1, 2, 3, 4, 5, 6, 7].map((bank) => {
    device.write(14, 2, bank);
    return device.read(14, 2);
  });
  assertEquals(seen, [0, 1, 2, 3, 4, 5, 6, 7].map((bank) => 0x3300 | bank));
});

Deno.test("smc91c111 selects a bank by a 32-bit write, which reaches nothing else", () => {
  const { device, read } = rig();
  device.write(14, 2, 2);
  device.write(12, 4, 3 << 16 | 0xff04);
  assertEquals(device.read(14, 2), 0x3303);
  assertEquals(read(MSK, 1), 0);
});

Deno.test("smc91c111 keeps what is written to its plain registers, by bytes too", () => {
  const { read, write } = rig();
  write(TCR, 0xffff & ~TXENA);
  write(RPCR, 0xffff);
  write(GPR, 0x1234);
  write(GPR + 1, 0x56, 1);
  write(IA + 2, 0xabcd);
  write(MT + 4, 0x89ab_cdef, 4);
  write(MSK, 0xff, 1);
  assertEquals([TCR, RPCR, GPR, IA + 2].map((at) => read(at)), [0xbd86, 0x38fc, 0x5634, 0xabcd]);
  assertEquals(read(MT + 4, 4), 0x89ab_cdef);
});

Deno.test("smc91c111 sends a frame and tells which packet is done until that is acknowledged", () => {
  const { read, write, transmit, frames, lines } = rig();
  write(TCR, TXENA);
  write(MSK, TX_INT, 1);
  const frame = frameTo([1, 2, 3, 4, 5, 6]);
  transmit(frame);
  assertEquals(frames.map((sent) => [...sent]), [frame]);
  assertEquals([read(FIFO_TX, 1), read(EPHSR), lines.irq], [0, 0x4009, true]);
  write(PTR, 0x6000);
  assertEquals(read(DATA), 0x4009); // the status word in packet memory
  write(IST, TX_INT, 1);
  assertEquals([read(FIFO_TX, 1), lines.irq, read(MIR)], [0x80, false, 0x0304]);
  write(MMUCR, RELEASE);
  assertEquals(read(MIR), 0x0404);
});

Deno.test("smc91c111 sends a frame of odd length, padded when asked", () => {
  const { write, transmit, frames } = rig();
  write(TCR, TXENA);
  transmit([...MAC, 1, 2, 3]);
  write(TCR, TXENA | PAD);
  transmit([...MAC, 1, 2, 3]);
  assertEquals(frames.map((sent) => [sent.length, sent[8], sent[9] ?? 0]), [[9, 3, 0], [60, 3, 0]]);
});

Deno.test("smc91c111 under NOCRC takes the frame's own check sequence off, and drops a wrong one", () => {
  const { write, transmit, frames } = rig();
  write(TCR, TXENA | 0x100);
  const frame = frameTo(MAC), crc = checkSequence(Uint8Array.from(frame));
  transmit([...frame, crc & 0xff, crc >> 8 & 0xff, crc >> 16 & 0xff, crc >>> 24]);
  transmit([...frame, 0, 0, 0, 0]);
  transmit(frame, 0x10); // the packet asks for one itself
  assertEquals(frames.map((sent) => sent.length), [60, 60]);
});

Deno.test("smc91c111 releases sent packets by itself under AUTO_RELEASE", () => {
  const { read, write, transmit, frames } = rig();
  write(CTR, 0x0800);
  write(TCR, TXENA);
  for (let i = 0; i < 10; i++) transmit(frameTo(MAC));
  assertEquals([frames.length, read(MIR), read(FIFO_TX, 1)], [10, 0x0404, 0x80]);
});

Deno.test("smc91c111 holds packets until the transmitter is on", () => {
  const { read, write, transmit, frames } = rig();
  transmit(frameTo(MAC));
  write(IST, TX_EMPTY, 1);
  assertEquals([frames.length, read(IST, 1) & TX_EMPTY], [0, 0]);
  write(TCR, TXENA);
  assertEquals([frames.length, read(IST, 1) & TX_EMPTY], [1, TX_EMPTY]);
});

Deno.test("smc91c111 turns the transmitter off on an underrun and on a forced collision, with EPH INT", () => {
  const { read, write, transmit, frames, lines } = rig();
  write(CTR, 0x0020);
  write(MSK, EPH, 1);
  write(TCR, TXENA);
  write(MMUCR, ALLOCATE);
  write(PNR, read(ARR, 1), 1);
  write(MMUCR, ENQUEUE); // byte count 0
  assertEquals([read(EPHSR), read(TCR) & TXENA, lines.irq], [0xc000, 0, true]);
  write(TCR, TXENA | 4);
  assertEquals(lines.irq, false);
  transmit(frameTo(MAC));
  assertEquals([read(EPHSR), read(TCR) & TXENA, lines.irq, frames.length], [0x4200, 0, true, 0]);
});

Deno.test("smc91c111 gives out four pages, makes the fifth wait, and serves it on a release", () => {
  const { read, write, lines } = rig();
  write(MSK, ALLOC, 1);
  const pages = [0, 1, 2, 3].map(() => (write(MMUCR, ALLOCATE), read(ARR, 1)));
  assertEquals(pages, [0, 1, 2, 3]);
  write(MMUCR, ALLOCATE);
  assertEquals([read(ARR, 1), read(IST, 1) & ALLOC, lines.irq, read(MIR)], [0x80, 0, false, 0x0004]);
  write(PNR, 2, 1);
  write(MMUCR, RELEASE);
  assertEquals([read(ARR, 1), read(IST, 1) & ALLOC, lines.irq], [2, ALLOC, true]);
  write(MMUCR, RESET_MMU);
  assertEquals([read(ARR, 1), read(MIR), lines.irq], [0x80, 0x0404, false]);
});

Deno.test("smc91c111 forgets queued and sent packets by the command that resets the TX FIFO", () => {
  const { read, write, transmit, frames } = rig();
  transmit(frameTo(MAC));
  write(MMUCR, RESET_TX);
  write(TCR, TXENA);
  assertEquals(frames.length, 0);
  transmit(frameTo(MAC));
  write(MMUCR, RESET_TX);
  assertEquals(read(FIFO_TX, 1), 0x80);
});

Deno.test("smc91c111 addresses packet memory with and without auto-increment, in every width", () => {
  const { read, write } = rig();
  write(PTR, 0x4010);
  write(DATA, 0x4433_2211, 4);
  write(DATA, 0x6655);
  assertEquals(read(PTR), 0x4016);
  write(PTR, 0x2010);
  assertEquals([read(DATA, 4), read(DATA + 2), read(DATA + 1, 1)], [0x4433_2211, 0x4433, 0x22]);
  write(PTR, 0x67ff);
  read(DATA, 1);
  assertEquals(read(PTR), 0x6000);
});

Deno.test("smc91c111 stores a received frame of even length with its check sequence", () => {
  const { read, write, receive, packet, lines } = rig();
  write(RCR, RXEN);
  write(MSK, RCV_INT, 1);
  const frame = frameTo(MAC, 64);
  receive(frame);
  assertEquals([lines.irq, read(FIFO_RX, 1)], [true, 0]);
  const { status, count, data, control } = packet();
  assertEquals([status, count, control], [0, 74, 0x40]);
  assertEquals(data.slice(0, 64), frame);
  const crc = checkSequence(Uint8Array.from(frame));
  assertEquals(data.slice(64), [crc & 0xff, crc >> 8 & 0xff, crc >> 16 & 0xff, crc >>> 24]);
  write(MMUCR, REMOVE_RELEASE);
  assertEquals([lines.irq, read(FIFO_RX, 1), read(MIR)], [false, 0x80, 0x0404]);
});

Deno.test("smc91c111 marks a received frame of odd length, and leaves its check sequence out when asked", () => {
  const { write, receive, packet } = rig();
  write(RCR, RXEN | STRIP);
  const frame = frameTo(MAC, 61);
  receive(frame);
  const { status, count, data, control } = packet();
  assertEquals([status, count, control], [0x1000, 66, 0x60]);
  assertEquals(data, frame);
});

Deno.test("smc91c111's check sequence is the one of IEEE 802.3", () => {
  assertEquals(checkSequence(new TextEncoder().encode("123456789")), 0xcbf4_3926);
});

for (
  const [name, rcr, address, taken] of [
    ["its own address", 0, MAC, true],
    ["another address", 0, [0x52, 0x54, 0, 0, 0, 1], false],
    ["another address while promiscuous", 2, [0x52, 0x54, 0, 0, 0, 1], true],
    ["broadcast", 0, [255, 255, 255, 255, 255, 255], true],
    ["a multicast address not in the table", 0, [1, 0, 0x5e, 0, 0, 2], false],
    ["a multicast address in the table", 0, [1, 0, 0x5e, 0, 0, 1], true],
    ["any multicast address under ALMUL", 4, [1, 0, 0x5e, 0, 0, 2], true],
  ] as [string, number, number[], boolean][]
) {
  Deno.test(`smc91c111 ${taken ? "takes" : "leaves"} a frame to ${name}`, () => {
    const { read, write, receive } = rig();
    const hash = multicastHash(Uint8Array.of(1, 0, 0x5e, 0, 0, 1));
    write(MT + (hash >> 3), 1 << (hash & 7), 1);
    write(RCR, RXEN | rcr);
    receive(frameTo(address));
    assertEquals(read(FIFO_RX, 1) === 0, taken);
  });
}

Deno.test("smc91c111 tells broadcast and the hash of multicast in the received status", () => {
  const { write, receive, packet } = rig();
  write(RCR, RXEN | 4);
  receive(frameTo([255, 255, 255, 255, 255, 255]));
  assertEquals(packet().status, 0x4000);
  write(MMUCR, REMOVE_RELEASE);
  const address = [1, 0, 0x5e, 0, 0, 1];
  receive(frameTo(address));
  assertEquals(packet().status, 1 | multicastHash(Uint8Array.from(address)) << 1);
});

Deno.test("smc91c111 holds the network back while its memory is full, and loses what comes all the same", () => {
  const { read, write, receive, nic, lines } = rig();
  write(RCR, RXEN);
  write(MSK, RX_OVRN, 1);
  for (let i = 0; i < 4; i++) receive(frameTo(MAC));
  assertEquals([nic!.canReceive(), lines.irq], [false, false]);
  receive(frameTo(MAC));
  assertEquals(lines.irq, true);
  write(IST, RX_OVRN, 1);
  assertEquals(lines.irq, false);
  write(MMUCR, REMOVE);
  assertEquals([read(FIFO_RX, 1), nic!.canReceive()], [1, false]);
  write(PNR, 0, 1);
  write(MMUCR, RELEASE);
  assertEquals(nic!.canReceive(), true);
});

Deno.test("smc91c111 takes no frame with the receiver or the power off, and holds nothing back for it", () => {
  const { read, write, receive, nic } = rig();
  receive(frameTo(MAC));
  assertEquals([read(FIFO_RX, 1), nic!.canReceive()], [0x80, true]);
  write(RCR, RXEN);
  write(CONFIG, 0x20b1);
  receive(frameTo(MAC));
  assertEquals([read(FIFO_RX, 1), nic!.canReceive()], [0x80, true]);
});

Deno.test("smc91c111 aborts a frame beyond a page and marks a long one", () => {
  const { read, write, receive, packet } = rig();
  write(RCR, RXEN);
  receive(frameTo(MAC, 2040));
  assertEquals([read(FIFO_RX, 1), read(RCR) & 1], [0x80, 1]);
  receive(frameTo(MAC, 1600));
  assertEquals(packet().status, 0x0800);
});

Deno.test("smc91c111 in EPH loopback hears itself, and the network does not", () => {
  const { write, transmit, packet, frames } = rig();
  write(RCR, RXEN | STRIP);
  write(TCR, TXENA | 0x2000);
  const frame = frameTo(MAC);
  transmit(frame);
  assertEquals([packet().data, frames.length], [frame, 0]);
});

Deno.test("smc91c111 in PHY loopback hears itself only in full duplex", () => {
  const nic = rig();
  const { read, write, transmit, frames } = nic;
  write(RCR, RXEN);
  write(TCR, TXENA | 2);
  transmit(frameTo(MAC));
  assertEquals(read(FIFO_RX, 1), 0x80);
  phyWrite(nic, 0, 0x4000);
  write(TCR, TXENA | 0x800);
  transmit(frameTo(MAC));
  assertEquals([read(FIFO_RX, 1), frames.length], [2, 0]);
});

Deno.test("smc91c111 keeps CONFIG, BASE and IA over a soft reset and loses the rest", () => {
  const { read, write, receive, nic } = rig();
  write(IA, 0x99, 1);
  write(TCR, 0x80);
  write(RCR, RXEN | 2);
  receive(frameTo(MAC));
  write(RCR, 0x8000);
  assertEquals([read(RCR), nic!.canReceive()], [0x8000, true]);
  write(RCR, 0);
  assertEquals([read(RCR), read(TCR), read(IA, 1), read(FIFO_RX, 1)], [0, 0, 0x99, 0x80]);
});

Deno.test("smc91c111 stores to and reloads from its EEPROM", () => {
  const { read, write } = rig();
  write(IA, 0, 1);
  write(CONFIG, 0xa1b1);
  write(CTR, 1);
  write(CONFIG, 0xa0b1);
  write(CTR, 2);
  assertEquals([read(IA, 1), read(CONFIG), read(CTR) & 7], [0x52, 0xa1b1, 0]);
  write(PTR, 0x30);
  write(GPR, 0xbeef);
  write(CTR, 5);
  write(GPR, 0);
  write(CTR, 6);
  assertEquals(read(GPR), 0xbeef);
});

Deno.test("smc91c111 has its PHY at address 0 of the management interface and nothing elsewhere", () => {
  const nic = rig();
  assertEquals([2, 3].map((register) => phyRead(nic, register)), [0x0016, 0xf840]);
  assertEquals([2, 3].map((register) => phyRead(nic, register, 1)), [0, 0]);
});

Deno.test("smc91c111's PHY has its reset values and keeps what is written", () => {
  const nic = rig();
  const registers = [0, 1, 4, 5, 16, 17, 18, 19, 20];
  const reset = [0x3000, 0x782d, 0x01e1, 0x41e1, 0x0022, 0, 0x00c0, 0xffc0, 0x00a0];
  assertEquals(registers.map((register) => phyRead(nic, register)), reset);
  phyWrite(nic, 4, 0x0061);
  phyWrite(nic, 17, 0x0004);
  assertEquals([phyRead(nic, 4), phyRead(nic, 17), phyRead(nic, 18)], [0x61, 4, 0x0040]);
  phyWrite(nic, 0, 0x8000);
  nic.advance(20 * MS);
  assertEquals(phyRead(nic, 4), 0x01e1);
});

Deno.test("smc91c111's PHY loses the link while it negotiates, and says so by MDINT and EPH INT", () => {
  const nic = rig();
  const { read, write, advance, lines } = nic;
  phyWrite(nic, 19, 0x3fc0); // INT and LNKFAIL
  write(CTR, 0x80);
  write(MSK, MDINT, 1);
  phyWrite(nic, 0, 0x1200);
  assertEquals([read(EPHSR) & 0x4000, lines.irq, read(IST, 1) & EPH], [0, true, EPH]);
  assertEquals([phyRead(nic, 18), phyRead(nic, 18), phyRead(nic, 1)], [0xc0c0, 0x40c0, 0x7809]);
  write(CTR, 0);
  write(IST, MDINT, 1);
  assertEquals([lines.irq, read(IST, 1) & EPH], [false, 0]);
  advance(20 * MS);
  assertEquals([lines.irq, phyRead(nic, 18)], [true, 0x80c0]);
  // The status latches the lost link until it has been read.
  assertEquals([phyRead(nic, 1), phyRead(nic, 1)], [0x7829, 0x782d]);
});

Deno.test("smc91c111 notices a pulled cable", () => {
  const { cable, read, write, transmit } = cableRig();
  assertEquals(read(EPHSR), 0x4000);
  cable.linkUp = false;
  assertEquals(read(EPHSR), 0);
  write(TCR, TXENA | 0x400);
  transmit(frameTo(MAC));
  assertEquals([read(EPHSR), read(TCR) & TXENA], [0x400, 0]);
});

Deno.test("smc91c111 tells of a pulled cable at once", () => {
  const { cable, read, write, nic, lines } = cableRig();
  write(CTR, read(CTR) | 0x80); // LE_ENABLE
  write(MSK, EPH, 1);
  assertEquals(lines.irq, false);
  cable.linkUp = false;
  nic!.linkChanged!();
  assertEquals(lines.irq, true);
});

Deno.test("smc91c111 survives any accesses in any order", () => {
  let seed = 3;
  const random = () => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) >>> 8;
  const { device, receive, advance, log, frames, nic } = rig();
  for (let i = 0; i < 100_000; i++) {
    const size = 1 << random() % 3, at = random() % 16 & -size;
    if (random() % 2) device.read(at, size);
    else device.write(at, size, (random() * 256 + random()) % 2 ** (8 * size));
    if (i % 16 === 0) {
      receive(frameTo(random() % 2 ? MAC : [255, 255, 255, 255, 255, 255], 14 + random() % 3000));
    }
    nic!.canReceive();
    advance(random() % 10_000);
    log.length = frames.length = 0;
  }
  const { txQueue, txDone, rxQueue, memory } = device.snapshot() as Record<string, { length: number }>;
  assertEquals(txQueue.length <= 4 && txDone.length <= 4 && rxQueue.length <= 4, true);
  assertEquals(memory.length, 8192);
});

Deno.test("smc91c111 bears 100,000 frames of any content and length", () => {
  const random = prng(7), noise = random.bytes(80_000), { nic, read, write } = rig();
  write(RCR, RXEN | STRIP | 2); // PRMS: everything
  let taken = 0;
  for (let i = 0; i < 100_000; i++) {
    const start = random.below(10_000);
    const bytes = noise.slice(start, start + random.below(random.oneIn(40) ? 70_000 : 1600));
    if (nic!.canReceive()) nic!.receive(bytes);
    if (random.oneIn(3) || (read(IST, 1) & RCV_INT) === 0) continue;
    taken++;
    write(MMUCR, REMOVE_RELEASE);
  }
  assertEquals(taken > 10_000, true);
  while (read(IST, 1) & RCV_INT) write(MMUCR, REMOVE_RELEASE);
  nic!.receive(Uint8Array.from(frameTo(MAC)));
  assertEquals(read(IST, 1) & RCV_INT, RCV_INT);
});
