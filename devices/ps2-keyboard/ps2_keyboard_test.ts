import { assertEquals } from "@std/assert";
import { deviceRig, type Ps2Device } from "@emu/core";
import keyboard from "./ps2_keyboard.ts";
import { KEYS } from "./scan_codes.ts";

const ACK = 0xfa, RESEND = 0xfe;
const MS = 1e6;

function rig({ set = 2 } = {}) {
  const { device, input, advance } = deviceRig(keyboard);
  const port = device.bus as Ps2Device;
  const read = () => {
    const bytes: number[] = [];
    while (port.pending()) bytes.push(port.read()!);
    return bytes;
  };
  /** Sends bytes one after the other and returns all that comes back. */
  const send = (...bytes: number[]) =>
    bytes.flatMap((byte) => {
      port.write(byte);
      return read();
    });
  const key = (code: string, down: boolean) => input({ kind: "key", code, down });
  if (set !== 2) send(0xf0, set);
  return {
    device,
    advance,
    port,
    read,
    send,
    down: (code: string) => key(code, true),
    up: (code: string) => key(code, false),
    stroke(code: string) {
      key(code, true);
      key(code, false);
      return read();
    },
  };
}

Deno.test("ps2-keyboard sends a make code and a break code in each set", () => {
  assertEquals(rig({ set: 1 }).stroke("KeyA"), [0x1e, 0x9e]);
  assertEquals(rig().stroke("KeyA"), [0x1c, 0xf0, 0x1c]);
  assertEquals(rig({ set: 3 }).stroke("ShiftLeft"), [0x12, 0xf0, 0x12]);
  assertEquals(rig({ set: 1 }).stroke("ArrowUp"), [0xe0, 0x48, 0xe0, 0xc8]);
  assertEquals(rig().stroke("ArrowUp"), [0xe0, 0x75, 0xe0, 0xf0, 0x75]);
});

Deno.test("ps2-keyboard has a code of its own for every key in every set", () => {
  for (const set of [0, 1, 2]) {
    const codes = Object.values(KEYS).map((key) => key[set]).filter((code) => code !== 0);
    assertEquals(new Set(codes).size, codes.length);
  }
});

Deno.test("ps2-keyboard sends Print Screen by what is held with it", () => {
  const print = (set: number, ...held: string[]) => {
    const { down, stroke, read } = rig({ set });
    held.forEach(down);
    read();
    return stroke("PrintScreen");
  };
  assertEquals(print(1), [0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa]);
  assertEquals(print(2), [0xe0, 0x12, 0xe0, 0x7c, 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12]);
  assertEquals(print(2, "ShiftRight"), [0xe0, 0x7c, 0xe0, 0xf0, 0x7c]);
  assertEquals(print(2, "ControlLeft"), [0xe0, 0x7c, 0xe0, 0xf0, 0x7c]);
  assertEquals(print(1, "AltLeft"), [0x54, 0xd4]);
  assertEquals(print(2, "AltLeft"), [0x84, 0xf0, 0x84]);
});

Deno.test("ps2-keyboard sends Pause whole when it goes down, and Break with Control", () => {
  assertEquals(rig().stroke("Pause"), [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77]);
  assertEquals(rig({ set: 1 }).stroke("Pause"), [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]);
  const { down, read, stroke } = rig();
  down("ControlLeft");
  read();
  assertEquals(stroke("Pause"), [0xe0, 0x7e, 0xe0, 0xf0, 0x7e]);
});

Deno.test("ps2-keyboard in set 3 breaks and repeats by the type of each key", () => {
  const { stroke, down, read, advance } = rig({ set: 3 });
  assertEquals([stroke("KeyA"), stroke("ControlLeft"), stroke("F1")], [[0x1c], [0x11, 0xf0, 0x11], [0x07]]);
  down("F1");
  advance(1000 * MS);
  assertEquals(read(), [0x07]);
  down("KeyA");
  advance(510 * MS);
  assertEquals(read(), [0x1c, 0x1c]);
});

Deno.test("ps2-keyboard sets the type of all keys in set 3", () => {
  const { send, down, up, read, advance } = rig({ set: 3 });
  for (const [command, repeats, breaks] of [[0xf7, 1, 0], [0xf8, 0, 1], [0xf9, 0, 0], [0xfa, 1, 1]]) {
    assertEquals(send(command), [ACK]);
    down("F1");
    advance(510 * MS);
    up("F1");
    assertEquals(read(), [0x07, ...repeats ? [0x07] : [], ...breaks ? [0xf0, 0x07] : []]);
  }
});

Deno.test("ps2-keyboard sets the types of the keys in a list, and scans none meanwhile", () => {
  const { send, stroke, down, read, advance } = rig({ set: 3 });
  assertEquals(send(0xfc, 0x1c, 0x32), [ACK, ACK, ACK]);
  assertEquals(stroke("KeyA"), []);
  assertEquals(send(0xfd, 0x29), [ACK, ACK]);
  assertEquals(send(0xfb, 0x07), [ACK, ACK]);
  assertEquals(send(0xf4), [ACK]);
  assertEquals([stroke("KeyA"), stroke("KeyB"), stroke("KeyC")], [[0x1c, 0xf0, 0x1c], [0x32, 0xf0, 0x32], [
    0x21,
  ]]);
  for (const [code, repeats] of [["Space", 1], ["F1", 2]] as const) {
    down(code);
    advance(510 * MS);
    assertEquals(read().length, repeats);
  }
});

Deno.test("ps2-keyboard repeats the key pressed last after 500 ms, 10.9 times a second", () => {
  const { down, up, read, advance } = rig();
  down("KeyA");
  down("KeyB");
  read();
  advance(499 * MS);
  assertEquals(read(), []);
  advance(2 * MS);
  assertEquals(read(), [0x32]);
  advance(1000 * MS);
  assertEquals(read().length, 10);
  up("KeyA");
  read();
  advance(50 * MS);
  assertEquals(read(), [0x32]);
  up("KeyB");
  read();
  advance(1000 * MS);
  assertEquals(read(), []);
});

Deno.test("ps2-keyboard repeats at the rate that it is told", () => {
  const { send, down, read, advance } = rig();
  assertEquals(send(0xf3, 0x00), [ACK, ACK]);
  down("KeyA");
  advance(251 * MS);
  assertEquals(read().length, 2);
  advance(1000 * MS);
  assertEquals(read().length, 16); // the queue is full
  assertEquals(send(0xf3, 0x7f), [ACK, ACK]);
  advance(10_000 * MS);
  assertEquals(read().length, 16);
});

Deno.test("ps2-keyboard takes no repeats from the host's keyboard", () => {
  const { down, read } = rig();
  down("KeyA");
  down("KeyA");
  assertEquals(read(), [0x1c]);
});

Deno.test("ps2-keyboard keeps 16 bytes and says once that it lost some", () => {
  for (const [set, overrun] of [[1, 0xff], [2, 0x00]]) {
    const { down, up, read } = rig({ set });
    for (let i = 0; i < 10; i++) {
      down("KeyA");
      up("KeyA");
    }
    const bytes = read();
    assertEquals([bytes.indexOf(overrun), bytes.length, bytes.at(-1)], [16, 17, overrun]);
  }
});

Deno.test("ps2-keyboard ignores keys it does not have", () => {
  const { stroke } = rig();
  assertEquals([stroke("F24"), stroke("constructor"), stroke("")], [[], [], []]);
  assertEquals(rig({ set: 3 }).stroke("AudioVolumeUp"), []);
});

Deno.test("ps2-keyboard answers echo and identification", () => {
  const { send } = rig();
  assertEquals([send(0xee), send(0xf2)], [[0xee], [ACK, 0xab, 0x83]]);
});

Deno.test("ps2-keyboard acknowledges LEDs, and takes a command for an argument as a command", () => {
  const { send } = rig();
  assertEquals(send(0xed, 0x07), [ACK, ACK]);
  assertEquals(send(0xed, 0xee), [ACK, 0xee]);
  assertEquals(send(0x07), [RESEND]);
});

Deno.test("ps2-keyboard tells and changes its scan code set", () => {
  const { send, stroke } = rig();
  assertEquals(send(0xf0, 0), [ACK, ACK, 2]);
  for (const set of [1, 2, 3]) assertEquals(send(0xf0, set, 0xf0, 0), [ACK, ACK, ACK, ACK, set]);
  assertEquals(send(0xf0, 4), [ACK, RESEND]);
  assertEquals(send(0xf0, 1), [ACK, ACK]);
  assertEquals(stroke("Escape"), [0x01, 0x81]);
});

Deno.test("ps2-keyboard scans only while it is enabled", () => {
  const { send, stroke } = rig();
  assertEquals([send(0xf5), stroke("KeyA")], [[ACK], []]);
  assertEquals([send(0xf4), stroke("KeyA")], [[ACK], [0x1c, 0xf0, 0x1c]]);
  assertEquals([send(0xf5), send(0xf6), stroke("KeyA")], [[ACK], [ACK], [0x1c, 0xf0, 0x1c]]);
});

Deno.test("ps2-keyboard goes back to its defaults at the command, and passes its test at reset", () => {
  for (const [command, answer] of [[0xf6, [ACK]], [0xff, [ACK, 0xaa]]] as const) {
    const { send, stroke } = rig({ set: 3 });
    send(0xf8);
    assertEquals(send(command), [...answer]);
    assertEquals(send(0xf0, 0), [ACK, ACK, 2]);
    send(0xf0, 3);
    assertEquals(stroke("KeyA"), [0x1c]);
  }
});

Deno.test("ps2-keyboard sends its last byte again", () => {
  const { send, down, port, read } = rig();
  assertEquals(send(0xf2, 0xfe, 0xfe), [ACK, 0xab, 0x83, 0x83, 0x83]);
  assertEquals(send(0x00, 0xfe), [RESEND, 0x83]);
  down("KeyA");
  assertEquals(port.read(), 0x1c);
  assertEquals([send(0xfe), read()], [[0x1c], []]);
});

Deno.test("ps2-keyboard answers before it sends the keys that wait", () => {
  const { down, port, read } = rig();
  down("KeyA");
  port.write(0xf2);
  port.write(0xee);
  assertEquals(read(), [0xee, 0x1c]);
});

Deno.test("ps2-keyboard tells the other end when it has something to say", () => {
  const { port, down, read } = rig();
  let told = 0;
  port.connect(() => void told++);
  down("KeyA");
  port.write(0xee);
  assertEquals([told, read().length], [2, 2]);
});

Deno.test("ps2-keyboard repeats after a restore as it would have without", () => {
  const { device, down, read, advance } = rig();
  down("KeyA");
  read();
  const saved = device.snapshot();
  device.reset();
  device.restore(saved);
  advance(501 * MS);
  assertEquals(read(), [0x1c]);
});
