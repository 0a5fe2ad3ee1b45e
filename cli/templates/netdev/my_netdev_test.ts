import { createMachine, type NetBackend } from "@emu/core";
import { assertEquals } from "@std/assert";
import manifest from "./manifest.json" with { type: "json" };
import myNetdev from "./my_netdev.ts";

const FRAME = Uint8Array.of(1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x88, 0xb5, 42);
const ANSWER = Uint8Array.of(2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 0x88, 0xb5, 42);

/** The back end with a guest's card in it that can be made deaf. */
async function plugged(queue: number) {
  const got: Uint8Array[] = [], card = { deaf: false };
  const backend: NetBackend = await myNetdev.create({
    id: "net0",
    properties: { queue },
    clock: undefined as never, // it uses none
    warn: () => {},
    request: () => {},
  });
  backend.connect({ receive: (frame) => void got.push(frame.slice()), canReceive: () => !card.deaf });
  return { backend, got, card };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

Deno.test("my-netdev sends a frame back to who sent it", async () => {
  const { backend, got } = await plugged(2);
  backend.send(FRAME);
  assertEquals(got, []);
  await turn();
  assertEquals(got, [ANSWER]);
});

Deno.test("my-netdev keeps frames for a guest that cannot receive, within its bound", async () => {
  const { backend, got, card } = await plugged(2);
  card.deaf = true;
  for (let i = 0; i < 3; i++) backend.send(FRAME);
  await turn();
  assertEquals(got.length, 0);
  card.deaf = false;
  backend.ready();
  assertEquals(got.length, 2);
});

Deno.test("my-netdev is a network of a machine", async () => {
  const emu = await createMachine({
    board: "integratorcp",
    plugins: [import.meta.resolve("./manifest.json")],
    netdevs: { net0: { type: manifest.name, properties: { queue: "1K" } } },
  });
  assertEquals(await emu.dispose(), []);
});
