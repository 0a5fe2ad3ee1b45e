import { assert, assertEquals, assertRejects } from "@std/assert";
import { watch } from "./process.ts";

/** A program of Deno's, as a command. */
function program(text: string): string[] {
  return [Deno.execPath(), "eval", text];
}

Deno.test("watch gives what a process prints, its status and its time", async () => {
  await using process = watch(program(`console.log("one\\r"); console.log("two"); Deno.exit(3)`));
  const { before, milliseconds } = await process.expect("two");
  assertEquals(before, "one\n");
  const ended = await process.ended();
  assertEquals(ended.status, 3);
  assertEquals(ended.output, "one\ntwo\n");
  assert(ended.milliseconds >= milliseconds && milliseconds > 0);
});

Deno.test("watch types to a process", async () => {
  await using process = watch(program(`for await (const bytes of Deno.stdin.readable) {
    Deno.stdout.writeSync(bytes.map((byte) => byte + 1));
    break;
  }`));
  await process.type("HAL");
  await process.expect("IBM");
});

Deno.test({
  name: "watch sees the peak of a process's memory (on Linux)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using process = watch(program(`
      let bytes = new Uint8Array(200 << 20).fill(1);
      console.log(bytes.length);
      bytes = undefined;
    `));
    const { peak } = await process.ended();
    assert(peak > 200 << 20 && peak < 1000 << 20, `${peak}`);
  },
});

Deno.test("watch says what was printed when a text does not come", async () => {
  await using process = watch(program(`console.log("something else")`));
  const error = await assertRejects(() => process.expect("BOOT-OK"), Error, 'Cannot find "BOOT-OK"');
  assert(error.message.includes("something else"));
});

Deno.test("watch kills what takes too long", async () => {
  await using process = watch(program(`setInterval(() => {}, 1000)`), 100);
  assertEquals((await process.ended()).status, 137);
});
