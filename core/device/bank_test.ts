import { assertEquals, assertThrows } from "@std/assert";
import { bits, registerBank } from "./bank.ts";
import { registerDevice, type RegisterFile } from "./registers.ts";

const BANK = registerBank({
  ID: { at: 0x00, reset: 0x4d59_0001, access: "r" },
  CTRL: { at: 0x04, reset: 0x30, fields: { START: bits.w(0), ENABLE: bits.rw(1), MODE: bits.rw(7, 4) } },
  STATUS: {
    at: 0x08,
    reset: 0x8000_0000,
    fields: { DONE: bits.w1c(0), BUSY: bits.r(1), SET: bits.w1s(2), SEEN: bits.rc(3), TOP: bits.r(31) },
  },
  DATA: { at: 0x0c },
  KEY: { at: 0x10, access: "w" },
});

function rig(hooks: Parameters<typeof BANK.rows>[1] = {}, more: Partial<RegisterFile<object>> = {}) {
  const log: string[] = [], s = { ...BANK.reset };
  const device = registerDevice(
    { log: { guestError: (m) => void log.push(m), unimplemented: (m) => void log.push(`unimp: ${m}`) } },
    { state: s, registers: BANK.rows(s, hooks), ...more },
  );
  return { device, s, log, ...BANK.fields(s) };
}

Deno.test("a bank's registers have their reset values, and reset puts them back", () => {
  const { device, s, CTRL, STATUS } = rig();
  assertEquals([device.read(0, 4), CTRL.MODE, STATUS.TOP], [0x4d59_0001, 3, 1]);
  device.write(4, 4, 0xf2);
  assertEquals([CTRL.ENABLE, CTRL.MODE, s.CTRL], [1, 15, 0xf2]);
  device.reset();
  assertEquals([CTRL.ENABLE, CTRL.MODE], [0, 3]);
});

Deno.test("a bank's fields are set by their names, each in its bits", () => {
  const { device, CTRL, STATUS } = rig();
  CTRL.MODE = 0xff;
  STATUS.BUSY = 1;
  assertEquals([device.read(4, 4), device.read(8, 4)], [0xf0, 0x8000_0002]);
  STATUS.TOP = 0;
  assertEquals(device.read(8, 4), 2);
});

Deno.test("a field that is the device's to change is not changed by a write", () => {
  const { device, STATUS } = rig();
  device.write(8, 4, 2);
  assertEquals(STATUS.BUSY, 0);
});

Deno.test("ones written clear and set the fields that say so, and zeros leave them", () => {
  const { device, STATUS } = rig();
  STATUS.DONE = 1;
  device.write(8, 4, 4);
  assertEquals([STATUS.DONE, STATUS.SET], [1, 1]);
  device.write(8, 4, 1);
  assertEquals([STATUS.DONE, STATUS.SET], [0, 1]);
});

Deno.test("a field that a read clears is read once", () => {
  const { device, STATUS } = rig();
  STATUS.SEEN = 1;
  assertEquals([device.read(8, 4) & 8, device.read(8, 4) & 8], [8, 0]);
});

Deno.test("a write-only field is seen by the hook, and reads as 0", () => {
  const seen: number[][] = [];
  const { device, CTRL } = rig({
    CTRL: { written: (value, before) => void seen.push([CTRL.START, value, before]) },
  });
  device.write(4, 4, 0x13);
  assertEquals([seen, CTRL.START, device.read(4, 4)], [[[1, 0x13, 0x30]], 0, 0x12]);
});

Deno.test("a hook may give what is read, or bring it up to date", () => {
  let count = 0;
  const { device, STATUS } = rig({
    DATA: { read: () => ++count },
    STATUS: { read: () => void (STATUS.BUSY = 1) },
  });
  assertEquals([device.read(0xc, 4), device.read(0xc, 4), device.read(8, 4)], [1, 2, 0x8000_0002]);
});

Deno.test("a narrow write changes the bytes that it writes, and no other", () => {
  const { device, s } = rig();
  device.write(0xc, 4, 0x1122_3344);
  device.write(0xd, 1, 0xff);
  assertEquals(s.DATA, 0x1122_ff44);
  device.write(0xe, 2, 0);
  assertEquals(s.DATA, 0x0000_ff44);
});

Deno.test("a bank logs writes to reserved bits, and accesses that a register does not have", () => {
  const { device, log } = rig();
  device.write(4, 4, 0x102);
  device.write(0, 4, 1);
  device.read(0x10, 4);
  device.write(0x20, 4, 1);
  assertEquals(log, [
    "write of 0x100 to reserved bits of CTRL",
    "write of read-only register ID",
    "read of write-only register KEY",
    "write of unknown register 0x020",
  ]);
});

Deno.test("a register file answers the sizes of access that it names, and logs the others", () => {
  const { device, s, log } = rig({}, { sizes: [4] });
  device.write(0xc, 1, 9);
  assertEquals([device.read(0, 2), s.DATA], [0, 0]);
  assertEquals(log, [
    "write of 1 bytes at 0x00c, which takes 4",
    "read of 2 bytes at 0x000, which takes 4",
  ]);
});

Deno.test("a big-endian register file has its most significant byte first", () => {
  const { device, s } = rig({}, { endian: "big" });
  assertEquals([0, 1, 2, 3].map((i) => device.read(i, 1)), [0x4d, 0x59, 0x00, 0x01]);
  assertEquals([device.read(0, 2), device.read(0, 4)], [0x594d, 0x0100_594d]);
  device.write(0xc, 4, 0x4433_2211);
  assertEquals(s.DATA, 0x1122_3344);
  device.write(0xf, 1, 0xff);
  assertEquals(s.DATA, 0x1122_33ff);
});

Deno.test("a bank tells the fields of its registers", () => {
  const { device } = rig();
  assertEquals(
    device.registers?.[1].fields?.map(({ name, msb, lsb, access }) => `${name} ${msb}:${lsb} ${access}`),
    [
      "START 0:0 w",
      "ENABLE 1:1 rw",
      "MODE 7:4 rw",
    ],
  );
  assertEquals(device.registers?.map(({ access }) => access), ["r", "rw", "rw", "rw", "w"]);
});

Deno.test("a bank whose fields share bits, or registers an offset, is refused by name", () => {
  assertThrows(
    () => registerBank({ A: { at: 0, fields: { X: bits.rw(3, 0), Y: bits.r(3) } } }),
    Error,
    "Cannot define register A: field Y shares bits with another",
  );
  assertThrows(
    () => registerBank({ A: { at: 4 }, B: { at: 4 } }),
    Error,
    "Cannot define register B: register A is at 0x4 too",
  );
  assertThrows(
    () => registerBank({ A: { at: 0, fields: { X: bits.rw(0, 3) } } }),
    Error,
    "Cannot define register A: field X has bits 0:3",
  );
});

Deno.test("a bank's names lead its author: others do not pass the type checker", () => {
  const { CTRL, s } = rig();
  // @ts-expect-error: there is no such field
  assertEquals(CTRL.ENABEL, undefined);
  // @ts-expect-error: there is no such register
  assertEquals(BANK.fields(s).CTL, undefined);
  // @ts-expect-error: hooks are for registers that there are
  BANK.rows(s, { CTL: { written() {} } });
});
