import { assert, assertEquals } from "@std/assert";
import { MEM } from "../ir/ops.ts";
import { CPU } from "../isa/state.ts";
import { type Accel, DEVICE, PLACE, TIERS, ToyMachine } from "../../tests/toy_isa/machine.ts";
import { SYSTEM } from "../../tests/toy_isa/state.ts";
import { MainLoop } from "./main_loop.ts";

const ICOUNT = 3; // 8 ns an instruction

/** Counts in r3 for ever; each interrupt adds to r4 where the count was, and lowers the line. */
const COUNTING = `
  mov r1, 0x100
  put r1, ${SYSTEM.vector}
  mov r2, 1
  put r2, ${SYSTEM.enabled}
  again:
  addi r3, r3, 1
  addi r5, r5, 2
  bnz r2, again
`;
const WAITING = COUNTING.replace("addi r5, r5, 2", "wait");
const HANDLER = `
  add r4, r4, r3
  addi r6, r6, 1
  mov r7, 0
  store r7, r12, ${MEM.u32}
  return
`;

function rig(program: string, { accel = "interp" as Accel, hostTime = false } = {}) {
  const toy = new ToyMachine({ accel }).load(program).load(HANDLER, 0x100);
  toy.setReg(12, PLACE.device.at + DEVICE.irq);
  const loop = new MainLoop({ icount: hostTime ? undefined : ICOUNT, epoch: 0 });
  loop.attach(toy.cpu);
  return { toy, loop, irq: toy.cpu.frontend.inputs.irq };
}

/** Interrupts every `period` nanoseconds until `end`. */
async function runWithTimer(
  program: string,
  options: { accel: Accel; period: number; end: number },
): Promise<object> {
  const { toy, loop, irq } = rig(program, options);
  let deadline = options.period;
  const tick = loop.clock.alarm(() => {
    irq(true);
    tick.at(deadline += options.period);
  });
  tick.at(deadline);
  loop.clock.alarm(() => loop.end()).at(options.end);
  await loop.run();
  return { ...toy.state(), executed: loop.executed, time: loop.now() };
}

Deno.test("main loop with icount gives every run and every tier the same history", async () => {
  const runs = [];
  for (const accel of [...TIERS, ...TIERS]) {
    runs.push(await runWithTimer(COUNTING, { accel, period: 1000, end: 400_000 }));
  }
  const [first] = runs as { r6: number; executed: number }[];
  assertEquals(first.r6, 399);
  assertEquals(first.executed, 400_000 / 2 ** ICOUNT);
  for (const run of runs) assertEquals(run, first);
});

Deno.test("main loop with icount fires a timer between the instructions that its deadline lies between", async () => {
  for (const deadline of [8, 9, 15, 16, 80, 81, 801]) {
    const { toy, loop } = rig(COUNTING);
    let at = -1;
    loop.clock.alarm(() => {
      at = loop.executed;
      loop.end();
    }).at(deadline);
    await loop.run();
    assertEquals([at, toy.cpu.i32[CPU.budget.index]], [Math.ceil(deadline / 8), 0]);
  }
});

Deno.test("main loop lets a halted vCPU sleep until its timer, and time passes meanwhile", async () => {
  for (const accel of TIERS) {
    const { r6, r3, executed, time } = await runWithTimer(WAITING, { accel, period: 1e6, end: 10e6 }) as {
      [K in "r6" | "r3" | "executed" | "time"]: number;
    };
    assertEquals([r6, r3, time >= 10e6], [9, 10, true]);
    assert(executed < 200, `${executed} instructions`);
  }
});

Deno.test("main loop goes on at once when a device wakes the vCPU from outside", async () => {
  const { toy, loop, irq } = rig(WAITING, { hostTime: true });
  const running = loop.run(), started = performance.now();
  setTimeout(() => {
    irq(true);
    loop.wake();
    setTimeout(() => loop.end(), 5);
  }, 5);
  await running;
  assertEquals(toy.reg(6), 1);
  assert(performance.now() - started < 2000);
});

Deno.test("main loop shortens the slice when a device sets a nearer deadline in the middle of it", async () => {
  const { toy, loop } = rig(`
    mov r1, 30
    again:
    addi r1, r1, -1
    bnz r1, again
    store r1, r12, ${MEM.u32}
    forever:
    addi r3, r3, 1
    jump forever
  `);
  const soon = loop.clock.alarm(() => loop.end());
  const { inputs } = toy.cpu.frontend;
  Object.assign(inputs, { irq: () => soon.at(loop.now() + 80) });
  await loop.run();
  // 62 instructions up to and with the store, and ten more.
  assertEquals(loop.executed, 72);
});

Deno.test("main loop without icount shows a guest that polls the host's time, never going back", async () => {
  const { toy, loop } = rig(
    `
    again:
    store r1, r12, ${MEM.u32}
    jump again
  `,
    { accel: "jit", hostTime: true },
  );
  const polled: number[] = [], late: number[] = [];
  Object.assign(toy.cpu.frontend.inputs, {
    irq() {
      polled.push(loop.now());
      late.push(performance.now() * 1e6 - origin - polled.at(-1)!);
      if (polled.length === 20_000) loop.end();
    },
  });
  const origin = performance.now() * 1e6 - loop.now();
  await loop.run();
  assertEquals(polled, polled.toSorted((a, b) => a - b));
  // Seldom far from the truth, whatever else the host is doing.
  assert(late.sort((a, b) => a - b)[late.length >> 1] < 200_000, `${late[late.length >> 1]} ns`);
  assert(new Set(polled).size > polled.length / 2);
});

Deno.test("main loop runs slices of host time that leave the event loop its turn", async () => {
  const { loop } = rig(COUNTING, { accel: "jit", hostTime: true });
  let turns = 0;
  const timer = setInterval(() => {
    if (++turns < 5) return;
    clearInterval(timer);
    loop.end();
  }, 1);
  await loop.run();
  assertEquals(turns, 5);
  assert(loop.executed > 1000 && loop.stats.slices > 1);
});

Deno.test("main loop runs timers that are due without a turn of the event loop for each, but gives it turns", async () => {
  const { loop } = rig(COUNTING, { accel: "jit", hostTime: true });
  let turns = 0, fired = 0, waiting = false;
  const tick = loop.clock.alarm(() => {
    if (++fired === 2000) loop.end();
    tick.at(loop.now());
    if (waiting) return;
    waiting = true;
    setImmediate(() => {
      waiting = false;
      turns++;
    });
  });
  tick.at(0);
  await loop.run();
  assert(turns > 10 && turns < fired / 2, `${turns} turns, ${fired} timers`);
});

Deno.test("main loop looks at the host's sockets after every slice of a guest that computes", async () => {
  // In a process of its own: the runtime that tests run in looks after every turn anyway.
  const program = new URL("./sockets_testing.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", program] }).output();
  const slices = Number(new TextDecoder().decode(stdout));
  assert(slices > 0 && slices < 10, `${slices} slices until a byte was seen`); // without looking: 59
});
