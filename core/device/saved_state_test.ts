import { assertEquals, assertThrows } from "@std/assert";
import { deviceRig } from "../testing/device_rig.ts";
import { defineDevice, type State, type StateFormat } from "./device.ts";
import { registerDevice, stored } from "./registers.ts";
import { checkSaved, migrated, type SavedDevice, saveDevice } from "./saved_state.ts";

const manifest = {
  name: "timer",
  kind: "device",
  api: 1,
  version: "3.0.0",
  summary: "A timer",
  entry: "./timer.ts",
} as const;

/** Version 1 had `period`, version 2 called it `load`, version 3 added `mode`. */
const FORMAT: StateFormat = {
  version: 3,
  migrate(state, from) {
    const old = state as Record<string, number>;
    if (from < 2) old.load = old.period;
    delete old.period;
    return { ...old, mode: 0 };
  },
};

const made = (state: StateFormat | undefined = FORMAT) => {
  const plugin = defineDevice(manifest, {
    size: 8,
    ...state && { state },
    create(context) {
      const s = { load: 5, mode: 1, seen: 7 };
      return registerDevice(context, {
        state: s,
        keeps: { cold: ["seen"], warm: ["mode"] },
        registers: { 0: stored(s, "load"), 4: stored(s, "mode") },
      });
    },
  });
  return { plugin, device: deviceRig(plugin).device };
};

const migrate = (version: number, state: State) =>
  migrated({ device: "timer", version, state }, made().plugin, "timer0");

Deno.test("a device's saved state says which device and version it is of, and goes through text", () => {
  const one = made(), saved = saveDevice(one);
  assertEquals(saved, { device: "timer", version: 3, state: { load: 5, mode: 1, seen: 7 } });
  one.device.write(0, 4, 99);
  const [[, state]] = checkSaved({ timer0: JSON.parse(JSON.stringify(saved)) }, new Map([["timer0", one]]));
  one.device.restore(state);
  assertEquals(one.device.read(0, 4), 5);
});

Deno.test("a state that an older version saved is migrated, and what was saved stays as it is", () => {
  const old = { period: 8, seen: 1 };
  assertEquals(migrate(1, old), { load: 8, mode: 0, seen: 1 });
  assertEquals(old, { period: 8, seen: 1 });
  assertEquals(migrate(2, { load: 9, seen: 1 }), { load: 9, mode: 0, seen: 1 });
  assertEquals(migrate(3, { load: 9, mode: 1, seen: 1 }), { load: 9, mode: 1, seen: 1 });
});

Deno.test("a saved state that does not fit is refused in one line that names the device", () => {
  const REFUSED: readonly (readonly [Partial<SavedDevice>, string])[] = [
    [{ version: 4 }, "its state is of version 4, the plugin knows versions up to 3; update it"],
    [{ version: 0 }, '"0" is no version'],
    [{ device: "clock" }, 'what was saved is the state of a "clock"'],
  ];
  for (const [wrong, says] of REFUSED) {
    const saved = { device: "timer", version: 3, state: {}, ...wrong };
    assertThrows(
      () => migrated(saved, made().plugin, "timer0"),
      Error,
      `Cannot restore "timer0" (timer): ${says}`,
    );
  }
  const throwing = made({
    version: 2,
    migrate() {
      throw new Error("no\n way");
    },
  });
  const old = { device: "timer", version: 1, state: {} };
  assertThrows(
    () => migrated(old, throwing.plugin, "timer0"),
    Error,
    "migrating its state from version 1 failed: no way",
  );
  const empty = made({ version: 2, migrate: () => undefined as unknown as State });
  assertThrows(() => migrated(old, empty.plugin, "timer0"), Error, 'gave no state; return it from "migrate"');
});

Deno.test("devices that are missing on either side are named before anything is restored", () => {
  const one = made(), devices = new Map([["timer0", one]]);
  assertThrows(() => checkSaved({}, devices), Error, 'Cannot restore "timer0": it is not in what was saved');
  assertThrows(
    () => checkSaved({ timer0: saveDevice(one), timer1: saveDevice(one) }, devices),
    Error,
    'Cannot restore "timer1": the machine has no such device',
  );
});

Deno.test("a warm reset leaves what the reset line does not reach, a cold one only what is not volatile", () => {
  const { device } = made();
  const change = () => device.restore({ load: 1, mode: 2, seen: 3 });
  change();
  device.reset("warm");
  assertEquals(device.snapshot(), { load: 5, mode: 2, seen: 3 });
  change();
  device.reset();
  assertEquals(device.snapshot(), { load: 5, mode: 1, seen: 3 });
});
