import { assertEquals } from "@std/assert";
import { toBytes } from "@std/streams";
import { type Entry, packCpio, unpackCpio } from "./cpio.ts";
import { findGuests, type Guest, guestTestWith, OWN_GUESTS } from "./guests.ts";

const own = findGuests("arm", OWN_GUESTS);

/** The archive in a guest's initrd. */
async function archiveOf({ initrd }: Guest): Promise<Uint8Array> {
  const file = await Deno.open(initrd);
  return await toBytes(file.readable.pipeThrough(new DecompressionStream("gzip")));
}

function textOf(entries: readonly Entry[], path: string): string {
  return new TextDecoder().decode(entries.find((entry) => entry.path === path)?.content);
}

Deno.test(
  guestTestWith(
    own,
    "the initrd at hand, unpacked and packed again, is the same to the byte",
    async (guest) => {
      const archive = await archiveOf(guest);
      assertEquals(packCpio(unpackCpio(archive), 1_700_000_000), archive);
    },
  ),
);

Deno.test(guestTestWith(own, "the initrd at hand runs the init that stands here", async (guest) => {
  const entries = unpackCpio(await archiveOf(guest));
  const source = (name: string) => Deno.readTextFile(`${import.meta.dirname}/src/${name}`);
  assertEquals(textOf(entries, "init"), await source("init"));
  assertEquals(textOf(entries, "usr/share/udhcpc/default.script"), await source("udhcpc.script"));
}));
