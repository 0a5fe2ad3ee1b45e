import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { codeOf, ECHO } from "../../tests/cli/programs.ts";
import { createMachine, type LibraryMachine, type LibrarySetup } from "./library.ts";
import type { MachineSnapshot } from "./snapshot.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot_file.ts";

const PROMPT = "cp> ";
/** Time by instructions, so that two runs are the same. */
const EXACT = { icount: 3, epoch: 1e18 } as const;

/** A machine at its boot monitor's prompt. */
async function monitor(setup: Partial<LibrarySetup> = {}): Promise<LibraryMachine> {
  const made = await createMachine({ board: "integratorcp", boot: {}, options: EXACT, ...setup });
  await made.runUntil(PROMPT);
  return made;
}

/** What a command prints, its echo included. */
async function answer({ serial, runUntil }: LibraryMachine, command: string): Promise<string> {
  const from = serial.text.length;
  serial.type(`${command}\r`);
  await runUntil(PROMPT);
  return serial.text.slice(from);
}

Deno.test("a machine goes on from its snapshot as it did before, again and again", async () => {
  const made = await monitor();
  await answer(made, "mw 100000 12345678 4");
  const saved = await made.snapshot();
  const run = async () => [
    await answer(made, "timer"), // interrupts, and time by three clocks
    await answer(made, "mw 100000 0 4"),
    await answer(made, "mw 7000000 1"),
  ];
  const first = await run();
  for (let i = 0; i < 2; i++) {
    await made.restore(saved);
    assertEquals([made.read(0x10_0000), made.read(0x700_0000)], [0x1234_5678, 0]);
    assertEquals(await run(), first);
  }
  await made.dispose();
});

Deno.test("another machine goes on from a snapshot, with its time and its clock", async () => {
  const one = await monitor();
  const saved = await one.snapshot();
  const other = await createMachine({ board: "integratorcp", options: { icount: 3, epoch: 5e17 } });
  await other.restore(saved);
  assertEquals(other.machine.loop.now(), one.machine.loop.now());
  for (const command of ["timer", "md 15000000 1", "selftest rtc"]) {
    assertEquals(await answer(other, command), await answer(one, command));
  }
  assertEquals(other.machine.snapshot(), one.machine.snapshot());
  assertEquals([await one.dispose(), await other.dispose()], [[], []]);
});

Deno.test("a machine that has ended goes on from its snapshot", async () => {
  const made = await createMachine({
    board: "integratorcp",
    boot: { kernel: codeOf(ECHO) },
    options: { noReboot: true },
  });
  made.serial.type("a");
  await made.runUntil("a");
  const saved = await made.snapshot();
  made.serial.type("q");
  assertEquals(await made.run(), 0);
  await made.restore(saved);
  made.serial.type("bq");
  assertEquals([await made.run(), made.serial.text], [0, "aqbq"]);
  await made.dispose();
  await assertRejects(() => made.restore(saved), Error, "the machine has been disposed");
});

Deno.test("a snapshot of another machine is refused, and changes nothing", async () => {
  const one = await monitor(), saved = await one.snapshot();
  const others: readonly (readonly [Partial<LibrarySetup>, string])[] = [
    [
      { ram: 64 << 20 },
      'Cannot restore the snapshot: it has 134217728 bytes of memory "ram", this machine has 67108864',
    ],
    [
      { cpu: "arm1026" },
      "Cannot restore the snapshot: it is of a CPU arm926 (arm), this machine has arm1026 (arm)",
    ],
    [
      { devices: [{ use: "pl031", properties: { at: 0x1f00_0000 } }] },
      'Cannot restore "pl031": it is not in what was saved',
    ],
  ];
  for (const [setup, says] of others) {
    const other = await createMachine({ board: "integratorcp", options: EXACT, ...setup });
    const before = other.machine.snapshot();
    await assertRejects(() => other.restore(saved), Error, says);
    assertEquals(other.machine.snapshot(), before);
    await other.dispose();
  }
  await one.dispose();
});

Deno.test("a device that does not take its state is named", async () => {
  const made = await monitor();
  const saved = structuredClone(made.machine.snapshot());
  made.machine.devices.get("uart0")!.device.restore = () => {
    throw new Error("no such\nfield");
  };
  assertThrows(
    () => made.machine.restore(saved),
    Error,
    'Cannot restore "uart0" (pl011): it does not take its state: no such field',
  );
  Object.assign(saved.devices.uart0, { version: 7 });
  assertThrows(() => made.machine.restore(saved), Error, "its state is of version 7");
  await made.dispose();
});

Deno.test("a snapshot cannot be taken in the middle of the guest's code", async () => {
  const made = await monitor(), said: string[] = [];
  made.machine.watchLines(() => {
    try {
      made.machine.snapshot();
    } catch (error) {
      said.push((error as Error).message);
    }
  });
  await answer(made, "timer");
  assert(said.includes("Cannot take a snapshot: the guest is in the middle of its code"));
  await made.dispose();
});

const anyArray = fc.oneof(
  fc.uint8Array(),
  fc.int32Array(),
  fc.float64Array({ noNaN: true }),
  fc.bigInt64Array(),
);
const anyState = fc.dictionary(
  fc.string().filter((key) => !key.startsWith("$") && key !== "__proto__"),
  fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.bigInt(), anyArray),
  { noNullPrototype: true },
);

const small = (state: object): MachineSnapshot => ({
  cpu: { isa: "x", model: "y", fields: { pc: -1, wide: 1n << 62n }, state: {} },
  time: { now: 1, epoch: 2 },
  memory: { ram: { size: 8192, pages: Uint32Array.of(1), bytes: new Uint8Array(4096).fill(3) } },
  devices: { "a.b": { device: "a", version: 1, state } },
  lines: ["a.irq"],
});

Deno.test("a snapshot's file holds whatever a device keeps", () =>
  fc.assert(fc.asyncProperty(anyState, async (state) => {
    const nested = small({ state, list: [state, Infinity, -0, NaN, undefined] });
    assertEquals(await decodeSnapshot(await encodeSnapshot(nested)), nested);
  })));

Deno.test("a snapshot's file does not take what is no data, and says where it is", async () => {
  await assertRejects(
    () => encodeSnapshot(small({ deep: [{ f() {} }] })),
    Error,
    "Cannot save snapshot.devices.a.b.state.deep[0].f: it is a function",
  );
  await assertRejects(() => encodeSnapshot(small({ m: new Map() })), Error, "state.m: it is no plain object");
  await assertRejects(() => encodeSnapshot(small({ $a: 1 })), Error, 'state: it has a member "$a"');
});

Deno.test("a damaged snapshot is refused in a line, wherever the damage is", async () => {
  const good = await encodeSnapshot(small({ a: Uint8Array.of(1, 2, 3) }));
  await fc.assert(fc.asyncProperty(
    fc.nat(good.length - 1),
    fc.integer({ min: 1, max: 255 }),
    fc.boolean(),
    async (at, change, cut) => {
      const bad = cut ? good.slice(0, at) : good.slice();
      if (!cut) bad[at] ^= change;
      const [line, more] = await decodeSnapshot(bad).then(
        () => ["it was taken"],
        (error) => (error as Error).message.split("\n"),
      );
      assert(line.startsWith("Cannot restore the snapshot: "), `${at} ^ ${change}: ${line}`);
      assertEquals(more, undefined);
    },
  ));
  const text = (what: string) => decodeSnapshot(new TextEncoder().encode(what));
  await assertRejects(() => text("\x7fELF"), Error, "it is none of Emu's");
  await assertRejects(() => text("Emu snapshot 9\n"), Error, "it has format 9, and this Emu reads 1");
});
