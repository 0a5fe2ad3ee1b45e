import { guestTest } from "../../guests/guests.ts";
import { runBoot } from "../run_boot.ts";
import { LINUX } from "./boots.ts";

for (const boot of LINUX) {
  Deno.test(guestTest("arm", `integratorcp: ${boot.name}`, async ({ zImage, dtb, initrd }) => {
    await runBoot(boot, ["--kernel", zImage, "--dtb", dtb, "--initrd", initrd]);
  }));
}
