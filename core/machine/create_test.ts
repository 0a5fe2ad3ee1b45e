import { assert, assertEquals, assertRejects } from "@std/assert";
import { codeOf, ECHO, FLOOD, FLOOD_BYTES, LOOP } from "../../tests/cli/programs.ts";
import type { CharReceiver } from "../backend/chardev.ts";
import type { NetReceiver } from "../backend/net.ts";
import { PluginError } from "../plugin/error.ts";
import { createMachine, type MachineSetup } from "./create.ts";

/** A channel in memory. `congestion`: what `congested` gives. */
function memoryChannel() {
  const channel = {
    sent: [] as number[],
    receiver: undefined as CharReceiver | undefined,
    closed: 0,
    congestion: undefined as Promise<void> | undefined,
    send: (bytes: Uint8Array) => {
      for (const byte of bytes) channel.sent.push(byte);
    },
    congested: () => channel.congestion,
    connect: (to: CharReceiver) => void (channel.receiver = to),
    ready() {},
    close: () => void channel.closed++,
  };
  return channel;
}

function setup(words: readonly number[], more: Partial<MachineSetup> = {}): MachineSetup {
  return { board: "integratorcp", boot: { kernel: codeOf(words) }, options: { noReboot: true }, ...more };
}

Deno.test("createMachine makes a machine that runs, with channels of the caller's", async () => {
  const channel = memoryChannel();
  const { machine, close } = await createMachine(setup(ECHO, { chardevs: { serial0: channel } }));
  const running = machine.run();
  channel.receiver!.receive(new TextEncoder().encode("q"));
  assertEquals(await running, 0);
  assertEquals(await close(), []);
  assertEquals(String.fromCharCode(...channel.sent), "q");
  assertEquals(channel.closed, 1);
  assertEquals(await close(), []);
  assertEquals(channel.closed, 1);
});

Deno.test("createMachine gives the board's memory and CPU, or the caller's", async () => {
  const plain = await createMachine({ board: "integratorcp" });
  const chosen = await createMachine({ board: "integratorcp", ram: 32 << 20, cpu: "arm920t" });
  assertEquals([plain.machine.board.memory.ram.size, plain.machine.board.cpu.model], [128 << 20, "arm926"]);
  assertEquals([chosen.machine.board.memory.ram.size, chosen.machine.board.cpu.model], [32 << 20, "arm920t"]);
  await Promise.all([plain.close(), chosen.close()]);
});

Deno.test("createMachine loads the board's firmware where no kernel is given, or another in its place", async () => {
  const own = await createMachine({ board: "integratorcp", boot: {} });
  const { file, at } = own.machine.board.boot.firmware!;
  const bytes = await Deno.readFile(file);
  assertEquals(own.machine.peek(at, 64), bytes.slice(0, 64));
  const other = await createMachine({ board: "integratorcp", boot: { bios: codeOf(LOOP) } });
  assertEquals(other.machine.peek(at, 4), codeOf(LOOP));
  await Promise.all([own.close(), other.close()]);
});

Deno.test("a channel that is congested holds the machine, and lets it go on", async () => {
  const channel = memoryChannel();
  const { machine, close } = await createMachine(setup(FLOOD, { chardevs: { serial0: channel } }));
  const room = Promise.withResolvers<void>();
  channel.congestion = room.promise;
  const running = machine.run();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const held = channel.sent.length;
  assert(held > 0 && held < FLOOD_BYTES.length);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assertEquals(channel.sent.length, held);
  channel.congestion = undefined;
  room.resolve();
  assertEquals(await running, 0);
  assertEquals(channel.sent.length, FLOOD_BYTES.length);
  assert(channel.sent.every((byte, n) => byte === FLOOD_BYTES.at(n)));
  await close();
});

Deno.test("a machine that is held can be ended", async () => {
  const channel = memoryChannel();
  const { machine, close } = await createMachine(setup(FLOOD, { chardevs: { serial0: channel } }));
  channel.congestion = new Promise(() => {});
  setTimeout(() => machine.end(7), 50);
  assertEquals(await machine.run(), 7);
  machine.end(8);
  assertEquals(await machine.run(), 7);
  await close();
});

Deno.test("a request that a back end makes before the machine is there is met", async () => {
  const plugins = new (await import("../plugin/load.ts")).PluginHost();
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${folder}/manifest.json`,
    JSON.stringify({
      name: "quitter",
      kind: "chardev",
      api: 1,
      version: "1",
      summary: "Quits.",
      entry: "./q.ts",
    }),
  );
  await Deno.writeTextFile(
    `${folder}/q.ts`,
    `export default { kind: "chardev", create({ request }) {
      request("quit");
      return { send() {}, connect() {}, ready() {}, close() {} };
    } };`,
  );
  await plugins.add(folder);
  const made = await createMachine(setup(LOOP, { plugins, chardevs: { serial0: { type: "quitter" } } }));
  assertEquals(await made.machine.run(), 0);
  await made.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("back ends that were opened are closed when a later one fails", async () => {
  const channel = memoryChannel();
  await assertRejects(
    () =>
      createMachine(setup(LOOP, {
        chardevs: { serial0: channel, serial1: { type: "file", properties: { path: "/nonexistent/x" } } },
      })),
    PluginError,
    'Cannot use chardev "file" (serial1): property "path"',
  );
  assertEquals(channel.closed, 1);
});

Deno.test("back ends are closed when the machine cannot be built", async () => {
  const channel = memoryChannel();
  await assertRejects(
    () =>
      createMachine(setup(LOOP, {
        chardevs: { serial0: channel },
        devices: [{ use: "pl011", properties: { at: 0x1f00_0000, irq: "cpu.nobody" } }],
      })),
    Error,
    'Cannot build "integratorcp": a line leads to "cpu.nobody"',
  );
  assertEquals(channel.closed, 1);
});

Deno.test("a device behind a bus takes the place of the board's", async () => {
  const { machine, close } = await createMachine(setup(LOOP, {
    devices: [{ use: "ps2-mouse", properties: { on: "kmi0" } }],
  }));
  assert(machine.devices.has("kmi0.ps2-mouse"));
  assert(!machine.devices.has("kmi0.ps2-keyboard"));
  await close();
});

Deno.test("a network back end is plugged into a hub's port in place of a card", async () => {
  let receiver: NetReceiver | undefined;
  const got: Uint8Array[] = [];
  const outside = {
    send: (frame: Uint8Array) => void got.push(frame.slice()),
    connect: (to: NetReceiver) => void (receiver = to),
    ready() {},
    close() {},
  };
  const { backends, close } = await createMachine(setup(LOOP, {
    netdevs: {
      net0: { type: "hub", properties: { hub: "link-test" } },
      uplink: { type: "hub", properties: { hub: "link-test", netdev: "outside" } },
      outside,
    },
  }));
  backends.netdevs.get("net0")!.send(Uint8Array.of(1, 2, 3));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(got, [Uint8Array.of(1, 2, 3)]);
  assert(receiver!.canReceive());
  await close();
});

Deno.test("a program's zeros are written at every boot, however many there are", async () => {
  const bss = 300_000;
  const elf = elfOf(codeOf(LOOP), { at: 0x10_0000, memorySize: bss });
  const { machine, close } = await createMachine({ board: "integratorcp", boot: { kernel: elf } });
  machine.poke(0x10_0000, new Uint8Array(bss + 4).fill(0xff));
  machine.reset();
  assertEquals(machine.peek(0x10_0000, 4), codeOf(LOOP));
  assert(machine.peek(0x10_0004, bss - 4).every((byte) => byte === 0));
  assertEquals(machine.peek(0x10_0000 + bss, 4), new Uint8Array(4).fill(0xff));
  await close();
});

/** An ELF program of one segment (Tool Interface Standard, ELF 1.2), for Arm. */
function elfOf(code: Uint8Array, { at, memorySize }: { at: number; memorySize: number }): Uint8Array {
  const HEADER = 52, PROGRAM_HEADER = 32, OFFSET = HEADER + PROGRAM_HEADER;
  const file = new Uint8Array(OFFSET + code.length), view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const EM_ARM = 40, ET_EXEC = 2, PT_LOAD = 1;
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_ARM, true);
  for (const [offset, value] of [[20, 1], [24, at], [28, HEADER]]) view.setUint32(offset, value, true);
  for (const [offset, value] of [[40, HEADER], [42, PROGRAM_HEADER], [44, 1]]) {
    view.setUint16(offset, value, true);
  }
  [PT_LOAD, OFFSET, at, at, code.length, memorySize, 7, 4].forEach((value, i) =>
    view.setUint32(HEADER + i * 4, value, true)
  );
  file.set(code, OFFSET);
  return file;
}

Deno.test("a network back end may ask the card at once whether it can receive", async () => {
  const asked: boolean[] = [];
  const net0 = {
    send() {},
    connect: (card: NetReceiver) => void asked.push(card.canReceive()),
    ready() {},
    close() {},
  };
  const { close } = await createMachine({ board: "integratorcp", netdevs: { net0 } });
  assertEquals(asked.length, 1);
  assertEquals(await close(), []);
});

Deno.test("a hold that is over at once does not end the machine", async () => {
  const { machine, close } = await createMachine(setup(LOOP));
  let turns = 0;
  const { loop } = machine, { onTurn } = loop;
  loop.onTurn = () => {
    onTurn();
    if (++turns < 20) machine.hold(Promise.resolve());
    else machine.end(7);
  };
  assertEquals([await machine.run(), turns], [7, 20]);
  assertEquals(await close(), []);
});

/** A network in memory. */
function memoryNetwork() {
  const network = {
    sent: [] as Uint8Array[],
    receiver: undefined as NetReceiver | undefined,
    send: (frame: Uint8Array) => void network.sent.push(frame.slice()),
    connect: (to: NetReceiver) => void (network.receiver = to),
    ready() {},
    close() {},
  };
  return network;
}

/** The address in the registers of the board's card (SMC91C111, bank 1). */
function addressOfCard(machine: Awaited<ReturnType<typeof createMachine>>["machine"]): string {
  machine.space.write(0xc800_000e, 2, 1);
  return Array.from(
    { length: 6 },
    (_, i) => machine.space.read(0xc800_0004 + i, 1)!.toString(16).padStart(2, "0"),
  ).join(":");
}

Deno.test("cards get addresses of their own, in order, beside those that were chosen", async () => {
  const virtio = (id: string, mac?: string) => ({
    use: "virtio-net-mmio",
    properties: { id, ...mac && { mac } },
  });
  const { machine, close } = await createMachine(setup(LOOP, {
    devices: [virtio("a"), virtio("b", "52:54:00:12:34:57"), virtio("c")],
  }));
  const address = (at: number) =>
    Array.from({ length: 6 }, (_, i) => machine.space.read(at + 0x100 + i, 1)!.toString(16).padStart(2, "0"))
      .join(":");
  const slots = Object.values(machine.board.devices).filter(({ use }) => use === "virtio-net-mmio").map((
    { at },
  ) => at!);
  assertEquals([addressOfCard(machine), ...slots.map(address)], [
    "52:54:00:12:34:56",
    "52:54:00:12:34:58",
    "52:54:00:12:34:57",
    "52:54:00:12:34:59",
  ]);
  await close();
});

Deno.test("the board's card takes the network and the address that the setup names", async () => {
  const net = memoryNetwork();
  const { machine, close } = await createMachine(setup(LOOP, {
    netdevs: { other: net },
    card: { netdev: "other", mac: "52:54:00:00:00:07" },
  }));
  assertEquals(addressOfCard(machine), "52:54:00:00:00:07");
  assert(net.receiver !== undefined);
  await close();
});

Deno.test("a cable that is pulled carries nothing, and the card is told", async () => {
  const net = memoryNetwork();
  const { machine, close } = await createMachine(setup(LOOP, { netdevs: { net0: net } }));
  const linkOk = () => {
    machine.space.write(0xc800_000e, 2, 0);
    return (machine.space.read(0xc800_0002, 2)! & 0x4000) !== 0; // EPH STATUS, LINK_OK
  };
  assertEquals([linkOk(), machine.setLink("net0", false), linkOk()], [true, true, false]);
  assert(net.receiver!.canReceive()); // what comes is lost, and need not wait
  assertEquals([machine.setLink("eth", true), linkOk()], [true, true]);
  assertEquals(machine.setLink("eth1", true), false);
  await close();
});

Deno.test("a listener hears what a network's card gets", async () => {
  const net = memoryNetwork(), file = await Deno.makeTempFile();
  const { close } = await createMachine(setup(LOOP, {
    netdevs: { net0: net },
    listeners: [{ netdev: "net0", spec: { type: "dump", properties: { file } } }],
  }));
  net.receiver!.receive(new Uint8Array(60).fill(0x5a));
  await close();
  const pcap = await Deno.readFile(file);
  await Deno.remove(file);
  assertEquals([pcap.length, pcap.at(-1)], [24 + 16 + 60, 0x5a]);
});

Deno.test("a listener to a network that is not there is refused", async () => {
  await assertRejects(
    () => createMachine(setup(LOOP, { listeners: [{ netdev: "x", spec: { type: "dump" } }] })),
    Error,
    'Cannot listen to network "x": there is none of that id',
  );
});
