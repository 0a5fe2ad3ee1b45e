/**
 * Bulk TCP through the user-mode network stack: `deno run -A tests/bench/user_net_bench.ts [MEGABYTES]`.
 * The guest is simulated: it takes frames and acknowledges every second one, or sends full segments within the window.
 * The host's end is either in memory (the stack alone) or a real socket at 127.0.0.1.
 */
import { denoNetwork } from "../../netdev/user/deno_network.ts";
import type { HostNetwork, HostStream } from "../../netdev/user/host_network.ts";
import { tcpFrame } from "../../netdev/user/testing/frames.ts";
import { plugIn, type TestGuest } from "../../netdev/user/testing/guest.ts";

const MEGABYTES = Number(Deno.args[0] ?? 200);
const TOTAL = MEGABYTES << 20;
const MSS = 1460;
const SHIFT = 8;
const HEADERS = 54;
const AT = { to: "10.0.2.2" };

/** A stream that gives zeros as fast as they are read, up to `TOTAL`, and takes whatever is written. */
function endless(counter: { written: number }): HostStream {
  let given = 0;
  return {
    read(into) {
      if (given >= TOTAL) return new Promise(() => {});
      const count = Math.min(into.length, TOTAL - given);
      given += count;
      return Promise.resolve(count);
    },
    write(bytes) {
      counter.written += bytes.length;
      return Promise.resolve(bytes.length);
    },
    closeWrite: () => Promise.resolve(),
    close() {},
  };
}

/** A server that sends zeros, and one that counts what it gets. */
function servers(counter: { written: number }) {
  const source = Deno.listen({ hostname: "127.0.0.1", port: 0 }),
    sink = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void (async () => {
    const conn = await source.accept(), zeros = new Uint8Array(1 << 18);
    for (let left = TOTAL; left > 0;) {
      left -= await conn.write(zeros.subarray(0, Math.min(left, zeros.length)));
    }
  })();
  void (async () => {
    const conn = await sink.accept(), buffer = new Uint8Array(1 << 18);
    for (let count; (count = await conn.read(buffer)) !== null;) counter.written += count;
  })();
  return { source: source.addr.port, sink: sink.addr.port };
}

interface Open {
  readonly guest: TestGuest;
  readonly ack: number;
  /** A segment with no data, and one with a whole MSS of zeros: numbers and checksum are to be filled in. */
  readonly pure: Uint8Array<ArrayBuffer>;
  readonly full: Uint8Array<ArrayBuffer>;
}

async function open(host: HostNetwork, port: number): Promise<Open> {
  const guest = await plugIn({}, host);
  await guest.announce();
  const ports = [5000, port] as const;
  guest.send(
    tcpFrame(AT, { ports, seq: 0, flags: "S", options: [2, 4, MSS >> 8, MSS & 255, 1, 3, 3, SHIFT] }),
  );
  let answer;
  while (!(answer = (await guest.settle())[0])) await new Promise((resolve) => setTimeout(resolve, 1));
  const ack = answer.seq + 1 >>> 0;
  const fields = { ports, seq: 1, ack, flags: "A", window: 8192 };
  const [pure, full] = [0, MSS].map((length) => tcpFrame(AT, { ...fields, data: new Uint8Array(length) }));
  return { guest, ack, pure, full };
}

/** Writes a number into a frame and keeps its checksum right (RFC 1624). */
function patch(view: DataView, at: number, value: number): void {
  let sum = ~view.getUint16(50) & 0xffff;
  sum += (~view.getUint16(at) & 0xffff) + (~view.getUint16(at + 2) & 0xffff) + (value >>> 16) +
    (value & 0xffff);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint32(at, value);
  view.setUint16(50, ~sum & 0xffff);
}

/** Host to guest. */
async function download(host: HostNetwork, port: number): Promise<number> {
  const { guest, ack, pure } = await open(host, port);
  const view = new DataView(pure.buffer);
  let next = ack, received = 0, owed = 0, done = () => {};
  const over = new Promise<void>((resolve) => done = resolve);
  const acknowledge = () => {
    owed = 0;
    patch(view, 42, next);
    guest.network.send(pure);
  };
  guest.network.connect({
    canReceive: () => true,
    receive(frame) {
      const length = frame.length - HEADERS;
      received += length;
      next = next + length >>> 0;
      if (++owed === 2) acknowledge();
      if (received === TOTAL) done();
    },
  });
  const started = performance.now();
  guest.network.send(pure);
  const flush = setInterval(() => owed > 0 && acknowledge(), 1);
  await over;
  clearInterval(flush);
  const time = performance.now() - started;
  await guest.close();
  return time;
}

/** Guest to host. */
async function upload(host: HostNetwork, port: number, counter: { written: number }): Promise<number> {
  const { guest, full, pure } = await open(host, port);
  const view = new DataView(full.buffer);
  let seq = 1, sent = 0, edge = 0;
  const segments = Math.ceil(TOTAL / MSS);
  guest.network.connect({
    canReceive: () => true,
    receive(frame) {
      const { buffer, byteOffset } = frame;
      const header = new DataView(buffer, byteOffset);
      edge = header.getUint32(42) + (header.getUint16(48) << 3);
    },
  });
  guest.network.send(pure);
  edge = 65535;
  const started = performance.now();
  while (counter.written < segments * MSS) {
    for (; sent < segments && seq + MSS <= edge; sent++, seq += MSS) {
      patch(view, 38, seq);
      guest.network.send(full);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const time = performance.now() - started;
  await guest.close();
  return time;
}

function report(name: string, time: number): void {
  console.log(
    `${name.padEnd(28)} ${(TOTAL * 8 / 1e3 / time).toFixed(0).padStart(6)} Mbit/s  ${time.toFixed(0)} ms`,
  );
}

/** A world whose only server gives and takes without end. */
function memory(counter: { written: number }): HostNetwork {
  return { ...denoNetwork, connect: () => Promise.resolve(endless(counter)) };
}

if (import.meta.main) {
  console.log(`user network, ${MEGABYTES} MiB each`);
  for (let run = 0; run < 2; run++) {
    report("stack alone, host to guest", await download(memory({ written: 0 }), 80));
    const counter = { written: 0 };
    report("stack alone, guest to host", await upload(memory(counter), 80, counter));
    const real = { written: 0 }, { source, sink } = servers(real);
    report("real socket, host to guest", await download(denoNetwork, source));
    report("real socket, guest to host", await upload(denoNetwork, sink, real));
  }
  Deno.exit(0);
}
