import { deviceRig, type I2cTarget } from "@emu/core";
import { assertEquals, assertThrows } from "@std/assert";
import versatileI2c from "./versatile_i2c.ts";

const SB_CONTROL = 0, SB_CONTROLC = 4, SCL = 1, SDA = 2;

/** A chip at 0x2a that counts up when it is read, and says what happens to it. */
function chip(log: string[], acknowledges = true): I2cTarget {
  let next = 0x80;
  return {
    addresses: [0x2a],
    start: (address, reading) => {
      log.push(`start 0x${address.toString(16)} ${reading ? "read" : "write"}`);
      return acknowledges;
    },
    write: (byte) => (log.push(`write 0x${byte.toString(16)}`), byte !== 0xee),
    read: () => (log.push("read"), next++),
    stop: () => void log.push("stop"),
  };
}

/** A controller whose lines are moved as software does. */
function rig(targets: Record<string, I2cTarget>) {
  const { device } = deviceRig(versatileI2c, { children: targets });
  const set = (bits: number) => device.write(SB_CONTROL, 4, bits);
  const clear = (bits: number) => device.write(SB_CONTROLC, 4, bits);
  const level = () => device.read(SB_CONTROL, 4) & SDA ? 1 : 0;
  const clock = () => {
    set(SCL);
    const bit = level();
    clear(SCL);
    return bit;
  };
  const bit = (value: number) => {
    if (value) set(SDA);
    else clear(SDA);
    return clock();
  };
  return {
    device,
    level,
    start() {
      set(SDA);
      set(SCL);
      clear(SDA);
      clear(SCL);
    },
    stop() {
      clear(SDA);
      set(SCL);
      set(SDA);
    },
    /** Sends a byte; whether it was acknowledged. */
    send(byte: number): boolean {
      for (let i = 7; i >= 0; i--) bit(byte >> i & 1);
      return bit(1) === 0;
    },
    receive(acknowledge: boolean): number {
      let byte = 0;
      set(SDA);
      for (let i = 0; i < 8; i++) byte = byte << 1 | clock();
      bit(acknowledge ? 0 : 1);
      return byte;
    },
  };
}

Deno.test("versatile-i2c shows its lines as high while nobody drives them, and low where software does", () => {
  const { device } = rig({});
  assertEquals(device.read(SB_CONTROL, 4), SCL | SDA);
  device.write(SB_CONTROLC, 4, SDA);
  assertEquals(device.read(SB_CONTROL, 4), SCL);
  device.write(SB_CONTROL, 4, SDA);
  assertEquals(device.read(SB_CONTROL, 4), SCL | SDA);
});

Deno.test("versatile-i2c carries bytes to a chip, and its acknowledge back", () => {
  const log: string[] = [], { start, stop, send } = rig({ chip: chip(log) });
  start();
  assertEquals([send(0x2a << 1), send(0x12), send(0xee)], [true, true, false]);
  stop();
  assertEquals(log, ["start 0x2a write", "write 0x12", "write 0xee", "stop"]);
});

Deno.test("versatile-i2c takes bytes from a chip until it does not acknowledge one", () => {
  const log: string[] = [], { start, stop, send, receive } = rig({ chip: chip(log) });
  start();
  assertEquals([send(0x2a << 1 | 1), receive(true), receive(false)], [true, 0x80, 0x81]);
  stop();
  assertEquals(log, ["start 0x2a read", "read", "read", "stop"]);
});

Deno.test("versatile-i2c starts anew within a transfer without a stop to the chip", () => {
  const log: string[] = [], { start, stop, send, receive } = rig({ chip: chip(log) });
  start();
  send(0x2a << 1);
  send(1);
  start();
  send(0x2a << 1 | 1);
  assertEquals(receive(false), 0x80);
  stop();
  assertEquals(log, ["start 0x2a write", "write 0x1", "start 0x2a read", "read", "stop"]);
});

Deno.test("versatile-i2c is not acknowledged where no chip is, or one is busy", () => {
  const log: string[] = [], { start, stop, send, receive } = rig({ chip: chip(log, false) });
  start();
  assertEquals([send(0x2b << 1), send(0x55)], [false, false]);
  stop();
  start();
  assertEquals([send(0x2a << 1 | 1), receive(true)], [false, 0xff]);
  stop();
  assertEquals(log, ["start 0x2a read"]);
});

Deno.test("versatile-i2c is saved and restored in the middle of a byte", () => {
  const log: string[] = [], { device, start, stop, send, receive } = rig({ chip: chip(log) });
  start();
  send(0x2a << 1 | 1);
  const saved = device.snapshot();
  const first = receive(true);
  device.restore(saved);
  assertEquals([first, receive(false)], [0x80, 0x80], "the first bit was on the line already");
  stop();
});

Deno.test("versatile-i2c refuses two chips at one address, by their names", () => {
  assertThrows(
    () => rig({ one: chip([]), other: chip([]) }),
    Error,
    'both "one" and "other" answer to address 0x2a; give one of them another address=…',
  );
});
