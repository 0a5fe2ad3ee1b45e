import { assertEquals } from "@std/assert";
import { isMade, placeAt, recordMade } from "./place.ts";

/** A place with one product, made from "a", whose file holds "content". */
async function rig() {
  const place = placeAt(await Deno.makeTempDir());
  await Deno.writeTextFile(`${place.out}/source`, "content");
  await place.put("arm/file", `${place.out}/source`);
  await recordMade(place, { product: "kernel", inputs: "a", files: ["arm/file"] });
  return { place, end: () => Deno.remove(place.out, { recursive: true }) };
}

Deno.test("a product is up to date while its inputs and files stay what they were", async () => {
  const { place, end } = await rig();
  assertEquals(await isMade(place, { product: "kernel", inputs: "a" }), true);
  await end();
});

Deno.test("a product is out of date when its inputs changed", async () => {
  const { place, end } = await rig();
  assertEquals(await isMade(place, { product: "kernel", inputs: "b" }), false);
  await end();
});

Deno.test("a product is out of date when a file of it changed or is gone", async () => {
  const { place, end } = await rig();
  await Deno.writeTextFile(`${place.out}/arm/file`, "damage");
  assertEquals(await isMade(place, { product: "kernel", inputs: "a" }), false);
  await Deno.remove(`${place.out}/arm/file`);
  assertEquals(await isMade(place, { product: "kernel", inputs: "a" }), false);
  await end();
});

Deno.test("a product is out of date where nothing, or nothing readable, is recorded", async () => {
  const { place, end } = await rig();
  assertEquals(await isMade(place, { product: "initrd", inputs: "a" }), false);
  await Deno.writeTextFile(`${place.out}/made.json`, "{ half");
  assertEquals(await isMade(place, { product: "kernel", inputs: "a" }), false);
  await end();
});

Deno.test("recording one product keeps the record of another", async () => {
  const { place, end } = await rig();
  await recordMade(place, { product: "initrd", inputs: "b", files: [] });
  assertEquals(await isMade(place, { product: "kernel", inputs: "a" }), true);
  assertEquals(await isMade(place, { product: "initrd", inputs: "b" }), true);
  await end();
});
