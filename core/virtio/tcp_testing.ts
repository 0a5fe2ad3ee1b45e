/** One TCP connection's far end, over a wire that loses nothing: takes a stream, or sends one. For tests. */
export interface TcpEnd {
  /** Segments for a segment that came (IPv4 payload; checksums are the caller's). */
  take(segment: Uint8Array): Uint8Array[];
  /** What has come so far. */
  readonly received: Uint8Array[];
  /** Settles when the guest has closed its side: everything has come. */
  readonly ended: Promise<void>;
}

const FLAG = { FIN: 1, SYN: 2, RST: 4, ACK: 16 } as const;
const MSS = 1460, WINDOW = 0xffff;
const START = 1000;
const NONE: Uint8Array = new Uint8Array();

/** An end that listens; once connected it sends `stream`, and closes behind it. */
export function tcpEnd(stream: Uint8Array): TcpEnd {
  const received: Uint8Array[] = [];
  const end = Promise.withResolvers<void>();
  let next = 0, sent = 0, fin = false;

  const make = (to: DataView, flags: number, { at = sent, payload = NONE } = {}): Uint8Array => {
    const options = flags & FLAG.SYN ? [2, 4, MSS >> 8, MSS & 255] : [];
    const bytes = new Uint8Array(20 + options.length + payload.length), view = new DataView(bytes.buffer);
    view.setUint16(0, to.getUint16(2));
    view.setUint16(2, to.getUint16(0));
    view.setUint32(4, flags & FLAG.SYN ? START : START + 1 + at);
    view.setUint32(8, next);
    view.setUint8(12, (20 + options.length) << 2);
    view.setUint8(13, flags | FLAG.ACK);
    view.setUint16(14, WINDOW);
    bytes.set(options, 20);
    bytes.set(payload, 20 + options.length);
    return bytes;
  };

  return {
    received,
    ended: end.promise,
    take(segment) {
      const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
      const flags = view.getUint8(13), payload = segment.slice((view.getUint8(12) >> 4) * 4);
      if (flags & FLAG.RST) return [];
      if (flags & FLAG.SYN) {
        next = view.getUint32(4) + 1 >>> 0;
        return [make(view, FLAG.SYN)];
      }
      if (view.getUint32(4) !== next) return [make(view, 0)];
      next = next + payload.length >>> 0;
      if (payload.length > 0) received.push(payload);
      const answers: Uint8Array[] = [];
      const limit = (view.getUint32(8) - START - 1 >>> 0) + view.getUint16(14);
      while (sent < stream.length && sent + MSS <= limit) {
        const part = stream.subarray(sent, sent + MSS);
        answers.push(make(view, 0, { payload: part }));
        sent += part.length;
      }
      if (flags & FLAG.FIN) {
        next = next + 1 >>> 0;
        end.resolve();
      }
      if (!fin && sent === stream.length && (stream.length > 0 || flags & FLAG.FIN)) {
        fin = true;
        answers.push(make(view, FLAG.FIN));
      } else if (answers.length === 0 && (payload.length > 0 || flags & FLAG.FIN)) {
        answers.push(make(view, 0));
      }
      return answers;
    },
  };
}
