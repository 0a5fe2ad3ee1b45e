import { assertEquals, assertThrows } from "@std/assert";
import { fakeContext, frameOf } from "../testing.ts";
import dump from "./dump.ts";

Deno.test("dump records what it hears", async () => {
  const file = await Deno.makeTempFile({ suffix: ".pcap" });
  const backend = await dump.create(fakeContext({ file, maxlen: 30, time: "wall" }));
  backend.send(frameOf(1, 60));
  backend.send(frameOf(2, 20));
  await backend.close();
  await backend.close();
  backend.send(frameOf(3));
  const bytes = await Deno.readFile(file);
  assertEquals(bytes.length, 24 + 16 + 30 + 16 + 20);
  assertEquals(bytes.subarray(-20), frameOf(2, 20));
  await Deno.remove(file);
});

Deno.test("dump wants a file", () => {
  const context = fakeContext({ file: undefined, maxlen: 65536, time: "virtual" });
  assertThrows(() => void dump.create(context), Error, 'property "file": is missing');
});
