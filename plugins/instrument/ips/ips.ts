import { defineInstrument } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** Virtual time follows the instructions; the guest is held where it would run ahead of real time. */
export default defineInstrument(manifest, (emu, { ips, ipq }) => {
  const quantum = ipq > 0 ? ipq : Math.max(1, Math.floor(ips / 100));
  const time = emu.takeTime();
  if (time === undefined) throw new Error("Cannot control time: another plugin does");
  const begun = emu.counter();
  let ran = 0, virtual = emu.now(), real = performance.now();

  const tick = () => {
    ran += begun.get();
    begun.set(0);
    time.update(virtual + ran / ips * 1e9);
    const ahead = ran / ips * 1000 - (performance.now() - real);
    if (ahead > 1) emu.hold(new Promise((resolve) => setTimeout(resolve, ahead)));
  };
  emu.onTranslate((block) => {
    block.onExecuteIf([begun, ">=", quantum], tick);
    block.add(begun, block.instructions.length);
  });
  // What is spent waiting for interrupts is not made up for.
  emu.onCpuResume(() => {
    virtual = emu.now();
    real = performance.now();
    ran = 0;
  });
});
