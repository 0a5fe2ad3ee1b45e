import { assertEquals, assertRejects } from "@std/assert";
import "../datagram_link.ts";
import { fakeContext, frameOf, plug, portOf, until } from "../testing.ts";
import socket from "./socket.ts";

const HERE = "127.0.0.1";
const NOTHING = {
  listen: undefined,
  connect: undefined,
  mcast: undefined,
  udp: undefined,
  localaddr: undefined,
};
type Properties = { [K in keyof typeof NOTHING]?: string };

const contextOf = (properties: Properties) => fakeContext({ ...NOTHING, ...properties });
const open = async (properties: Properties) => await socket.create(contextOf(properties));

/** Sends a frame each way between two back ends that belong together. */
async function exchange(a: Awaited<ReturnType<typeof open>>, b: typeof a): Promise<void> {
  const [cardA, cardB] = [plug(a), plug(b)];
  b.send(frameOf(1, 1514));
  await until(() => cardA.got.length === 1);
  a.send(frameOf(2, 60));
  await until(() => cardB.got.length === 1);
  assertEquals([cardA.got, cardB.got], [[frameOf(1, 1514)], [frameOf(2, 60)]]);
  await a.close();
  await b.close();
}

Deno.test("socket network with listen= and connect= are the two ends of a wire", async () => {
  const context = contextOf({ listen: ":0" });
  const a = await socket.create(context);
  await exchange(a, await open({ connect: `${HERE}:${portOf(context)}` }));
});

const linux = Deno.build.os === "linux";
const why = linux ? "" : " (ignored: needs Linux)";

Deno.test({
  name: `socket network with udp= and localaddr= is the end of a wire${why}`,
  ignore: !linux,
  async fn() {
    const ports = [0, 0].map(() => {
      using listener = Deno.listen({ hostname: HERE, port: 0 });
      return listener.addr.port;
    });
    const [a, b] = ports.map((port) => `${HERE}:${port}`);
    await exchange(await open({ udp: b, localaddr: a }), await open({ udp: a, localaddr: b }));
  },
});

Deno.test({
  name: `socket network with mcast= is one with everybody of the group${why}`,
  ignore: !linux,
  async fn() {
    using listener = Deno.listen({ hostname: HERE, port: 0 });
    const properties = { mcast: `239.7.7.7:${listener.addr.port}`, localaddr: HERE };
    await exchange(await open(properties), await open(properties));
  },
});

const WRONG: [properties: Properties, says: string][] = [
  [{}, "give one of listen=, connect=, mcast=, udp=; there are 0"],
  [{ listen: ":1", connect: ":1" }, "there are 2"],
  [{ connect: "somewhere" }, 'property "connect": "somewhere" is not HOST:PORT'],
  [{ listen: ":65536" }, '":65536" is not HOST:PORT'],
  [{ listen: ":0", localaddr: HERE }, "goes with mcast= and udp= only"],
  [{ udp: `${HERE}:1` }, 'property "localaddr": udp= wants it'],
  [{ connect: `${HERE}:1` }, `cannot connect to ${HERE}:1`],
  [{ mcast: `${HERE}:1` }, "is no multicast address"],
];
for (const [properties, says] of WRONG) {
  Deno.test(`socket network says what is wrong with ${JSON.stringify(properties)}`, async () => {
    await assertRejects(() => open(properties), Error, says);
  });
}
