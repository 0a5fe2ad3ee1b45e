import { assertEquals } from "@std/assert";
import { installCommands, isPackageFile, missingPackages, notInstalled, offered } from "./debian.ts";

Deno.test("a package counts as installed only in state installed", () => {
  const listing = "make installed\nflex config-files\nbison not-installed\n";
  assertEquals(notInstalled(["make", "flex", "bison", "bc"], listing), ["flex", "bison", "bc"]);
});

Deno.test("installing means an update and then the named packages without recommendations", () => {
  assertEquals(installCommands(["flex", "bc"], ["sudo", "-n"]).map((command) => command.join(" ")), [
    "sudo -n apt-get update",
    "sudo -n apt-get install -y --no-install-recommends flex bc",
  ]);
});

Deno.test("the versions offered are those of madison's second column, once each and in its order", () => {
  const listing = ` busybox-static | 1:1.36 | http://a x/main armel Packages
 busybox-static | 1:1.35 | http://a x/main armel Packages
 busybox-static | 1:1.35 | http://b x/main armel Packages
`;
  assertEquals(offered(listing), ["1:1.36", "1:1.35"]);
  assertEquals(offered(""), []);
});

Deno.test("a downloaded package is known by name and version with its epoch escaped", () => {
  const busybox = { name: "busybox-static:armel", version: "1:1.35.0-4+b1" };
  assertEquals(isPackageFile("busybox-static_1%3a1.35.0-4+b1_armel.deb", busybox), true);
  assertEquals(isPackageFile("busybox-static_1%3a1.35.0-5_armel.deb", busybox), false);
  assertEquals(isPackageFile("busybox_1%3a1.35.0-4+b1_armel.deb", busybox), false);
});

const hasDpkg = await new Deno.Command("sh", { args: ["-c", "command -v dpkg-query"], stdout: "null" })
  .output();

Deno.test({
  name: `dpkg is asked what is installed${hasDpkg.success ? "" : " (ignored: no dpkg-query here)"}`,
  ignore: !hasDpkg.success,
  fn: async () => assertEquals(await missingPackages(["dpkg", "no-such-package"]), ["no-such-package"]),
});
