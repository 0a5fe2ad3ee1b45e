import { assertEquals } from "@std/assert";
import { VirtualClock } from "../loop/clock.ts";
import { LateClock } from "./late_clock.ts";

Deno.test("late clock keeps the alarms that were set before there was a machine", () => {
  let time = 0;
  const fired: string[] = [];
  const late = new LateClock(5);
  const early = late.alarm(() => fired.push("early"));
  early.at(10);
  const unset = late.alarm(() => fired.push("unset"));
  assertEquals([late.now(), late.epoch], [0, 5]);
  const clock = new VirtualClock(() => time);
  late.bind(clock);
  late.alarm(() => fired.push("later")).at(20);
  time = 15;
  clock.run();
  assertEquals([late.now(), fired], [15, ["early"]]);
  unset.at(16);
  early.at(30);
  time = 25;
  clock.run();
  assertEquals(fired, ["early", "unset", "later"]);
});
