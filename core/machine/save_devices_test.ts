import { assertEquals, assertThrows } from "@std/assert";
import { codeOf, LOOP } from "../../tests/cli/programs.ts";
import { createMachine } from "./library.ts";

const TIMER1_LOAD = 0x1300_0100, RTC_DATA = 0x1500_0000, RTC_LOAD = 0x1500_0008;
const PIC_ENABLE = 0x1400_0008;

const machine = () =>
  createMachine({ board: "integratorcp", boot: { kernel: codeOf(LOOP) }, options: { icount: 0 } });

Deno.test("a machine's devices are saved as plain data, and restored in another machine", async () => {
  const one = await machine(), other = await machine();
  try {
    one.write(TIMER1_LOAD, 0x1234);
    one.write(PIC_ENABLE, 0x40);
    const saved = JSON.parse(JSON.stringify(one.machine.saveDevices()));
    assertEquals([saved.rtc.device, saved.rtc.version], ["pl031", 1]);
    // Typed arrays do not go through JSON as they are: the devices that have some keep their own.
    const { flash, mmci, "mmci.sd-card": card, aaci, lcd, eth } = other.machine.saveDevices();
    other.machine.restoreDevices({ ...saved, flash, mmci, "mmci.sd-card": card, aaci, lcd, eth });
    assertEquals([other.read(TIMER1_LOAD), other.read(PIC_ENABLE)], [0x1234, 0x40]);
    one.write(TIMER1_LOAD, 1);
    one.machine.restoreDevices(structuredClone(one.machine.saveDevices()));
    assertEquals(one.read(TIMER1_LOAD), 1);
  } finally {
    await one.dispose();
    await other.dispose();
  }
});

Deno.test("a saved state of a device that is not there is refused, and nothing is restored", async () => {
  const one = await machine();
  try {
    const saved = one.machine.saveDevices();
    one.write(PIC_ENABLE, 0x40);
    assertThrows(
      () => one.machine.restoreDevices({ ...saved, uart7: saved.uart0 }),
      Error,
      'Cannot restore "uart7": the machine has no such device',
    );
    assertEquals(one.read(PIC_ENABLE), 0x40);
  } finally {
    await one.dispose();
  }
});

Deno.test("the real-time clock goes on through a reboot, and starts anew with the machine", async () => {
  const one = await machine();
  try {
    one.write(RTC_LOAD, 1000);
    one.write(PIC_ENABLE, 0x40);
    one.machine.reset("warm");
    assertEquals([one.read(RTC_DATA), one.read(PIC_ENABLE)], [1000, 0]);
    one.machine.reset("cold");
    assertEquals(one.read(RTC_DATA) > 1e9, true);
  } finally {
    await one.dispose();
  }
});
