import { deviceRig } from "@emu/core";
import { assertEquals } from "@std/assert";
import sensorHub from "./sensor_hub.ts";

const CTRL = 0x04, STATUS = 0x08, DATA = 0x0c, THRESHOLD = 0x10, CALIBRATE = 0x14;
const MILLISECOND = 1e6;

Deno.test("sensor-hub takes samples in turn and raises its line at the threshold", () => {
  const { device, lines, advance } = deviceRig(sensorHub, { properties: { base: 100 } });
  device.write(THRESHOLD, 4, 2);
  device.write(CTRL, 4, 3);
  advance(MILLISECOND);
  assertEquals([lines.irq, lines.trigger], [false, true]);
  advance(MILLISECOND);
  assertEquals([lines.irq, device.read(DATA, 4), device.read(DATA, 4)], [true, 100, 0x1_0065]);
  assertEquals([lines.irq, device.read(DATA, 4)], [false, 0]);
});

Deno.test("sensor-hub keeps 16 samples, and says when it lost some", () => {
  const { device, advance } = deviceRig(sensorHub);
  device.write(CTRL, 4, 1);
  advance(20 * MILLISECOND);
  assertEquals(device.read(STATUS, 4), 7);
  device.write(STATUS, 4, 4);
  assertEquals(device.read(STATUS, 4), 3);
});

Deno.test("sensor-hub goes on from a snapshot, and stops while held", () => {
  const { device, advance } = deviceRig(sensorHub);
  device.write(CTRL, 4, 1);
  advance(MILLISECOND);
  const saved = device.snapshot();
  device.reset();
  advance(5 * MILLISECOND);
  assertEquals(device.read(STATUS, 4), 0);
  device.restore(saved);
  assertEquals(device.read(STATUS, 4), 1);
  device.inputs!.hold(true);
  advance(50 * MILLISECOND);
  assertEquals(device.read(STATUS, 4), 1);
});

Deno.test("sensor-hub's register that is not modelled is logged by name", () => {
  const { device, log } = deviceRig(sensorHub);
  device.read(CALIBRATE, 4);
  assertEquals(log, ["unimp: read of register CALIBRATE"]);
});
