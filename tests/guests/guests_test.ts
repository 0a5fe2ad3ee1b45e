import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findGuests, guestTestWith } from "./guests.ts";

const NAMES = ["integratorcp-zImage", "integratorcp.dtb", "initrd.cpio.gz"];

/** A folder with an `arm` folder of these files. */
async function folderWith(names: readonly string[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/arm`);
  for (const name of names) await Deno.writeTextFile(`${folder}/arm/${name}`, "");
  return folder;
}

Deno.test("findGuests names the three files of a folder that has them", async () => {
  const folder = await folderWith(NAMES);
  assertEquals(findGuests("arm", [folder]), {
    zImage: `${folder}/arm/integratorcp-zImage`,
    dtb: `${folder}/arm/integratorcp.dtb`,
    initrd: `${folder}/arm/initrd.cpio.gz`,
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("findGuests takes the first folder in which no file is missing", async () => {
  const partial = await folderWith(NAMES.slice(1));
  const whole = await folderWith(NAMES);
  const other = await folderWith(NAMES);
  const found = findGuests("arm", [`${partial}/absent`, partial, whole, other]);
  assert(!("missing" in found));
  assertStringIncludes(found.zImage, whole);
  for (const folder of [partial, whole, other]) await Deno.remove(folder, { recursive: true });
});

Deno.test("findGuests does not take a folder for a file", async () => {
  const folder = await folderWith(NAMES.slice(1));
  await Deno.mkdir(`${folder}/arm/${NAMES[0]}`);
  assert("missing" in findGuests("arm", [folder]));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("findGuests looks into EMU_GUESTS before all other folders", async () => {
  const folder = await folderWith(NAMES);
  const before = Deno.env.get("EMU_GUESTS");
  Deno.env.set("EMU_GUESTS", folder);
  const found = findGuests("arm");
  if (before === undefined) Deno.env.delete("EMU_GUESTS");
  else Deno.env.set("EMU_GUESTS", before);
  assert(!("missing" in found));
  assertEquals(found.dtb, `${folder}/arm/integratorcp.dtb`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("findGuests says how to get a guest that is missing", () => {
  const found = findGuests("arm", []);
  assert("missing" in found);
  assertStringIncludes(found.missing, '"deno task guests" builds it');
});

Deno.test("findGuests says which architectures have guests when asked for another", () => {
  const found = findGuests("toString", []);
  assert("missing" in found);
  assertEquals(found.missing, 'no guest for "toString" is known, only for arm');
});

Deno.test("guestTest hands the guest to the test where it is found", async () => {
  const guest = { zImage: "z", dtb: "d", initrd: "i" };
  const seen: unknown[] = [];
  const test = guestTestWith(guest, "board boots", (found) => void seen.push(found));
  await test.fn({} as Deno.TestContext);
  assertEquals(test.name, "board boots");
  assertEquals(test.ignore ?? false, false);
  assertEquals(seen, [guest]);
});

Deno.test("guestTest ignores the test where the guest is missing and says why in its name", () => {
  const test = guestTestWith({ missing: "no arm guest" }, "board boots", () => {});
  assertEquals(test.ignore, true);
  assertEquals(test.name, "board boots (ignored: no arm guest)");
});
