import { MAX_FRAME, type NetBackend } from "@emu/core";
import { Inbox } from "./inbox.ts";
import { ERRNO, errno, errorText, libc } from "./libc.ts";
import { sharedPoller } from "./poller.ts";
import type { CountingBackend } from "./stream_link.ts";
import { fits, noTraffic } from "./traffic.ts";

/** What moves a frame at a time. Both give a negative number where the call failed, with the reason in `errno`. */
export interface FramePort {
  readonly fd: number;
  /** Reads a frame, and says how long it is. */
  read(buffer: Uint8Array<ArrayBuffer>): number;
  /** Not there: what is sent is lost. */
  write?(frame: Uint8Array<ArrayBuffer>): number;
  /** After the descriptor is closed. */
  closed?(): void | Promise<void>;
}

/** Frames read at once, before other events have their turn. */
const BATCH = 64;
/** Frames kept while the other side has no room, and milliseconds until it is asked again. */
const OUTGOING = { LIMIT: 256, RETRY: 1, MAX_RETRY: 50 } as const;
/** Calls that fail in a row until a descriptor is given up. */
const FAILURES = 10;

/** A back end on a descriptor that never blocks. */
export function descriptorBackend(port: FramePort, warn: (message: string) => void): CountingBackend {
  const traffic = noTraffic();
  const inbox = new Inbox(traffic);
  const sender = port.write && new Sender(port.write);
  let open = true;

  /** Reads what is there, within bounds; false after a failure. */
  function readSome(buffer: Uint8Array<ArrayBuffer>): boolean {
    for (let i = 0; i < BATCH && open && !inbox.full; i++) {
      const length = port.read(buffer);
      if (length < 0) return isFull(errno()) || errno() === ERRNO.EINTR;
      if (fits(length, traffic)) inbox.push(buffer.subarray(0, length));
    }
    return true;
  }

  async function run(): Promise<void> {
    const buffer = new Uint8Array(MAX_FRAME + 1); // one more, so that what is too long shows
    for (let failures = 0; open;) {
      await sharedPoller().readable(port.fd);
      if (!open) return;
      if (readSome(buffer)) failures = 0;
      else if (++failures === FAILURES) return warn(`Cannot receive frames any more: ${errorText()}`);
      await inbox.space();
    }
  }
  const running = run();

  return {
    traffic,
    send(frame) {
      if (!open || !fits(frame.length, traffic)) return;
      if (sender?.send(frame)) traffic.sent++;
      else traffic.dropped++;
    },
    connect: (receiver) => inbox.connect(receiver),
    ready: () => inbox.deliver(),
    async close() {
      if (!open) return;
      open = false;
      sender?.close();
      inbox.close();
      await sharedPoller().remove(port.fd);
      await running;
      libc().close(port.fd);
      await port.closed?.();
    },
  } satisfies NetBackend & { traffic: unknown };
}

function isFull(code: number): boolean {
  return code === ERRNO.EAGAIN || code === ERRNO.ENOBUFS;
}

/** Sends at once, or later in order: a Unix datagram socket that is full does not say when it no longer is. */
class Sender {
  readonly #write: NonNullable<FramePort["write"]>;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #delay: number = OUTGOING.RETRY;

  constructor(write: NonNullable<FramePort["write"]>) {
    this.#write = write;
  }

  /** Takes a frame, whose bytes are only lent; false if it is lost. */
  send(frame: Uint8Array): boolean {
    const bytes = frame as Uint8Array<ArrayBuffer>;
    if (this.#waiting.length === 0) {
      if (this.#write(bytes) >= 0) return true;
      if (!isFull(errno())) return false;
    }
    if (this.#waiting.length >= OUTGOING.LIMIT) return false;
    this.#waiting.push(bytes.slice());
    this.#timer ??= setTimeout(this.#retry, this.#delay);
    return true;
  }

  close(): void {
    this.#waiting = [];
    clearTimeout(this.#timer);
  }

  #retry = () => {
    this.#timer = undefined;
    const before = this.#waiting.length;
    let done = 0;
    while (done < before && (this.#write(this.#waiting[done]) >= 0 || !isFull(errno()))) done++;
    this.#waiting.splice(0, done);
    this.#delay = done > 0 ? OUTGOING.RETRY : Math.min(this.#delay * 2, OUTGOING.MAX_RETRY);
    if (this.#waiting.length > 0) this.#timer = setTimeout(this.#retry, this.#delay);
  };
}
