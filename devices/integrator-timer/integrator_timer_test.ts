import { assertEquals } from "@std/assert";
import { deviceRig } from "@emu/core";
import integratorTimer from "./integrator_timer.ts";

const LOAD = 0x00, VALUE = 0x04, CONTROL = 0x08, INTCLR = 0x0c, RIS = 0x10, MIS = 0x14, BGLOAD = 0x18;
const ONESHOT = 1, SIZE32 = 2, DIV16 = 4, DIV256 = 8, IE = 0x20, PERIODIC = 0x40, ENABLE = 0x80;
const US = 1000, MS = 1e6, SECOND = 1e9;

/** Timer 1 (1 MHz) unless another is named. */
function timer(n = 1, properties = {}) {
  const { device, lines, advance, log } = deviceRig(integratorTimer, { properties });
  return {
    device,
    advance,
    log,
    irq: () => lines[`irq${n}`],
    read: (offset: number) => device.read(0x100 * n + offset, 4),
    write: (offset: number, value: number) => device.write(0x100 * n + offset, 4, value),
  };
}

Deno.test("integrator-timer has the reset values of its manual", () => {
  for (const n of [0, 1, 2]) {
    const { read, irq } = timer(n);
    assertEquals([LOAD, CONTROL, RIS, MIS, BGLOAD].map(read), [0, IE, 0, 0, 0]);
    assertEquals([read(VALUE), irq()], [0xffff, false]);
  }
});

Deno.test("integrator-timer counts timer 0 at 40 MHz and timers 1 and 2 at 1 MHz", () => {
  for (const [n, rate] of [40, 1, 1].entries()) {
    const { read, write, advance } = timer(n);
    write(LOAD, 1_000_000);
    write(CONTROL, ENABLE | SIZE32);
    advance(100 * US);
    assertEquals(read(VALUE), 1_000_000 - 100 * rate);
  }
});

Deno.test("integrator-timer takes its clocks from its properties", () => {
  const { read, write, advance } = timer(0, { clock0: 24_000_000 });
  write(LOAD, 48_000_000);
  write(CONTROL, ENABLE | SIZE32);
  assertEquals(read(VALUE), 48_000_000);
  advance(SECOND);
  assertEquals(read(VALUE), 24_000_000);
});

Deno.test("integrator-timer divides its clock by 16 or 256", () => {
  for (const [prescale, divider] of [[DIV16, 16], [DIV256, 256]]) {
    const { read, write, advance } = timer();
    write(LOAD, 1000);
    write(CONTROL, ENABLE | SIZE32 | prescale);
    advance(10 * divider * US);
    assertEquals(read(VALUE), 990);
  }
});

Deno.test("integrator-timer interrupts in periodic mode every time the load has been counted", () => {
  const { read, write, advance, irq } = timer();
  write(LOAD, 1000);
  write(CONTROL, ENABLE | SIZE32 | PERIODIC | IE);
  for (let i = 0; i < 3; i++) {
    advance(MS - US);
    assertEquals([read(VALUE), irq()], [1, false]);
    advance(US);
    assertEquals([read(VALUE), irq(), read(RIS), read(MIS)], [1000, true, 1, 1]);
    write(INTCLR, 0);
    assertEquals([irq(), read(RIS)], [false, 0]);
  }
});

Deno.test("integrator-timer interrupts once in one-shot mode and stands at 0 until the next load", () => {
  const { read, write, advance, irq } = timer();
  write(LOAD, 10);
  write(CONTROL, ENABLE | SIZE32 | ONESHOT | IE);
  advance(10 * US);
  assertEquals([read(VALUE), irq()], [0, true]);
  write(INTCLR, 1);
  write(CONTROL, ENABLE | SIZE32 | ONESHOT | IE);
  advance(SECOND);
  assertEquals([read(VALUE), irq()], [0, false]);
  write(LOAD, 5);
  advance(5 * US);
  assertEquals(irq(), true);
});

Deno.test("integrator-timer wraps in free-running mode from 0 to the largest count of its size", () => {
  for (const [size, last] of [[0, 0xffff], [SIZE32, 0xffff_ffff]]) {
    const { read, write, advance, irq } = timer();
    write(CONTROL, ENABLE | size | IE);
    write(LOAD, 3);
    advance(3 * US);
    assertEquals([read(VALUE), irq()], [0, true]);
    advance(US);
    assertEquals(read(VALUE), last);
    write(INTCLR, 1);
    advance((last - 1) * US);
    assertEquals([read(VALUE), irq()], [1, false]);
    advance(US);
    assertEquals([read(VALUE), irq()], [0, true]);
  }
});

Deno.test("integrator-timer counts with the low half of the load while it is 16 bits wide", () => {
  const { read, write, advance, irq } = timer();
  write(LOAD, 0x5_0010);
  write(CONTROL, ENABLE | PERIODIC | IE);
  assertEquals([read(LOAD), read(VALUE)], [0x5_0010, 0x10]);
  advance(16 * US);
  assertEquals([read(VALUE), irq()], [0x10, true]);
});

Deno.test("integrator-timer takes a background load with the next period", () => {
  const { read, write, advance } = timer();
  write(LOAD, 100);
  write(CONTROL, ENABLE | SIZE32 | PERIODIC);
  advance(40 * US);
  write(BGLOAD, 50);
  assertEquals([read(VALUE), read(LOAD), read(BGLOAD)], [60, 50, 50]);
  advance(60 * US);
  assertEquals(read(VALUE), 50);
  advance(50 * US);
  assertEquals(read(VALUE), 50);
});

Deno.test("integrator-timer keeps a masked interrupt, and its count while it is disabled", () => {
  const { read, write, advance, irq } = timer();
  write(LOAD, 100);
  write(CONTROL, ENABLE | SIZE32 | PERIODIC);
  advance(130 * US);
  assertEquals([read(RIS), read(MIS), irq()], [1, 0, false]);
  write(CONTROL, SIZE32 | PERIODIC | IE);
  assertEquals([read(MIS), irq()], [1, true]);
  advance(SECOND);
  assertEquals(read(VALUE), 70);
  write(CONTROL, ENABLE | SIZE32 | PERIODIC | IE);
  advance(70 * US);
  assertEquals(read(VALUE), 100);
});

Deno.test("integrator-timer ignores writes of its value", () => {
  const { read, write, log } = timer();
  write(VALUE, 5);
  assertEquals([read(VALUE), log.length], [0xffff, 0]);
});

Deno.test("integrator-timer sets the interrupt once for all the periods that passed", () => {
  const { read, write, advance, irq } = timer(0);
  write(LOAD, 1);
  write(CONTROL, ENABLE | SIZE32 | PERIODIC | IE);
  advance(3600 * SECOND);
  assertEquals(irq(), true);
  write(INTCLR, 1);
  assertEquals([irq(), read(RIS)], [false, 0]);
  advance(25);
  assertEquals(irq(), true);
});

Deno.test("integrator-timer survives a period of 0", () => {
  for (const mode of [0, PERIODIC, ONESHOT, PERIODIC | ONESHOT]) {
    const { read, write, advance, irq } = timer(0);
    write(CONTROL, ENABLE | SIZE32 | IE | mode);
    write(LOAD, 0);
    assertEquals([irq(), read(RIS)], [true, 1]);
    advance(SECOND);
    write(INTCLR, 0);
    advance(SECOND);
    assertEquals(irq(), mode === PERIODIC);
  }
});

Deno.test("integrator-timer keeps its three timers apart", () => {
  const { device, lines, advance } = deviceRig(integratorTimer);
  device.write(0x200 + LOAD, 4, 10);
  device.write(0x200 + CONTROL, 4, ENABLE | PERIODIC | IE);
  advance(10 * US);
  assertEquals(lines, { irq0: false, irq1: false, irq2: true });
  device.reset();
  assertEquals(lines.irq2, false);
});

Deno.test("integrator-timer has nothing behind its third timer", () => {
  const { device, log } = deviceRig(integratorTimer);
  assertEquals([device.read(0x300, 4), device.read(0xfe0, 4)], [0, 0]);
  assertEquals(log.length, 2);
});

Deno.test("integrator-timer interrupts after a restore as it would have without", () => {
  const { device, write, advance, irq } = timer();
  write(LOAD, 100);
  write(CONTROL, ENABLE | PERIODIC | IE);
  advance(40 * US);
  const saved = device.snapshot();
  device.reset();
  device.restore(saved);
  advance(59 * US);
  assertEquals(irq(), false);
  advance(US);
  assertEquals(irq(), true);
});
