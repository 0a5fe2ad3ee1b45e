import { assert, assertEquals } from "@std/assert";
import { icmpEcho, ipFrame, type Seen } from "./testing/frames.ts";
import { FakeHost } from "./testing/fake_host.ts";
import { openPings } from "./ping_sockets.ts";
import { PINGS } from "./pings.ts";
import { plugIn } from "./testing/guest.ts";

const kind = ({ from, payload }: Seen) => [from, payload[0], payload[1]];

Deno.test("icmp answers echo requests to gateway and name server with their data", async () => {
  const guest = await plugIn();
  await guest.announce();
  const data = Array.from({ length: 56 }, (_, i) => i);
  const answers = await guest.ask(icmpEcho({ to: "10.0.2.2" }, data), icmpEcho({ to: "10.0.2.3" }, data));
  assertEquals(answers.map(kind), [["10.0.2.2", 0, 0], ["10.0.2.3", 0, 0]]);
  assertEquals([...answers[0].payload.subarray(4)], [0, 7, 0, 1, ...data]);
  await guest.close();
});

Deno.test("icmp answers a guest that goes on running with its next timers, not only in a turn of the event loop", async () => {
  const guest = await plugIn();
  await guest.announce();
  guest.send(icmpEcho({ to: "10.0.2.2" }, [1]));
  assertEquals(guest.frames.length, 0); // not from within the card's own call
  guest.clock.pass(0);
  assertEquals(guest.frames.length, 1);
  await guest.close();
});

Deno.test("icmp says that the net of an outside host is unreachable, quoting the request", async () => {
  const guest = await plugIn();
  await guest.announce();
  const request = icmpEcho({ to: "192.0.2.1" }, [1, 2, 3]);
  const [answer] = await guest.ask(request);
  assertEquals(kind(answer), ["10.0.2.2", 3, 0]);
  assertEquals([...answer.payload.subarray(8)], [...request.subarray(14)]);
  await guest.close();
});

Deno.test("icmp is silent about the outside when the network is restricted", async () => {
  const guest = await plugIn({ restrict: true });
  await guest.announce();
  assertEquals(await guest.ask(icmpEcho({ to: "192.0.2.1" }, [1])), []);
  assertEquals((await guest.ask(icmpEcho({ to: "10.0.2.2" }, [1]))).map(kind), [["10.0.2.2", 0, 0]]);
  await guest.close();
});

Deno.test("icmp does not answer a wrong checksum, nor errors with errors", async () => {
  const guest = await plugIn();
  await guest.announce();
  const broken = icmpEcho({ to: "10.0.2.2" }, [1]);
  broken[broken.length - 1]++;
  const error = ipFrame({ to: "10.0.2.2", protocol: 1, payload: [3, 1, 0xfc, 0xfe, 0, 0, 0, 0] });
  assertEquals(await guest.ask(broken, error), []);
  await guest.close();
});

Deno.test("the gateway is a hop: packets that have none left get time exceeded", async () => {
  const guest = await plugIn();
  await guest.announce();
  const answers = await guest.ask(
    icmpEcho({ to: "192.0.2.1", ttl: 1 }, [1]),
    icmpEcho({ to: "10.0.2.2", ttl: 1 }, [1]),
  );
  assertEquals(answers.map(kind), [["10.0.2.2", 11, 0], ["10.0.2.2", 0, 0]]);
  await guest.close();
});

Deno.test("an IP protocol that is not known is unreachable", async () => {
  const guest = await plugIn();
  await guest.announce();
  const [answer] = await guest.ask(
    ipFrame({ to: "10.0.2.2", protocol: 132, payload: [0, 0, 0, 0, 0, 0, 0, 0] }),
  );
  assertEquals(kind(answer), ["10.0.2.2", 3, 2]);
  await guest.close();
});

/** A host that permits pings, and notes them. */
function pingingHost(refusal?: string) {
  const host = Object.assign(new FakeHost(), {
    pinged: [] as { message: Uint8Array; to: number[] }[],
  });
  return Object.assign(host, {
    pings: (receive: (message: Uint8Array) => void) => {
      if (refusal) return Promise.reject(new Error(refusal));
      Object.assign(host, { reply: receive });
      return Promise.resolve({
        send: (message: Uint8Array, to: Uint8Array) =>
          void host.pinged.push({ message: message.slice(), to: [...to] }),
        close: () => Promise.resolve(),
      });
    },
    reply: (_: Uint8Array) => {},
  });
}

Deno.test("icmp passes echo requests on to the world, and answers back to who asked", async () => {
  const host = pingingHost(), guest = await plugIn({}, host as unknown as FakeHost);
  await guest.announce();
  assertEquals(
    await guest.ask(icmpEcho({ to: "192.0.2.1" }, [1, 2], 7), icmpEcho({ to: "192.0.2.9" }, [3, 4], 8)),
    [],
  );
  assertEquals(host.pinged.map(({ to }) => to), [[192, 0, 2, 1], [192, 0, 2, 9]]);
  for (const { message } of host.pinged.reverse()) {
    const answer = message.with(0, 0).with(4, 0x99); // an answer, with the kernel's identifier
    host.reply(answer);
    host.reply(answer); // a second one is nobody's
  }
  const seen = await guest.settle();
  assertEquals(seen.map(({ from, payload }) => [from, payload[0], ...payload.subarray(4)]), [
    ["192.0.2.9", 0, 0, 8, 0, 1, 3, 4],
    ["192.0.2.1", 0, 0, 7, 0, 1, 1, 2],
  ]);
  await guest.close();
});

Deno.test("icmp remembers at most PINGS requests, the last ones, and none for ever", async () => {
  const host = pingingHost(), guest = await plugIn({}, host as unknown as FakeHost);
  await guest.announce();
  for (let i = 0; i <= PINGS; i++) await guest.ask(icmpEcho({ to: "192.0.2.1" }, [1], i));
  assertEquals(guest.network.stack.pings.waiting.length, PINGS);
  const [first] = host.pinged, last = host.pinged.at(-1)!;
  host.reply(first.message.with(0, 0));
  assertEquals((await guest.settle()).length, 0);
  guest.clock.pass(11);
  host.reply(last.message.with(0, 0));
  assertEquals((await guest.settle()).length, 0);
  await guest.close();
});

Deno.test("icmp tells once that the host permits no pings, and the guest each time", async () => {
  const host = pingingHost("not permitted"), guest = await plugIn({}, host as unknown as FakeHost);
  await guest.announce();
  await guest.ask(icmpEcho({ to: "192.0.2.1" }, [1]));
  const [answer] = await guest.ask(icmpEcho({ to: "192.0.2.1" }, [1]));
  assertEquals(kind(answer), ["10.0.2.2", 3, 0]);
  assertEquals(guest.warnings, ["Cannot pass pings on to the world: not permitted"]);
  await guest.close();
});

const refusal = await (async () => {
  try {
    await openPings(() => {}).close();
  } catch (error) {
    return (error as Error).message;
  }
})();
Deno.test({
  name: `a ping socket of the host's gets an answer${refusal ? ` (ignored: ${refusal})` : ""}`,
  ignore: refusal !== undefined,
  async fn() {
    const answer = Promise.withResolvers<Uint8Array>();
    const pings = openPings((message) => answer.resolve(message.slice()));
    pings.send(Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 5, 1, 2), Uint8Array.of(127, 0, 0, 1));
    const message = await answer.promise;
    assert(message[0] === 0 && message[7] === 5 && message[9] === 2);
    await pings.close();
  },
});
