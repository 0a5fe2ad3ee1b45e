import type { IoTarget } from "../memory/io_target.ts";
import type { Machine } from "../machine/machine.ts";
import type { Instruments } from "./instruments.ts";

/** Lets hooks see what happens to devices. Costs a comparison an access while nobody looks. */
export function watchDevices(machine: Machine, instruments: Instruments): void {
  const { hooks } = instruments;
  const targets = new Set<IoTarget>();
  for (const { target } of machine.space.regions) if (target !== undefined) targets.add(target);
  for (const target of targets) {
    const { observe } = target;
    target.observe = (write, offset, size, value) => {
      observe?.(write, offset, size, value);
      if (hooks.device.entries.length === 0) return;
      const device = target.name;
      const register = machine.devices.get(device)?.device.registerName?.(offset);
      const access = { device, register, offset, size, write, value, pc: machine.cpu.accessPc };
      instruments.emit("device", (run) => run(access));
    };
  }
  machine.watchLines((line, level) => instruments.emit("line", (run) => run({ line, level })));
  machine.onDma = (device, address, length, write) =>
    instruments.emit("dma", (run) => run({ device, address, length, write }));
}
