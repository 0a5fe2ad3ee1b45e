import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { emu } from "../../tests/cli/emu.ts";
import { codeOf } from "../../tests/cli/programs.ts";
import { createMachine, type LibraryMachine, type LibrarySetup } from "../machine/library.ts";
import type { BoardData } from "./data.ts";

type Files = Readonly<Record<string, BoardData | string | Uint8Array>>;

/** A folder of boards; gone after `use`. */
async function withBoards(files: Files, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      if (content instanceof Uint8Array) await Deno.writeFile(`${folder}/${name}`, content);
      else {
        const text = typeof content === "string" ? content : JSON.stringify(content);
        await Deno.writeTextFile(`${folder}/${name}`, text);
      }
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The machine of the file "board.json" among these. */
function machineOf(
  files: Files,
  use: (machine: LibraryMachine) => void | Promise<void>,
  setup: Partial<LibrarySetup> = {},
): Promise<void> {
  return withBoards(files, async (folder) => {
    const machine = await createMachine({ board: `${folder}/board.json`, ...setup });
    try {
      await use(machine);
    } finally {
      assertEquals(await machine.dispose(), []);
    }
  });
}

const EXTENDS = { extends: "integratorcp" };

/** Prints "@" on the UART at 0x4002_0000, then waits for ever. */
const PRINT = codeOf([0xe3a0_0101, 0xe380_0802, 0xe3a0_1040, 0xe580_1000, 0xeaff_fffe]);

const COMPLETE: BoardData = {
  cpu: { isa: "arm", model: "arm926" },
  ram: { minimum: "1M", maximum: "64M", default: "2M" },
  memory: { ram: { at: 0, size: "ram" }, rom: { at: "0xffff_0000", size: "64K", rom: true } },
  devices: {
    pic: { use: "integrator-pic", at: "0x40000000", out: { irq: "cpu.irq", fiq: "cpu.fiq" } },
    uart0: {
      use: "pl011",
      at: "0x40020000",
      out: { irq: "pic.1" },
      properties: { chardev: "serial0", clock: "24000000" },
    },
  },
  aliases: { high: { at: "0x10000000", size: "ram", of: "ram" } },
  unimplemented: { watchdog: { at: "0x40040000", size: "0x1000" } },
  boot: { memory: "ram", machineType: "0xffffffff", firmware: { file: "./rom.bin", at: "0xffff0000" } },
};

Deno.test("a board in a JSON file runs its firmware", () =>
  machineOf({ "board.json": COMPLETE, "rom.bin": PRINT }, async (emu) => {
    await emu.runUntil("@");
    emu.write(0x1000_0000, 0x1234);
    assertEquals([emu.read(0), emu.machine.board.memory.ram.size], [0x1234, 2 << 20]);
  }, { boot: {} }));

Deno.test("a board in a JSON file has the memory and CPU that the user chooses", () =>
  machineOf({ "board.json": COMPLETE }, ({ machine: { board } }) => {
    assertEquals([board.memory.ram.size, board.aliases!.high.size, board.cpu.model], [
      8 << 20,
      8 << 20,
      "arm920t",
    ]);
  }, { ram: 8 << 20, cpu: "arm920t" }));

Deno.test("a board that extends another adds, replaces, changes and takes away parts", () =>
  machineOf({
    "board.json": {
      ...EXTENDS,
      devices: {
        uart2: { use: "pl011", at: "0x1f000000", out: { irq: "pic.9" } }, // added
        rtc: { use: "pl011", at: "0x15000000", out: { irq: "pic.8" } }, // replaced
        kmi0: { at: "0x1f100000" }, // changed
        uart1: { out: { irq: "pic.10" } },
        lcd: null, // taken away, with the line that leads to it
        kmi1: { child: null },
      },
    },
  }, (emu) => {
    const { devices } = emu.machine.board;
    assertEquals(emu.read(0x1f00_0fe0), 0x11);
    assertEquals([devices.rtc.use, emu.read(0x1500_0fe0)], ["pl011", 0x11]);
    assertEquals([devices.kmi0.use, devices.kmi0.out, emu.read(0x1800_0fe0)], [
      "pl050",
      { irq: "pic.3" },
      0,
    ]);
    assertEquals([devices.uart1.out, devices.uart1.properties?.chardev], [{ irq: "pic.10" }, "serial1"]);
    assertEquals(["lcd" in devices, devices.cm.out, "child" in devices.kmi1], [false, { mux565: [] }, false]);
  }));

Deno.test("a board extends a file, which extends a file, from where that lies; a module is a board too", () =>
  machineOf({
    "base.ts": `export default ${
      JSON.stringify({ ...EXTENDS, devices: { uart2: { use: "pl011", at: "0x1f000000" } } })
    };`,
    "middle.json": { extends: "./base.ts", devices: { uart3: { use: "pl011", at: "0x1f001000" } } },
    "board.json": { extends: "./middle.json", devices: { uart2: null } },
  }, ({ machine: { board: { devices } } }) => {
    assertEquals(["uart2" in devices, devices.uart3.at, devices.uart0.use], [false, 0x1f00_1000, "pl011"]);
  }));

Deno.test("a board's file may export a board plugin", () =>
  withBoards({
    "board.ts": `
      import integratorcp from ${
      JSON.stringify(import.meta.resolve("../../boards/integratorcp/integratorcp.ts"))
    };
      export default { ...integratorcp, ram: { ...integratorcp.ram, default: 4 << 20 } };
    `,
  }, async (folder) => {
    const emu = await createMachine({ board: `${folder}/board.ts` });
    assertEquals(emu.machine.board.memory.ram.size, 4 << 20);
    await emu.dispose();
  }));

Deno.test("outputs share an input that the board's file names", () =>
  machineOf({
    "board.json": {
      ...EXTENDS,
      devices: { uart2: { use: "pl011", at: "0x1f000000", out: { irq: "pic.1" } } },
      shared: ["pic.1"],
    },
  }, (emu) => assertEquals(emu.line("pic.1"), false)));

const { cpu: _cpu, ...WITHOUT_CPU } = COMPLETE;
const withDevice = (device: object): BoardData => ({ ...EXTENDS, devices: { extra: device } });

/** What is wrong, the board, and what the line says. */
const WRONG: Readonly<Record<string, readonly [board: object | string, ...says: string[]]>> = {
  "no JSON": ["{ name: 1 }", "it is not JSON"],
  "no object": ["[]", "board: must be object"],
  "a field that boards do not have": [
    { ...EXTENDS, device: {} },
    "device: is not a field of a board; remove it",
  ],
  "a missing CPU": [WITHOUT_CPU, 'cpu: is missing; add "cpu" to the board'],
  "a CPU without a model": [
    { ...COMPLETE, cpu: { isa: "arm" } },
    'cpu.model: is missing; add it, or say what the board "extends"',
  ],
  "an unknown base": [
    { extends: "integratercp" },
    'board "integratercp": there is none of that name (did you mean "integratorcp"?)',
  ],
  "a base's file that is not there": [{ extends: "./none.json" }, "none.json: there is no such file"],
  "a board that extends itself": [
    { extends: "./board.json" },
    "extends: more than 16 boards extend each other",
  ],
  "an address that is no number": [
    withDevice({ use: "pl011", at: "0x1fg0" }),
    'devices.extra.at: is no number; write it as 4096, "0x1000" or "64K"',
  ],
  "a negative address": [withDevice({ use: "pl011", at: -1 }), "devices.extra.at: must be >= 0"],
  "a device without a plugin": [
    withDevice({ at: 0 }),
    "devices.extra.use: is missing, and there is no inherited device",
  ],
  "an unknown device": [
    withDevice({ use: "pl01" }),
    'device "pl01": there is none of that name (did you mean "pl011"?)',
  ],
  "an unknown property": [
    withDevice({ use: "pl011", at: "0x1f000000", properties: { clok: 1 } }),
    'device "pl011" (extra): property "clok": there is none of that name (did you mean "clock"?)',
  ],
  "a property of a wrong type": [
    withDevice({ use: "pl011", at: "0x1f000000", properties: { clock: "fast" } }),
    'property "clock": "fast" is no frequency',
  ],
  "a device in another's place": [
    withDevice({ use: "pl011", at: "0x16000800" }),
    'device "extra" (0x16000800 to 0x160017ff) lies over device "uart0" (0x16000000 to 0x16000fff)',
  ],
  "a device in memory": [
    withDevice({ use: "pl011", at: 0 }),
    'device "extra" (0x00000000 to 0x00000fff) lies over memory "ram"',
  ],
  "a device behind an alias": [withDevice({ use: "pl011", at: "0x80000000" }), 'lies over alias "sdram"'],
  "a device that nobody can reach": [
    withDevice({ use: "pl011" }),
    'device "extra" (pl011) has registers and no address; say at which ("at"), or lead an alias to it',
  ],
  "a line to no device": [
    withDevice({ use: "pl011", at: "0x1f000000", out: { irq: "pik.9" } }),
    'line "extra.irq" leads to "pik.9", and there is no device "pik" (did you mean "pic"?)',
  ],
  "a line to no input": [
    withDevice({ use: "pl011", at: "0x1f000000", out: { irq: "uart0.irq" } }),
    'device "uart0" (pl011) has no such input; it has cts, dsr, dcd, ri',
  ],
  "a line of the CPU's that it does not have": [
    withDevice({ use: "pl011", at: "0x1f000000", out: { irq: "cpu.nmi" } }),
    'a line leads to "cpu.nmi", which does not exist',
  ],
  "an output that the device does not have": [
    withDevice({ use: "pl011", at: "0x1f000000", out: { irk: "pic.9" } }),
    'device "extra" (pl011) has no output line "irk"',
  ],
  "a line driven twice": [
    withDevice({ use: "pl011", at: "0x1f000000", out: { irq: "pic.1" } }),
    'both "uart0.irq" and "extra.irq" drive "pic.1"; lead one of them elsewhere, or name "pic.1" in "shared"',
  ],
  "a part taken away that is not there": [
    { ...EXTENDS, devices: { uart9: null } },
    'devices.uart9: there is none to take away (did you mean "uart0"?)',
  ],
  "an unknown CPU": [{ ...EXTENDS, cpu: { model: "arm999" } }, 'there is no CPU "arm999"'],
};

for (const [what, [board, ...says]] of Object.entries(WRONG)) {
  Deno.test(`a board's file with ${what} is refused in one line`, () =>
    withBoards({ "board.json": board as BoardData | string }, async (folder) => {
      const error = await assertRejects(
        () => createMachine({ board: `${folder}/board.json` }),
        Error,
        "Cannot ",
      );
      for (const text of says) assertStringIncludes(error.message, text);
      assertEquals(error.message.split("\n").length, 1);
    }));
}

Deno.test("a device of the user's in another's place, or on another's line, is refused", async () => {
  const add = (properties: Record<string, string>) =>
    createMachine({ board: "integratorcp", devices: [{ use: "pl031", properties }] });
  await assertRejects(
    () => add({ at: "0x15000000" }),
    Error,
    'device "pl031" (0x15000000 to 0x15000fff) lies over device "rtc"',
  );
  await assertRejects(
    () => add({ at: "0x1f000000", irq: "pic.1" }),
    Error,
    'both "uart0.irq" and "pl031.irq" drive "pic.1"',
  );
});

Deno.test("a board's file is given on the command line, and has lists of its own", () =>
  withBoards(
    { "board.json": { ...COMPLETE, cpu: { isa: "arm", model: "arm926" } }, "rom.bin": PRINT },
    async (folder) => {
      const [run, cpus] = await Promise.all([
        emu(["--board", `${folder}/board.json`, "--timeout", "2"]),
        emu(["--board", `${folder}/board.json`, "--cpu", "help"]),
      ]);
      assertEquals([run.status, run.out], [124, "@"]);
      assertStringIncludes(cpus.out, "arm926  ");
    },
  ));

Deno.test("the board's file in plugins/README.md is one", async () => {
  const text = await Deno.readTextFile(new URL("../../plugins/README.md", import.meta.url));
  const [, board] = /```json\n(.*?)```/s.exec(text)!;
  await machineOf({ "board.json": board }, ({ machine: { board: { devices } } }) => {
    assertEquals([devices.uart2.use, devices.rtc.at, "lcd" in devices], ["pl011", 0x1f10_0000, false]);
  });
});

const WITH_BUS: BoardData = {
  ...EXTENDS,
  devices: {
    i2c0: {
      use: "versatile-i2c",
      at: "0x1f000000",
      children: {
        rom: { use: "24cxx", properties: { model: "24c16", writeTime: "1ms" } },
        heat: { use: "lm75", out: { os: "pic.9" }, properties: { temperature: -3.5 } },
      },
    },
    rtc: {
      fdt: { compatible: "acme,clock", size: "4K", interruptParent: "/pic@14000000", interrupts: [8] },
    },
  },
  slots: [{
    at: "0x1e000000",
    size: "0x200",
    irq: "pic.28",
    fdt: { interruptParent: "/pic@14000000", interrupts: [28] },
  }],
};

Deno.test("a board's file puts several devices on a bus, with their lines and properties", () =>
  machineOf({ "board.json": WITH_BUS }, ({ machine }) => {
    const paths = [...machine.devices.keys()].filter((path) => path.startsWith("i2c0"));
    assertEquals(paths.sort(), ["i2c0", "i2c0.heat", "i2c0.rom"]);
    assertEquals(machine.line("i2c0.heat.os"), true, "not active is high");
    assertEquals(machine.line("pic.9"), true);
  }));

Deno.test("a board's file changes, adds and takes away what is on an inherited bus", () => {
  const changed: BoardData = {
    extends: "./base.json",
    devices: {
      i2c0: {
        children: {
          rom: null,
          heat: { out: { os: null } },
          more: { use: "lm75", properties: { address: 73 } },
        },
      },
    },
  };
  return machineOf({ "base.json": WITH_BUS, "board.json": changed }, ({ machine }) => {
    const paths = [...machine.devices.keys()].filter((path) => path.startsWith("i2c0."));
    assertEquals([paths.sort(), machine.line("pic.9")], [["i2c0.heat", "i2c0.more"], false]);
  });
});

Deno.test("a board's file has slots of its own, and tells the device tree of devices", () =>
  machineOf({ "board.json": WITH_BUS }, ({ machine: { board } }) => {
    const { "virtio-net-mmio": net, rtc } = board.devices;
    assertEquals([net.at, net.out, net.fdt?.interrupts], [0x1e00_0000, { irq: "pic.28" }, [28]]);
    assertEquals([rtc.at, rtc.fdt?.compatible, rtc.fdt?.size], [0x1500_0000, "acme,clock", 0x1000]);
  }, { devices: [{ use: "virtio-net-mmio", properties: {} }] }));

const BUS_FAULTS: Readonly<Record<string, readonly [BoardData, string]>> = {
  "a line to a device that is not on the bus": [
    {
      ...EXTENDS,
      devices: { ...WITH_BUS.devices, uart0: { out: { irq: "i2c0.rum.wp" } } },
    },
    'line "uart0.irq" leads to "i2c0.rum.wp", and there is no device "i2c0.rum" (did you mean "i2c0.rom"?)',
  ],
  "a child that is not there to take away": [
    { ...EXTENDS, devices: { uart0: { children: { rom: null } } } },
    "devices.uart0.children.rom: there is none to take away",
  ],
  "a device on a bus that it does not fit": [
    { ...EXTENDS, devices: { kmi0: { child: { use: "lm75" } } } },
    'device "kmi0.lm75" (lm75) plugs into a bus of kind i2c, and "kmi0" (pl050) has one of kind ps2',
  ],
  "a device on one that has no bus": [
    { ...EXTENDS, devices: { uart0: { children: { heat: { use: "lm75" } } } } },
    'device "uart0.heat" (lm75) plugs into a bus of kind i2c, and "uart0" (pl011) has none',
  ],
  "two devices where there is room for one": [
    { ...EXTENDS, devices: { kmi0: { children: { more: { use: "ps2-mouse" } } } } },
    'device "kmi0" (pl050) has room for one device on its bus, not for "kmi0.ps2-keyboard" and "kmi0.more"',
  ],
  "a slot without a line": [
    { ...EXTENDS, slots: [{ at: 0, size: 1, fdt: { interruptParent: "/pic", interrupts: [1] } }] } as never,
    'slots.0.irq: is missing; add "slots.0.irq" to the board',
  ],
  "a node without a name": [
    { ...EXTENDS, devices: { rtc: { fdt: { size: 1 } } } } as never,
    "devices.rtc.fdt.compatible: is missing",
  ],
};
for (const [what, [board, says]] of Object.entries(BUS_FAULTS)) {
  Deno.test(`a board's file with ${what} is refused in one line`, () =>
    withBoards({ "board.json": board }, async (folder) => {
      const error = await assertRejects(() => createMachine({ board: `${folder}/board.json` }), Error);
      assertStringIncludes(error.message, says);
      assertEquals(error.message.split("\n").length, 1);
    }));
}

Deno.test("a board with a bus is dumped as a file that makes the same machine", () =>
  withBoards({ "board.json": WITH_BUS }, async (folder) => {
    const dump = async (board: string, file: string) => {
      const { status, err } = await emu(["--board", board, "--dump-board", `${folder}/${file}`]);
      assertEquals([status, err], [0, ""]);
      return JSON.parse(await Deno.readTextFile(`${folder}/${file}`));
    };
    const first = await dump(`${folder}/board.json`, "one.json");
    assertEquals(Object.keys(first.devices.i2c0.children), ["rom", "heat"]);
    const { name: _, ...again } = await dump(`${folder}/one.json`, "two.json");
    const { name: __, ...before } = first;
    assertEquals(again, before);
  }));
