import { assertEquals, assertStringIncludes } from "@std/assert";
import { escapeFilter } from "./escape.ts";

function rig() {
  const done: string[] = [];
  const filter = escapeFilter({
    quit: () => done.push("quit"),
    break: () => done.push("break"),
    show: (text) => done.push(text),
  });
  return { done, type: (text: string) => new TextDecoder().decode(filter(new TextEncoder().encode(text))) };
}

Deno.test("the escape key is kept from the guest, and so is the command", () => {
  const { type, done } = rig();
  assertEquals(type("ab\x01xcd"), "abcd");
  assertEquals(done, ["quit"]);
});

Deno.test("the escape key twice is itself, once", () => {
  const { type, done } = rig();
  assertEquals(type("\x01\x01\x01\x01x"), "\x01\x01x");
  assertEquals(done, []);
});

Deno.test("an escape may come in two pieces", () => {
  const { type, done } = rig();
  assertEquals(type("a\x01"), "a");
  assertEquals(type("bc"), "c");
  assertEquals(done, ["break"]);
});

Deno.test("help names the commands, and the monitor says that it is not there", () => {
  const { type, done } = rig();
  type("\x01h\x01c");
  assertStringIncludes(done[0], "C-a x");
  assertStringIncludes(done[1], "no monitor yet");
});

Deno.test("control characters and unknown commands do nothing but vanish or pass", () => {
  const { type, done } = rig();
  assertEquals(type("\x03\x04\x1a\x01q"), "\x03\x04\x1a");
  assertEquals(done, []);
});
