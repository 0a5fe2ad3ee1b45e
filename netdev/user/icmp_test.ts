import { assertEquals } from "@std/assert";
import { icmpEcho, ipFrame, type Seen } from "./testing/frames.ts";
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
