import { assertEquals, assertRejects } from "@std/assert";
import { bytesOf, fakeContext, listener } from "../testing.ts";
import pipe from "./pipe.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const mkfifo = async (...paths: string[]) => void await new Deno.Command("mkfifo", { args: paths }).output();

Deno.test({
  name: "pipe channel carries bytes both ways through a pair of FIFOs",
  // The read that waits for a next writer is never answered.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withFolder(async (folder) => {
      const path = `${folder}/serial`;
      await mkfifo(`${path}.in`, `${path}.out`);
      const backend = await pipe.create(fakeContext({ path }));
      const guest = listener();
      backend.connect(guest);
      await Deno.writeTextFile(`${path}.in`, "typed");
      await guest.until("typed");
      backend.send(bytesOf("printed"));
      using out = await Deno.open(`${path}.out`);
      const buffer = new Uint8Array(100);
      const count = await out.read(buffer);
      assertEquals(new TextDecoder().decode(buffer.subarray(0, count!)), "printed");
      // Ends the read that waits, so that the back end can be closed.
      const last = backend.close();
      await Deno.writeTextFile(`${path}.in`, "x");
      await last;
    }),
});

Deno.test("pipe channel refuses what is no pipe, and half a pair", () =>
  withFolder(async (folder) => {
    const open = (path: string) => async () => await pipe.create(fakeContext({ path }));
    await assertRejects(open(`${folder}/gone`), Error, "make it with mkfifo");
    await Deno.writeTextFile(`${folder}/plain`, "");
    await assertRejects(open(`${folder}/plain`), Error, "is no pipe");
    await mkfifo(`${folder}/half.in`);
    await assertRejects(open(`${folder}/half`), Error, 'but no "');
  }));
