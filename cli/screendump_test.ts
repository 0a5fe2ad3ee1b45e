import { assertEquals, assertRejects } from "@std/assert";
import { PNG } from "pngjs";
import { UserError } from "./error.ts";
import { pngOf, screendump } from "./screendump.ts";

const PICTURE = {
  width: 3,
  height: 2,
  pixels: Uint8Array.from({ length: 24 }, (_, i) => i % 4 === 3 ? 255 : i * 9),
};

Deno.test("screen dump is a PNG of the picture's pixels", async () => {
  const png = PNG.sync.read((await import("node:buffer")).Buffer.from(await pngOf(PICTURE)));
  assertEquals([png.width, png.height], [3, 2]);
  assertEquals([...png.data], [...PICTURE.pixels]);
});

Deno.test("screen dump takes the first display that is on", async () => {
  const path = await Deno.makeTempFile({ suffix: ".png" });
  await screendump([{ render: () => undefined }, { render: () => PICTURE }], path);
  assertEquals([...(await Deno.readFile(path)).subarray(1, 4)], [0x50, 0x4e, 0x47]);
  await Deno.remove(path);
});

Deno.test("screen dump says that no display is on, and where it cannot write", async () => {
  await assertRejects(() => screendump([], "x.png"), UserError, "no display of the machine is on");
  await assertRejects(
    () => screendump([{ render: () => PICTURE }], "/nonexistent/x.png"),
    UserError,
    "Cannot write --screendump /nonexistent/x.png: there is no such file",
  );
});
