import type { Seen, TcpFields } from "./frames.ts";
import { tcpFrame } from "./frames.ts";
import type { TestGuest } from "./guest.ts";

/** A guest's end of one TCP connection: little more than what RFC 9293 asks of a receiver, and a plain sender. */
export class TcpPeer {
  readonly received: number[] = [];
  /** A FIN came. */
  ended = false;
  reset = false;
  /** Our next sequence number, and what we expect. */
  seq = 1000;
  ack = 0;
  /** The other side's window, and what it has acknowledged. */
  theirWindow = 0;
  acknowledged = 1000;
  /** Segments to lose before they are looked at. */
  lose: (segment: Seen) => boolean = () => false;
  /** Bytes that it takes. */
  window: number;
  readonly #guest: TestGuest;
  readonly #to: string;
  readonly #shift: number;
  readonly #mss: number;
  #theirShift = 0;
  /** Segments that came before others, by sequence number. */
  readonly #early = new Map<number, Seen>();

  constructor(
    guest: TestGuest,
    { to = "192.0.2.1", window = 65535, shift = 0, mss = 1460 }: {
      to?: string;
      window?: number;
      shift?: number;
      mss?: number;
    } = {},
  ) {
    this.#guest = guest;
    this.#to = to;
    this.window = window;
    this.#shift = shift;
    this.#mss = mss;
  }

  segment(flags: string, fields: Partial<TcpFields> = {}): Uint8Array<ArrayBuffer> {
    const window = flags === "S" ? Math.min(this.window, 65535) : this.window >> this.#shift;
    const base = { ports: [5000, 80] as const, seq: this.seq, ack: this.ack, flags, window };
    return tcpFrame({ to: this.#to }, { ...base, ...fields });
  }

  syn(): Uint8Array<ArrayBuffer> {
    const options = [2, 4, this.#mss >> 8, this.#mss & 255, 1, 3, 3, this.#shift];
    return this.segment("S", { options, ack: 0 });
  }

  async open(): Promise<void> {
    const [answer] = await this.#guest.ask(this.syn());
    if (answer?.flags !== "SA") throw new Error(`the SYN was answered by ${answer?.flags}`);
    this.#theirShift = answer.options[6] ?? 0;
    this.theirWindow = answer.window;
    this.seq = this.acknowledged = 1001;
    this.ack = answer.seq + 1 >>> 0;
    await this.#guest.ask(this.segment("A"));
  }

  /** Takes what comes, and acknowledges it, until nothing more comes. */
  async run(): Promise<void> {
    for (;;) {
      const segments = await this.#guest.settle();
      if (segments.length === 0) return;
      this.take(segments);
    }
  }

  /** Takes segments, and answers those that want it. */
  take(segments: readonly Seen[]): void {
    for (const segment of segments.filter((one) => !this.lose(one))) {
      if (segment.flags.includes("R")) this.reset = true;
      this.theirWindow = segment.window << this.#theirShift;
      if ((segment.ack - this.acknowledged | 0) > 0) this.acknowledged = segment.ack;
      const fin = segment.flags.includes("F");
      if (segment.data.length === 0 && !fin) continue;
      if (segment.data.length <= this.window) this.#early.set(segment.seq, segment);
      for (let next; (next = this.#early.get(this.ack));) {
        this.#early.delete(this.ack);
        this.received.push(...next.data);
        this.ended ||= next.flags.includes("F");
        this.ack = this.ack + next.data.length + (next.flags.includes("F") ? 1 : 0) >>> 0;
      }
      this.#guest.send(this.segment("A"));
    }
  }

  /** Sends within the other side's window, as long as it moves. */
  async write(data: ArrayLike<number>): Promise<void> {
    let at = 0;
    const start = this.seq;
    while (at < data.length) {
      const edge = (this.acknowledged - start | 0) + this.theirWindow;
      if (at >= edge) {
        const before = this.acknowledged, window = this.theirWindow;
        await this.run();
        if (this.acknowledged === before && this.theirWindow === window) return;
        continue;
      }
      const end = Math.min(data.length, edge, at + this.#mss);
      this.#guest.send(this.segment("A", { data: Array.prototype.slice.call(data, at, end) }));
      this.seq = this.seq + end - at >>> 0;
      at = end;
    }
    await this.run();
  }

  async end(): Promise<void> {
    this.#guest.send(this.segment("FA"));
    this.seq = this.seq + 1 >>> 0;
    await this.run();
  }
}
