import { assertEquals } from "@std/assert";
import { Wiring } from "./lines.ts";

Deno.test("an input that is connected late is told of a level that is there already", () => {
  const wiring = new Wiring();
  const levels: boolean[] = [];
  wiring.output("a.out", ["b.in"])(true);
  wiring.input("b.in", (level) => void levels.push(level));
  assertEquals(levels, [true]);
});

Deno.test("an input that is connected early hears of changes only", () => {
  const wiring = new Wiring();
  const levels: boolean[] = [];
  wiring.input("b.in", (level) => void levels.push(level));
  const drive = wiring.output("a.out", ["b.in"]);
  for (const level of [false, true, true, false]) drive(level);
  assertEquals(levels, [true, false]);
});

Deno.test("a wire is high while any of its drivers is", () => {
  const wiring = new Wiring();
  const levels: boolean[] = [];
  wiring.input("c.in", (level) => void levels.push(level));
  const [a, b] = ["a.out", "b.out"].map((name) => wiring.output(name, ["c.in"]));
  a(true);
  b(true);
  a(false);
  assertEquals(levels, [true]);
  b(false);
  assertEquals(levels, [true, false]);
});

Deno.test("redriving tells connected inputs their level, high or low, and leaves loose ones alone", () => {
  const wiring = new Wiring();
  const heard: string[] = [];
  for (const name of ["high", "low", "loose"]) {
    wiring.input(name, (level) => void heard.push(`${name} ${level}`));
  }
  wiring.output("a.out", ["high"])(true);
  wiring.output("b.out", ["low"]);
  heard.length = 0;
  wiring.redrive();
  assertEquals(heard, ["high true", "low false"]);
});

Deno.test("an output is watched, one that does not exist is not, and an input nobody has dangles", () => {
  const wiring = new Wiring();
  const levels: boolean[] = [];
  const drive = wiring.output("a.out", ["b.in"]);
  assertEquals(wiring.watch("a.out", (level) => void levels.push(level)), true);
  assertEquals(wiring.watch("a.other", () => {}), false);
  drive(true);
  assertEquals([levels, wiring.unconnected()], [[true], ["b.in"]]);
});
