import { assertEquals } from "@std/assert";
import { formatAddress, isLoopback, parseAddress, sameNetwork } from "./address.ts";

Deno.test("an IPv4 address is four decimal numbers, each up to 255", () => {
  assertEquals(parseAddress("10.0.2.15"), Uint8Array.of(10, 0, 2, 15));
  for (const text of ["10.0.2", "10.0.2.256", "10.0.2.15.1", "10.0.2.x", ""]) {
    assertEquals(parseAddress(text), undefined, text);
  }
});

Deno.test("an IPv6 address is read with and without zeros, brackets, scope and IPv4 tail", () => {
  const text = (address: string) => formatAddress(parseAddress(address)!);
  assertEquals(text("fec0:0:0:0:0:0:0:2"), "fec0::2");
  assertEquals(text("[fec0::2]"), "fec0::2");
  assertEquals(text("fe80::1%eth0"), "fe80::1");
  assertEquals(text("::"), "::");
  assertEquals(text("::ffff:10.0.2.2"), "::ffff:a00:202");
  assertEquals(text("2001:DB8::"), "2001:db8::");
  assertEquals(text("1:2:3:4:5:6:7:8"), "1:2:3:4:5:6:7:8");
});

Deno.test("what is no IPv6 address is not taken for one", () => {
  for (const bad of [":", "1:2:3", "1::2::3", "1:2:3:4:5:6:7:8:9", "g::", "1:2:3:4:5:6:7::8:9", "12345::"]) {
    assertEquals(parseAddress(bad), undefined, bad);
  }
});

Deno.test("an IPv6 address is written with its longest run of zeros left out", () => {
  assertEquals(formatAddress(parseAddress("1:0:0:2:0:0:0:3")!), "1:0:0:2::3");
  assertEquals(formatAddress(parseAddress("1:0:2:3:4:5:6:7")!), "1:0:2:3:4:5:6:7");
});

Deno.test("addresses are of one network if their first bits are equal", () => {
  const a = Uint8Array.of(10, 0, 2, 129);
  assertEquals(sameNetwork(a, Uint8Array.of(10, 0, 2, 128), 25), true);
  assertEquals(sameNetwork(a, Uint8Array.of(10, 0, 2, 1), 25), false);
  assertEquals(sameNetwork(a, Uint8Array.of(10, 0, 2, 1), 24), true);
});

Deno.test("loopback is 127.0.0.0/8, ::1, and the former inside of IPv6", () => {
  const loopback = ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1", "10.0.2.2", "::2"]
    .filter((text) => isLoopback(parseAddress(text)!));
  assertEquals(loopback, ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"]);
});
