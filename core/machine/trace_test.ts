import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { codeOf, LOOP } from "../../tests/cli/programs.ts";
import { defineDevice } from "../device/device.ts";
import { registerDevice } from "../device/registers.ts";
import { eventsOf } from "../device/trace.ts";
import { deviceRig } from "../testing/device_rig.ts";
import { createMachine } from "./library.ts";
import { Tracer } from "./tracer.ts";

const manifest = {
  name: "probe",
  kind: "device",
  api: 1,
  version: "1.0.0",
  summary: "A probe",
  entry: "./probe.ts",
} as const;

const probe = defineDevice(manifest, {
  size: 4,
  outputs: ["irq"],
  traces: { fired: { at: "hex", by: "text", count: "number", last: "flag" } },
  create(context) {
    return registerDevice(context, {
      state: {},
      registers: {
        0: {
          name: "FIRE",
          write(value) {
            context.trace.fired?.({ at: value, by: "the guest", count: 3, last: false });
            // @ts-expect-error: there is no such event
            context.trace.fried?.({ at: value });
            // @ts-expect-error: an argument of a wrong type
            if (value < 0) context.trace.fired?.({ at: "here", by: "", count: 0, last: true });
          },
        },
      },
    });
  },
});

Deno.test("a device's trace event is written with its arguments in the order of their declaration", () => {
  const { device, traced } = deviceRig(probe);
  device.write(0, 4, 0x41);
  assertEquals(traced, ['fired at=0x41 by="the guest" count=3 last=off']);
});

Deno.test("a device's events are those that it declares, and those that every device of its kind has", () => {
  assertEquals([...eventsOf(probe).keys()], [
    "probe_fired",
    "probe_read",
    "probe_write",
    "probe_line",
    "probe_dma",
    "probe_reset",
  ]);
  assertEquals([...eventsOf({ ...probe, size: 0, outputs: [] }).keys()], [
    "probe_fired",
    "probe_dma",
    "probe_reset",
  ]);
});

Deno.test("an event that nobody asked for is no function, and the last rule that fits decides", () => {
  const lines: string[] = [], write = (line: string) => void lines.push(line);
  const tracer = new Tracer(
    ["*_a", "-x_*", "x_b+"].map((pattern) => ({ pattern, write })),
    () => 1_500_000_042,
  );
  const event = (plugin: string, event: string) =>
    tracer.event("dev0", { plugin, event, types: { n: "number" } });
  assertEquals(
    [event("x", "a"), event("x", "b"), event("y", "b")].map((one) => one === undefined),
    [true, true, true],
  );
  event("y", "a")!({ n: 7 });
  event("x", "b+")!({ n: 8 });
  assertEquals(lines, ["1.500000042 dev0 y_a n=7", "1.500000042 dev0 x_b+ n=8"]);
});

const RTC = 0x1500_0000;

Deno.test("a machine traces accesses of registers, lines and resets of the devices that are asked for", async () => {
  const lines: string[] = [], write = (line: string) => void lines.push(line);
  const emu = await createMachine({
    board: "integratorcp",
    boot: { kernel: codeOf(LOOP) },
    options: { icount: 0 },
    traces: [{ pattern: "pl031_*", write }, { pattern: "-pl031_dma", write }],
  });
  try {
    lines.length = 0;
    emu.write(RTC + 0x10, 1);
    emu.read(RTC + 0x3c);
    emu.machine.reset("warm");
    assertEquals(
      lines.map((line) => line.replace(/^\d+\.\d{9} /, "")),
      [
        "rtc pl031_write register=RTCIMSC value=0x1 size=4",
        "rtc pl031_read register=0x3c value=0x0 size=4",
        "rtc pl031_reset kind=warm",
      ].map((line) => line.replace("RTCIMSC", "IMSC")),
    );
    assertMatch(lines[0], /^0\.\d{9} /);
  } finally {
    await emu.dispose();
  }
});

Deno.test("a machine without traces has nothing of them at its devices' accesses", async () => {
  const emu = await createMachine({ board: "integratorcp", boot: { kernel: codeOf(LOOP) } });
  try {
    const targets = emu.machine.space.regions.flatMap(({ target }) => target ? [target.observe] : []);
    assertEquals(targets.every((observe) => observe === undefined), true);
  } finally {
    await emu.dispose();
  }
});

Deno.test("a pattern that fits no event of the machine's devices is refused", async () => {
  const traces = [{ pattern: "pl031_reed", write() {} }];
  await assertRejects(
    () => createMachine({ board: "integratorcp", boot: {}, traces }),
    Error,
    'Cannot trace "pl031_reed": no device here has such an event (did you mean "pl031_read"?)',
  );
});
