import { assertEquals } from "@std/assert";
import { NEVER, VirtualClock } from "./clock.ts";

function rig() {
  let now = 0, earlier = 0;
  const clock = new VirtualClock(() => now, { epoch: 5, earlier: () => earlier++ });
  const fired: string[] = [];
  return {
    clock,
    fired,
    get earlier() {
      return earlier;
    },
    alarm: (name: string, then: () => void = () => {}) =>
      clock.alarm(() => {
        fired.push(name);
        then();
      }),
    at(time: number) {
      now = time;
      clock.run();
    },
  };
}

Deno.test("alarms fire in the order of their deadlines, not of their making, and once", () => {
  const { alarm, at, fired } = rig();
  const late = alarm("late"), early = alarm("early");
  late.at(20);
  early.at(10);
  at(9);
  assertEquals(fired, []);
  at(25);
  at(30);
  assertEquals(fired, ["early", "late"]);
});

Deno.test("an alarm that arms itself again fires at each of its deadlines, but once a run", () => {
  const { clock, at, fired } = rig();
  let deadline = 10;
  const tick = clock.alarm(() => {
    fired.push(`${deadline}`);
    tick.at(deadline += 10);
  });
  tick.at(deadline);
  at(10);
  at(35); // two deadlines have passed
  assertEquals([fired, clock.next], [["10", "20"], 30]);
  at(35);
  assertEquals([fired, clock.next], [["10", "20", "30"], 40]);
});

Deno.test("an alarm disarmed or moved by one that fires before it does not fire", () => {
  const { alarm, at, fired, clock } = rig();
  const second = alarm("second"), third = alarm("third");
  const first = alarm("first", () => {
    second.at(NEVER);
    third.at(50);
  });
  first.at(1);
  second.at(2);
  third.at(3);
  at(5);
  assertEquals([fired, clock.next], [["first"], 50]);
});

Deno.test("the next deadline is known after every change, and told when it comes nearer", () => {
  const one = rig(), { clock, alarm } = one;
  const a = alarm("a"), b = alarm("b");
  assertEquals(clock.next, NEVER);
  a.at(100);
  b.at(200);
  assertEquals([clock.next, one.earlier], [100, 1]);
  b.at(50);
  assertEquals([clock.next, one.earlier], [50, 2]);
  b.at(NEVER);
  assertEquals([clock.next, one.earlier], [100, 2]);
  a.at(300);
  assertEquals([clock.next, one.earlier], [300, 2]);
});
