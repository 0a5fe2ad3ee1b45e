import { assertEquals } from "@std/assert";
import { emu, withFiles } from "../cli/emu.ts";

const README = await Deno.readTextFile(new URL("../../core/bus/README.md", import.meta.url));
const block = (language: string) => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(README)![1];

Deno.test("the README's command makes the machine that it says", () =>
  withFiles({}, async (folder) => {
    const [, ...args] = block("sh").replaceAll("\\\n", " ").trim().split("emu.ts ");
    const words = args.join("").split(/\s+/);
    const more = ["--property", "i2c0.rom.writeTime=1ms", "--dump-board", `${folder}/board.json`];
    const run = await emu([...words, ...more]);
    assertEquals([run.status, run.err], [0, ""]);
    const { devices } = JSON.parse(await Deno.readTextFile(`${folder}/board.json`));
    assertEquals(Object.keys(devices.i2c0.children), ["rom", "lm75"]);
    assertEquals([devices.i2c0.children.rom.properties.writeTime, devices.gpio0.out], [1000, {
      out3: "spi0.flash.cs",
    }]);
    assertEquals(devices.w1.children.ds18b20.properties.serial, 0x1234);
  }));

Deno.test("the README's board file makes a machine", () =>
  withFiles({ "board.json": block("json") }, async (folder) => {
    const run = await emu(["--board", `${folder}/board.json`, "--dump-board", `${folder}/dump.json`]);
    assertEquals([run.status, run.err], [0, ""]);
    const { devices } = JSON.parse(await Deno.readTextFile(`${folder}/dump.json`));
    assertEquals([devices.i2c0.children.rom.properties.writeTime, devices.i2c0.children.heat.out], [10_000, {
      os: "pic.9",
    }]);
  }));

Deno.test("the README's table names the hosts and devices of each bus that there are", async () => {
  for (const line of README.split("\n").filter((line) => line.startsWith("| `"))) {
    const [kind, _, hosts, devices] = line.split("|").slice(1).map((cell) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
    );
    for (const name of hosts) {
      const { default: plugin } = await import(`../../devices/${name}/${name.replaceAll("-", "_")}.ts`);
      assertEquals(plugin.hosts.bus, kind[0]);
    }
    for (const name of devices) {
      const manifest = JSON.parse(
        await Deno.readTextFile(new URL(`../../devices/${name}/manifest.json`, import.meta.url)),
      );
      assertEquals(manifest.bus, kind[0]);
    }
  }
});
