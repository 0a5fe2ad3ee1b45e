import { assertEquals } from "@std/assert";
import { deviceRig, type Ps2Device } from "@emu/core";
import mouse from "./ps2_mouse.ts";

const ACK = 0xfa, RESEND = 0xfe, ENABLE = 0xf4, RATE = 0xf3;

function rig({ knock = [] as number[], enabled = true } = {}) {
  const { device, input } = deviceRig(mouse);
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
  for (const rate of knock) send(RATE, rate);
  if (enabled) send(ENABLE);
  return {
    device,
    port,
    read,
    send,
    /** Moves and presses; returns what the mouse says then. */
    move({ dx = 0, dy = 0, wheel = 0, buttons = 0 }) {
      input({ kind: "pointer", dx, dy, wheel, buttons });
      return read();
    },
    /** The same, but leaves what the mouse says. */
    push: (dx: number, buttons = 0) => input({ kind: "pointer", dx, dy: 0, wheel: 0, buttons }),
  };
}
const WHEEL = [200, 100, 80], EXPLORER = [200, 200, 80];

Deno.test("ps2-mouse says nothing until it is enabled, nor when nothing moved", () => {
  const { move, send } = rig({ enabled: false });
  assertEquals([move({ dx: 1 }), send(ENABLE), move({}), send(0xf5), move({ dx: 1 })], [
    [],
    [ACK],
    [],
    [ACK],
    [],
  ]);
});

Deno.test("ps2-mouse sends motion with signs, y upwards", () => {
  const { move } = rig();
  assertEquals(move({ dx: 1, dy: 2 }), [0x28, 1, 0xfe]);
  assertEquals(move({ dx: -255, dy: -255 }), [0x18, 1, 255]);
});

Deno.test("ps2-mouse sends a packet for each press and release", () => {
  const { push, read, move } = rig();
  for (const [buttons, bits] of [[1, 1], [2, 2], [4, 4], [7, 7], [0, 0]]) {
    assertEquals(move({ buttons }), [8 | bits, 0, 0]);
  }
  push(0, 1);
  push(0, 0);
  assertEquals(read(), [9, 0, 0, 8, 0, 0]);
});

Deno.test("ps2-mouse splits motion that is too far for one packet", () => {
  const { move } = rig();
  assertEquals(move({ dx: 300 }), [8, 255, 0, 8, 45, 0]);
});

Deno.test("ps2-mouse adds up motion while its queue is full, within bounds", () => {
  const { push, read } = rig();
  for (let i = 0; i < 100; i++) push(1);
  const bytes = read();
  const moved = bytes.filter((_, i) => i % 3 === 1).reduce((sum, dx) => sum + dx);
  assertEquals([moved, bytes.slice(0, 3), bytes.length < 20], [100, [8, 1, 0], true]);
  for (let i = 0; i < 1000; i++) push(1000);
  assertEquals(read().length < 60, true);
});

Deno.test("ps2-mouse doubles fast motion when scaling is 2:1, in stream mode only", () => {
  const { move, send } = rig();
  assertEquals(send(0xe7), [ACK]);
  const scaled = [1, 2, 3, 4, 5, 6, 127].map((dx) => move({ dx })[1]);
  assertEquals(scaled, [1, 1, 3, 6, 9, 12, 254]);
  assertEquals(move({ dx: -5 }), [0x18, 0xf7, 0]);
  send(0xf0);
  move({ dx: 10 });
  assertEquals(send(0xeb), [ACK, 8, 10, 0]);
  send(0xea, 0xe6);
  assertEquals(move({ dx: 10 }), [8, 10, 0]);
});

Deno.test("ps2-mouse in remote mode sends only when it is asked", () => {
  const { move, send } = rig({ enabled: false });
  assertEquals(send(0xf0), [ACK]);
  assertEquals(move({ dx: 3, buttons: 1 }), []);
  assertEquals([send(0xeb), send(0xeb)], [[ACK, 9, 3, 0], [ACK, 9, 0, 0]]);
  assertEquals([send(0xea), send(ENABLE), move({ dx: 1 })], [[ACK], [ACK], [8, 1, 0]]);
});

Deno.test("ps2-mouse in wrap mode echoes all but its end and a reset", () => {
  const { move, send } = rig();
  assertEquals(send(0xee), [ACK]);
  assertEquals([send(0xe9), send(0xee), move({ dx: 1 })], [[0xe9], [0xee], []]);
  assertEquals([send(0xec), send(0xf2)], [[ACK], [ACK, 0]]);
  assertEquals([send(0xee), send(0xff), send(0xf2)], [[ACK], [ACK, 0xaa, 0], [ACK, 0]]);
});

Deno.test("ps2-mouse becomes an IntelliMouse at the knock of 200, 100, 80", () => {
  const { move, send } = rig({ knock: WHEEL });
  assertEquals(send(0xf2), [ACK, 3]);
  assertEquals([move({ wheel: 1 }), move({ wheel: -2, dx: 1 })], [[8, 0, 0, 1], [8, 1, 0, 0xfe]]);
  assertEquals(move({ buttons: 8 }), [8, 0, 0, 0]);
});

Deno.test("ps2-mouse becomes an Explorer at the knock of 200, 200, 80", () => {
  const { move, send } = rig({ knock: EXPLORER });
  assertEquals(send(0xf2), [ACK, 4]);
  assertEquals([move({ wheel: 1, buttons: 8 }), move({ wheel: -1, buttons: 16 })], [[8, 0, 0, 0x11], [
    8,
    0,
    0,
    0x2f,
  ]]);
  assertEquals(move({ wheel: 9, buttons: 16 }), [8, 0, 0, 0x27, 8, 0, 0, 0x22]);
});

Deno.test("ps2-mouse is a plain one again after a reset, but not after the defaults", () => {
  const { send, move } = rig({ knock: EXPLORER });
  assertEquals([send(0xf6), send(0xf2)], [[ACK], [ACK, 4]]);
  assertEquals([send(0xff), send(0xf2), send(ENABLE)], [[ACK, 0xaa, 0], [ACK, 0], [ACK]]);
  assertEquals(move({ wheel: 1, dx: 1 }), [8, 1, 0]);
});

Deno.test("ps2-mouse does not hear a knock with something between", () => {
  const { send } = rig({ knock: [200, 100, 60, 80] });
  assertEquals(send(0xf2), [ACK, 0]);
});

Deno.test("ps2-mouse reports its status", () => {
  const { send, move } = rig({ enabled: false });
  assertEquals(send(0xe9), [ACK, 0x00, 2, 100]);
  assertEquals(send(0xe8, 3, RATE, 40, 0xe7, ENABLE), Array(6).fill(ACK));
  for (const [buttons, bits] of [[1, 4], [2, 1], [4, 2]]) {
    move({ buttons });
    assertEquals(send(0xe9), [ACK, 0x30 | bits, 3, 40]);
  }
  send(0xf0);
  assertEquals(send(0xe9)[1] & 0x70, 0x70);
  send(0xf6);
  assertEquals(send(0xe9).slice(2), [2, 100]);
});

Deno.test("ps2-mouse refuses arguments and commands that it does not know", () => {
  const { send } = rig();
  assertEquals([send(0xe8, 4), send(RATE, 99), send(0xe1), send(0x00)], [
    [ACK, RESEND],
    [ACK, RESEND],
    [RESEND],
    [RESEND],
  ]);
  assertEquals(send(RATE, 0xf2), [ACK, ACK, 0]);
});

Deno.test("ps2-mouse sends its last message again", () => {
  const { send, move } = rig();
  assertEquals(send(0xe9, 0xfe), [ACK, 0x20, 2, 100, ACK, 0x20, 2, 100]);
  assertEquals([move({ dx: 5 }), send(0xfe)], [[8, 5, 0], [8, 5, 0]]);
  assertEquals(send(RATE, 0xfe, 40), [ACK, ACK, ACK]);
});

Deno.test("ps2-mouse forgets packets that wait when it is disabled", () => {
  const { push, port, send } = rig();
  push(1);
  push(2);
  port.read();
  assertEquals([send(0xf5), send(ENABLE)], [[ACK], [ACK]]);
});

Deno.test("ps2-mouse tells the other end when it has something to say", () => {
  const { port, push, read } = rig();
  let told = 0;
  port.connect(() => void told++);
  push(1);
  port.write(0xf2);
  assertEquals([told, read().length], [2, 5]);
});

Deno.test("ps2-mouse goes on with its packet after a restore", () => {
  const { device, push, port, read } = rig();
  push(7);
  port.read();
  const saved = device.snapshot();
  device.reset();
  assertEquals(port.pending(), false);
  device.restore(saved);
  assertEquals(read(), [7, 0]);
});
