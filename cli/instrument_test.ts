import { assertEquals, assertThrows } from "@std/assert";
import { instruments } from "./instrument.ts";

Deno.test("instrument options keep their order, paths and properties", () => {
  assertEquals(instruments(["insn", "./mine/count,out=a.txt,inline=off", "https://x.org/p,trace"]), [
    { type: "insn", properties: {} },
    { type: "./mine/count", properties: { out: "a.txt", inline: "off" } },
    { type: "https://x.org/p", properties: { trace: "on" } },
  ]);
});

Deno.test("instrument options without a plugin are refused", () => {
  assertEquals(instruments(["execlog,reg=r0,reg=sp,limit=1"])[0].properties, {
    reg: ["r0", "sp"],
    limit: "1",
  });
  assertThrows(() => instruments(["out=a.txt"]), Error, "Cannot use option --instrument out=a.txt");
});
