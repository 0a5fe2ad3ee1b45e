import { assertEquals } from "@std/assert";
import { IoTarget } from "./io_target.ts";

Deno.test("a target splits accesses that are not aligned into bytes", () => {
  const seen: string[] = [];
  const target = new IoTarget("device", {
    read: (offset, size) => (seen.push(`read ${size} @${offset}`), offset),
    write: (offset, size, value) => void seen.push(`write ${size} @${offset} = ${value}`),
  }, () => {});
  assertEquals(target.read(0xfd, 4), 0x00ff_fefd + 0x100 * 2 ** 24);
  target.write(3, 2, 0x1234);
  target.write(4, 4, 0x1234);
  assertEquals(seen, [
    "read 1 @253",
    "read 1 @254",
    "read 1 @255",
    "read 1 @256",
    "write 1 @3 = 52",
    "write 1 @4 = 18",
    "write 4 @4 = 4660",
  ]);
});

Deno.test("a target keeps a device from being entered while it is busy", () => {
  let depth = 0, deepest = 0, inside = -1;
  const target: IoTarget = new IoTarget("device", {
    read() {
      deepest = Math.max(deepest, ++depth);
      inside = target.read(0, 4);
      target.write(0, 4, 1);
      depth--;
      return 7;
    },
    write: () => void (deepest = Math.max(deepest, depth + 1)),
  }, () => {});
  assertEquals([target.read(0, 4), inside, deepest], [7, 0, 1]);
  assertEquals([target.read(0, 4), deepest], [7, 1]);
});

Deno.test("a target reports a device that throws, answers 0, and asks it again the next time", () => {
  const reports: string[] = [];
  let calls = 0;
  const fail = () => {
    calls++;
    throw new Error("broken");
  };
  const target = new IoTarget("uart", { read: fail, write: fail }, (name, error) => {
    reports.push(`${name}: ${(error as Error).message}`);
  });
  assertEquals([target.read(0, 4), target.read(0, 4)], [0, 0]);
  target.write(0, 4, 1);
  assertEquals([calls, reports], [3, Array(3).fill("uart: broken")]);
});
