import { assertEquals } from "@std/assert";
import { didYouMean, nearest } from "./nearest.ts";

const NAMES = ["kernel", "dtb", "initrd", "serial", "semihosting", "semihosting-config", "sd"];

for (
  const [word, name] of [
    ["kernal", "kernel"],
    ["krenel", "kernel"],
    ["intird", "initrd"],
    ["semi", "semihosting"],
    ["dbt", "dtb"],
    ["gdb", undefined],
    ["x", undefined],
    ["screendump", undefined],
  ] as const
) {
  Deno.test(`nearest name to "${word}" is ${name ?? "none"}`, () => assertEquals(nearest(word, NAMES), name));
}

Deno.test("a suggestion is empty where no name is near", () => {
  assertEquals(didYouMean("kernle", NAMES), ' (did you mean "kernel"?)');
  assertEquals(didYouMean("zzz", NAMES), "");
});
