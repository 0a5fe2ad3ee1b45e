import { assert, assertEquals } from "@std/assert";
import { build, COMPILER_VERSION, compilerVersion } from "./build.ts";

const installed = await compilerVersion();
const why = installed === undefined
  ? " (ignored: arm-none-eabi-gcc is not installed)"
  : installed === COMPILER_VERSION
  ? ""
  : ` (ignored: arm-none-eabi-gcc is ${installed}, the image is of ${COMPILER_VERSION})`;

const image = Deno.readFileSync(new URL("monitor.bin", import.meta.url));

Deno.test({
  name: `monitor.bin is what its sources make${why}`,
  ignore: why !== "",
  async fn() {
    const directory = Deno.makeTempDirSync();
    try {
      await build(directory);
      const built = Deno.readFileSync(`${directory}/monitor.bin`);
      assertEquals(built.length, image.length);
      assert(built.every((byte, i) => byte === image[i]), "the bytes differ: run deno task firmware");
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  },
});

Deno.test("monitor.bin begins with branches at the vectors and is small", () => {
  const words = new DataView(image.buffer);
  for (let vector = 0; vector < 8; vector++) assertEquals(words.getUint8(vector * 4 + 3), 0xea);
  assertEquals(new TextDecoder().decode(image.subarray(32, 36)), "EMON");
  assert(image.length < 64 << 10);
});
