import { assertEquals } from "@std/assert";
import { assertSameBytes, text, u16 } from "./testing/bytes.ts";
import { FakeHost } from "./testing/fake_host.ts";
import { type Seen, udpFrame } from "./testing/frames.ts";
import { plugIn, type TestGuest } from "./testing/guest.ts";
import { LARGEST_BLOCK, TFTP_OPENING, TFTP_RETRIES, TFTP_SESSIONS } from "./tftp.ts";
import { partsOf } from "./tftp_files.ts";
import { CHUNK } from "./tftp_reader.ts";

const HOST = { to: "10.0.2.2" };

/** A folder with files, a folder beside it, and links from one to the other. */
async function withFolder(use: (folder: string, outside: string) => Promise<void>): Promise<void> {
  const top = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${top}/served/sub`, { recursive: true });
    await Deno.mkdir(`${top}/served-too`);
    await Deno.writeFile(`${top}/served/file`, Uint8Array.from({ length: 1300 }, (_, i) => i * 7));
    await Deno.writeFile(`${top}/served/exact`, new Uint8Array(1024).fill(5));
    await Deno.writeTextFile(`${top}/served/sub/deep`, "deep");
    await Deno.writeTextFile(`${top}/secret`, "secret");
    await Deno.writeTextFile(`${top}/served-too/secret`, "secret");
    await Deno.symlink("../secret", `${top}/served/link`);
    await Deno.symlink(`${top}/served-too`, `${top}/served/folder-link`);
    await Deno.symlink("sub/deep", `${top}/served/good-link`);
    await new Deno.Command("mkfifo", { args: [`${top}/served/pipe`] }).output();
    await use(`${top}/served`, top);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

const request = (name: string, { mode = "octet", options = [] as string[], port = 3000, op = 1 } = {}) =>
  udpFrame(HOST, [port, 69], [...u16(op), ...text([name, mode, ...options, ""].join("\0"))]);
const ack = (block: number, port = 3000) => udpFrame(HOST, [port, 69], [...u16(4), ...u16(block)]);

/** Asks; files are read by the host in its own time. */
async function ask(guest: TestGuest, ...frames: Uint8Array[]): Promise<Seen[]> {
  const seen = await guest.ask(...frames);
  for (let i = 0; i < 50 && seen.length === 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    seen.push(...await guest.settle());
  }
  return seen;
}

/** Nothing comes, even after a while. */
async function silence(guest: TestGuest, ...frames: Uint8Array[]): Promise<Seen[]> {
  const seen = await guest.ask(...frames);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return [...seen, ...await guest.settle()];
}

const words = ({ data }: Seen) => [data[0] << 8 | data[1], data[2] << 8 | data[3]];

/** Fetches a file with an option of RFC 2348. */
async function fetch(
  guest: TestGuest,
  name: string,
  options: string[] = [],
  mode = "octet",
): Promise<number[]> {
  const content: number[] = [];
  let [answer] = await ask(guest, request(name, { options, mode }));
  let size = 512;
  if (words(answer)[0] === 6) {
    const [, value] = new TextDecoder().decode(answer.data.subarray(2)).split("\0");
    size = Number(value);
    [answer] = await ask(guest, ack(0));
  }
  for (let block = 1;; block++) {
    assertEquals(words(answer), [3, block & 0xffff]);
    content.push(...answer.data.subarray(4));
    if (answer.data.length < 4 + size) break;
    [answer] = await ask(guest, ack(block));
  }
  guest.send(ack(Math.ceil((content.length + 1) / size)));
  return content;
}

async function rig(tftp: string) {
  const guest = await plugIn({ tftp });
  await guest.announce();
  return guest;
}

Deno.test("tftp serves a file block by block, the last one shorter", () =>
  withFolder(async (folder) => {
    const guest = await rig(folder);
    assertEquals(await fetch(guest, "file"), [...await Deno.readFile(`${folder}/file`)]);
    assertEquals((await fetch(guest, "exact")).length, 1024);
    assertEquals(await fetch(guest, "/sub/deep"), text("deep"));
    assertEquals(await fetch(guest, "good-link"), text("deep"));
    assertEquals(guest.network.stack.tftpSessions.size, 0);
    await guest.close();
  }));

Deno.test("tftp agrees on block size and tells the size of the file", () =>
  withFolder(async (folder) => {
    const guest = await rig(folder);
    const [answer] = await ask(
      guest,
      request("file", { options: ["blksize", "9000", "tsize", "0", "timeout", "2"] }),
    );
    const agreed = `blksize\0${LARGEST_BLOCK}\0tsize\0${1300}\0`;
    assertEquals([...answer.data], [0, 6, ...text(agreed)]);
    assertEquals(await fetch(guest, "file", ["blksize", "100"]), [...await Deno.readFile(`${folder}/file`)]);
    await guest.close();
  }));

Deno.test("tftp goes nowhere outside of its folder", () =>
  withFolder(async (folder, outside) => {
    const guest = await rig(folder);
    const names = [
      "../secret",
      "/../secret",
      "sub/../../secret",
      `${outside}/secret`,
      `/${outside}/secret`,
      "link",
      "folder-link/secret",
      "../served-too/secret",
      "..",
      "/",
      "",
      ".",
      "sub",
      "pipe",
      "..\\secret",
      "none",
      "a".repeat(600),
    ];
    for (const name of names) {
      const [answer] = await ask(guest, request(name));
      assertEquals(words(answer), [5, 1], name);
    }
    assertEquals(guest.network.stack.tftpSessions.size, 0);
    await guest.close();
  }));

Deno.test("a name's parts stay below the folder, or it has none", () => {
  assertEquals(partsOf("/a//./b"), ["a", "b"]);
  for (const name of ["..", "a/../b", "/", "", "a\0b", "a\\b"]) assertEquals(partsOf(name), undefined, name);
});

Deno.test("tftp refuses to write, modes that it does not know, and requests without a mode", () =>
  withFolder(async (folder) => {
    const guest = await rig(folder);
    assertEquals(words((await ask(guest, request("file", { op: 2 })))[0]), [5, 2]);
    assertEquals(words((await ask(guest, request("file", { mode: "mail" })))[0]), [5, 4]);
    assertEquals(words((await ask(guest, udpFrame(HOST, [3000, 69], [0, 1, ...text("file")])))[0]), [5, 4]);
    await guest.close();
  }));

Deno.test("tftp serves nothing without a folder", async () => {
  const guest = await rig("");
  assertEquals(words((await ask(guest, request("file")))[0]), [5, 1]);
  await guest.close();
});

Deno.test("tftp answers an acknowledgement only once, and sends a block again when none comes", () =>
  withFolder(async (folder) => {
    const guest = await rig(folder);
    await ask(guest, request("file"));
    assertEquals(words((await ask(guest, ack(1)))[0]), [3, 2]);
    assertEquals(await silence(guest, ack(1)), []);
    guest.clock.pass(1.1);
    assertEquals((await guest.settle()).map(words), [[3, 2]]);
    guest.clock.pass(2 * TFTP_RETRIES);
    assertEquals((await guest.settle()).length, TFTP_RETRIES - 1);
    assertEquals(guest.network.stack.tftpSessions.size, 0);
    await guest.close();
  }));

Deno.test("tftp has at most TFTP_SESSIONS transfers; the one idle for longest gives way", () =>
  withFolder(async (folder) => {
    const guest = await rig(folder);
    for (let i = 0; i <= TFTP_SESSIONS; i++) {
      guest.clock.time += 1e6;
      await ask(guest, request("file", { port: 3000 + i }));
    }
    assertEquals(guest.network.stack.tftpSessions.size, TFTP_SESSIONS);
    assertEquals(await silence(guest, ack(1, 3000)), []);
    assertEquals(words((await ask(guest, ack(1, 3001)))[0]), [3, 2]);
    await guest.close();
  }));

Deno.test("tftp looks for at most TFTP_OPENING files at a time", async () => {
  const host = new FakeHost();
  let opening = 0;
  host.openServed = () => {
    opening++;
    return new Promise(() => {});
  };
  const guest = await plugIn({ tftp: "." }, host);
  await guest.announce();
  for (let i = 0; i < 3 * TFTP_OPENING; i++) guest.send(request("file", { port: 3000 + i }));
  assertEquals([opening, guest.network.stack.tftpSessions.size], [TFTP_OPENING, TFTP_SESSIONS]);
  await guest.close();
});

Deno.test("tftp gives a file longer than what it reads at once whole, and what is at hand without a turn of the loop", () =>
  withFolder(async (folder) => {
    const data = Uint8Array.from({ length: 2 * CHUNK + 100 }, (_, i) => i * i >> 7);
    await Deno.writeFile(`${folder}/large`, data);
    const guest = await rig(folder);
    assertSameBytes(Uint8Array.from(await fetch(guest, "large", ["blksize", "1428"])), data);
    await ask(guest, request("large"));
    const { queue } = guest.network.stack;
    guest.send(ack(1));
    assertEquals(queue.count, 1);
    await guest.close();
  }));

Deno.test("tftp writes ends of lines as netascii has them, in any block, and tells no size", () =>
  withFolder(async (folder) => {
    const content = "a\nb\r\n".repeat(300) + "\r";
    await Deno.writeTextFile(`${folder}/text`, content);
    const guest = await rig(folder);
    for (const size of [8, 9, 512]) {
      const bytes = await fetch(guest, "text", ["blksize", `${size}`, "tsize", "0"], "netascii");
      const wanted = content.replaceAll(/[\r\n]/g, (end) => end === "\n" ? "\r\n" : "\r\0");
      assertSameBytes(Uint8Array.from(bytes), text(wanted));
    }
    await guest.close();
  }));
