/** Prints how many slices of a computing guest pass, on average, until a byte is through a socket. A program for tests. */
import { ToyMachine } from "../../tests/toy_isa/machine.ts";
import { MainLoop } from "./main_loop.ts";

const TIMES = 20;

const toy = new ToyMachine({ accel: "jit" }).load("forever:\n addi r3, r3, 1\n jump forever");
const loop = new MainLoop({ icount: undefined, epoch: 0 });
loop.attach(toy.cpu);
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = listener.addr;
const [near, far] = await Promise.all([Deno.connect({ hostname: "127.0.0.1", port }), listener.accept()]);
const byte = new Uint8Array(1);
const running = loop.run();
for (let i = 0; i < TIMES; i++) await Promise.all([far.read(byte), near.write(byte)]);
console.log(loop.stats.slices / TIMES);
loop.end();
await running;
for (const resource of [listener, near, far]) resource.close();
