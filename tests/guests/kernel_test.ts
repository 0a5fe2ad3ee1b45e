import { assert, assertEquals } from "@std/assert";
import { findGuests, OWN_GUESTS } from "./guests.ts";
import { KERNEL_FILES, lostOptions } from "./kernel.ts";

Deno.test("an option counts as lost when the full configuration has it not, or has it otherwise", () => {
  const full = 'CONFIG_A=y\nCONFIG_B=m\nCONFIG_NAME="x=y"\n# CONFIG_E is not set\n';
  assertEquals(lostOptions('# a comment\nCONFIG_A=y\nCONFIG_NAME="x=y"\n', full), []);
  assertEquals(lostOptions("CONFIG_B=y\nCONFIG_C=y\nCONFIG_E=y\n", full), [
    "CONFIG_B=y",
    "CONFIG_C=y",
    "CONFIG_E=y",
  ]);
});

Deno.test("an option that shall not be set is lost only when it is set", () => {
  const full = "CONFIG_A=y\n# CONFIG_B is not set\n";
  const minimal = "# CONFIG_A is not set\n# CONFIG_B is not set\n# CONFIG_C is not set\n";
  assertEquals(lostOptions(minimal, full), ["# CONFIG_A is not set"]);
});

const guest = findGuests("arm", OWN_GUESTS);
const config = "missing" in guest ? "" : guest.zImage.replace(/-zImage$/, ".config");
const reason = "missing" in guest ? ` (ignored: ${guest.missing})` : "";

Deno.test({
  name: `the configuration of the guest at hand is the one that is built here${reason}`,
  ignore: reason !== "",
  fn: async () => {
    const minimal = await Deno.readTextFile(`${import.meta.dirname}/src/integratorcp.config`);
    assert(KERNEL_FILES.includes("arm/integratorcp.config"));
    assertEquals(lostOptions(minimal, await Deno.readTextFile(config)), []);
  },
});
