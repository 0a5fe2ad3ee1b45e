import { assertEquals } from "@std/assert";
import { MAX_FRAME } from "@emu/core";
import fc from "fast-check";
import { Deframer, framed, MAX_LENGTH } from "./framing.ts";
import { joined } from "./join.ts";
import { frameOf } from "./testing.ts";
import { noTraffic } from "./traffic.ts";

function rig() {
  const got: Uint8Array[] = [];
  const traffic = noTraffic();
  return { got, traffic, deframer: new Deframer(traffic, (frame) => void got.push(frame.slice())) };
}

Deno.test("a framed frame has its length before it, 32 bits, big-endian", () => {
  assertEquals(framed(frameOf(1, 300)).subarray(0, 4), Uint8Array.of(0, 0, 1, 44));
});

Deno.test("deframer finds the frames of a stream however it was cut", () => {
  const lengths = fc.array(fc.integer({ min: 14, max: 2000 }), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(lengths, fc.array(fc.nat(3000)), (lengths, cuts) => {
    const frames = lengths.map((length, n) => frameOf(n, length));
    const stream = joined(frames.map(framed));
    const { got, traffic, deframer } = rig();
    const places = [
      0,
      ...cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b),
      stream.length,
    ];
    for (let i = 1; i < places.length; i++) deframer.feed(stream.subarray(places[i - 1], places[i]));
    assertEquals(got, frames);
    assertEquals(traffic.malformed, 0);
  }));
});

Deno.test("deframer leaves out frames that are too short or too long, and goes on behind them", () => {
  const { got, traffic, deframer } = rig();
  const bad = [0, 13, MAX_FRAME + 1, MAX_LENGTH].map((length) => framed(new Uint8Array(length)));
  const stream = joined([...bad, framed(frameOf(1, MAX_FRAME)), framed(frameOf(2, 14))]);
  for (let at = 0; at < stream.length; at += 1000) deframer.feed(stream.subarray(at, at + 1000));
  assertEquals(got, [frameOf(1, MAX_FRAME), frameOf(2, 14)]);
  assertEquals(traffic.malformed, 4);
});

Deno.test("deframer tells of a length that cannot be one", () => {
  const { got, traffic, deframer } = rig();
  assertEquals(deframer.feed(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2)), { length: 0xffff_ffff });
  assertEquals([got.length, traffic.malformed], [0, 1]);
});
