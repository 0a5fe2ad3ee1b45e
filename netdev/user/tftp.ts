import { NEVER } from "@emu/core";
import { type Address, formatAddress } from "./address.ts";
import { destinationOf, sourceOf } from "./packet.ts";
import type { Stack } from "./stack.ts";
import type { ServedFile } from "./tftp_files.ts";
import { BlockReader, netascii } from "./tftp_reader.ts";
import { type Datagram, sendUdp } from "./udp.ts";

/** The Trivial File Transfer Protocol (RFC 1350) with options (RFC 2347, 2348, 2349); read only. */
export const TFTP_PORT = 69;
const OP = { READ: 1, WRITE: 2, DATA: 3, ACK: 4, ERROR: 5, OPTIONS: 6 } as const;
const ERROR = { NOT_DEFINED: 0, NOT_FOUND: 1, ACCESS: 2, ILLEGAL: 4, UNKNOWN: 5, OPTION: 8 } as const;
const HEADER = 4;
const BLOCK = 512;
const SMALLEST_BLOCK = 8;
/** What fits a frame. */
export const LARGEST_BLOCK = 1500 - 20 - 8 - HEADER;
/** Transfers at a time; the one idle for longest gives way. */
export const TFTP_SESSIONS = 20;
/** Files that the host is looking for at a time; requests beyond are lost, and the client asks again. */
export const TFTP_OPENING = 20;
/** Until a block is sent again, in nanoseconds, and how often. */
export const TFTP_TIMEOUT = 1e9;
export const TFTP_RETRIES = 5;
/** Longest request: names, options and their values. */
const LONGEST_REQUEST = 1024;

/** One transfer. */
export interface TftpSession {
  readonly key: string;
  readonly client: Address;
  readonly port: number;
  readonly server: Address;
  file: ServedFile | undefined;
  reader: BlockReader | undefined;
  blockSize: number;
  /** The block that was sent last, from 1; 0: options were. */
  block: number;
  /** The message that waits for its acknowledgement. */
  message: Uint8Array<ArrayBuffer> | undefined;
  last: boolean;
  deadline: number;
  retries: number;
}

export function tftpInput(stack: Stack, { packet, sourcePort }: Datagram): void {
  const { bytes, view, payload, end } = packet;
  if (end - payload < HEADER) return;
  const operation = view.getUint16(payload);
  const key = `${formatAddress(sourceOf(packet))} ${sourcePort}`;
  const session = stack.tftpSessions.get(key);
  if (operation === OP.READ || operation === OP.WRITE) {
    const request = bytes.slice(payload + 2, Math.min(end, payload + LONGEST_REQUEST));
    const asked = { key, client: sourceOf(packet), port: sourcePort, server: destinationOf(packet) };
    if (operation === OP.WRITE) return error(stack, asked, { code: ERROR.ACCESS, text: "read only" });
    void start(stack, asked, request);
  } else if (operation === OP.ACK && session) acknowledged(stack, session, view.getUint16(payload + 2));
  else if (operation === OP.ERROR && session) finish(stack, session);
}

type Asked = Pick<TftpSession, "key" | "client" | "port" | "server">;

/** Name, mode, and options with their values: texts that end with a zero byte each. */
function textsOf(request: Uint8Array): string[] {
  const texts = new TextDecoder().decode(request).split("\0");
  texts.pop(); // what no zero byte ends is no text
  return texts;
}

async function start(stack: Stack, asked: Asked, request: Uint8Array): Promise<void> {
  const [name, mode, ...options] = textsOf(request);
  if (name === undefined || mode === undefined) {
    return error(stack, asked, { code: ERROR.ILLEGAL, text: "no name or mode" });
  }
  const text = mode.toLowerCase() === "netascii";
  if (!text && mode.toLowerCase() !== "octet") {
    return error(stack, asked, { code: ERROR.ILLEGAL, text: "octet and netascii mode only" });
  }
  if (stack.tftpOpening >= TFTP_OPENING) return;
  const old = stack.tftpSessions.get(asked.key);
  if (old) finish(stack, old);
  makeRoom(stack);
  const session: TftpSession = {
    ...asked,
    file: undefined,
    reader: undefined,
    blockSize: BLOCK,
    block: 0,
    message: undefined,
    last: false,
    deadline: stack.timers.now() + TFTP_TIMEOUT * TFTP_RETRIES,
    retries: 0,
  };
  stack.tftpSessions.set(asked.key, session);
  stack.timers.by(session.deadline);
  const { tftp } = stack.settings;
  stack.tftpOpening++;
  const file = tftp === "" ? undefined : await stack.host.openServed(tftp, name);
  stack.tftpOpening--;
  if (stack.tftpSessions.get(asked.key) !== session) return file?.close(); // it has been asked something else
  if (!file) {
    error(stack, asked, { code: ERROR.NOT_FOUND, text: "no such file" });
    return finish(stack, session);
  }
  session.file = text ? netascii(file) : file;
  const agreed = negotiate(session, options);
  session.reader = new BlockReader(session.file, session.blockSize);
  session.reader.ready(0); // begins to read
  if (agreed.length === 0) return await sendBlock(stack, session, 1);
  send(stack, session, Uint8Array.of(0, OP.OPTIONS, ...new TextEncoder().encode(agreed.join("\0") + "\0")));
}

/** Takes up the options that are known; gives those that hold, with their values. */
function negotiate(session: TftpSession, options: readonly string[]): (string | number)[] {
  const agreed: (string | number)[] = [];
  for (let i = 0; i + 1 < options.length; i += 2) {
    const option = options[i].toLowerCase(), value = Number(options[i + 1]);
    if (option === "blksize" && value >= SMALLEST_BLOCK && !agreed.includes("blksize")) {
      session.blockSize = Math.min(Math.floor(value), LARGEST_BLOCK);
      agreed.push("blksize", session.blockSize);
    } else if (option === "tsize" && session.file!.size !== undefined && !agreed.includes("tsize")) {
      agreed.push("tsize", session.file!.size);
    }
  }
  return agreed;
}

function acknowledged(stack: Stack, session: TftpSession, block: number): void {
  // Anything but the block sent last is a duplicate: to answer it would send all that follows twice (RFC 1123, 4.2.3.1).
  if (!session.message || block !== (session.block & 0xffff)) return;
  session.message = undefined;
  session.deadline = stack.timers.now() + TFTP_TIMEOUT * TFTP_RETRIES; // for the file
  if (session.last) return finish(stack, session);
  const next = session.reader!.ready(session.block); // blocks count from 1
  if (next) sendData(stack, session, next);
  else void sendBlock(stack, session, session.block + 1);
}

async function sendBlock(stack: Stack, session: TftpSession, block: number): Promise<void> {
  let data: Uint8Array;
  try {
    data = await session.reader!.read(block - 1);
  } catch {
    if (stack.tftpSessions.get(session.key) !== session) return;
    error(stack, session, { code: ERROR.NOT_DEFINED, text: "read error" });
    return finish(stack, session);
  }
  if (stack.tftpSessions.get(session.key) !== session) return;
  sendData(stack, session, data);
}

/** Sends the block behind the one sent last. */
function sendData(stack: Stack, session: TftpSession, data: Uint8Array): void {
  const message = new Uint8Array(HEADER + data.length);
  session.block++;
  new DataView(message.buffer).setUint32(0, OP.DATA << 16 | session.block & 0xffff);
  message.set(data, HEADER);
  session.last = data.length < session.blockSize;
  send(stack, session, message);
}

function send(stack: Stack, session: TftpSession, message: Uint8Array<ArrayBuffer>): void {
  session.message = message;
  session.retries = 0;
  transmit(stack, session);
}

function transmit(stack: Stack, session: TftpSession): void {
  session.deadline = stack.timers.now() + TFTP_TIMEOUT;
  stack.timers.by(session.deadline);
  reply(stack, session, session.message!);
}

function reply(stack: Stack, { server, client, port }: Asked, message: Uint8Array): void {
  sendUdp(stack, { source: server, sourcePort: TFTP_PORT, target: client, targetPort: port }, message);
}

function error(
  stack: Stack,
  to: Asked,
  { code, text }: { readonly code: number; readonly text: string },
): void {
  reply(stack, to, Uint8Array.of(0, OP.ERROR, 0, code, ...new TextEncoder().encode(text), 0));
}

function makeRoom({ tftpSessions }: Stack): void {
  if (tftpSessions.size < TFTP_SESSIONS) return;
  const oldest = [...tftpSessions.values()].reduce((a, b) => a.deadline <= b.deadline ? a : b);
  oldest.file?.close();
  tftpSessions.delete(oldest.key);
}

function finish({ tftpSessions }: Stack, session: TftpSession): void {
  if (tftpSessions.get(session.key) === session) tftpSessions.delete(session.key);
  session.file?.close();
  session.file = undefined;
}

/** Sends again what was not acknowledged in time; gives when to look again. */
export function tftpTick(stack: Stack, now: number): number {
  let next = NEVER;
  for (const session of stack.tftpSessions.values()) {
    if (session.deadline <= now) {
      if (!session.message || ++session.retries > TFTP_RETRIES) {
        finish(stack, session);
        continue;
      }
      transmit(stack, session);
    }
    next = Math.min(next, session.deadline);
  }
  return next;
}

export function closeTftp(stack: Stack): void {
  for (const session of stack.tftpSessions.values()) finish(stack, session);
}
