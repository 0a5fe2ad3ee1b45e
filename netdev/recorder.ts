import type { BackendContext, NetBackend } from "@emu/core";
import { joined } from "./join.ts";
import { pcapHeader, pcapRecord } from "./pcap.ts";

/** Bytes that are kept for a slow disk; frames that find no room are left out of the record. */
const LIMIT = 8 << 20;

export interface RecorderOptions {
  readonly file: string;
  /** Bytes kept of each frame. */
  readonly maxlen?: number;
  /** Whose clock the time stamps are of: the guest's, or the host's. */
  readonly time?: "virtual" | "wall";
  /** Bytes kept for a slow disk. */
  readonly limit?: number;
}

/** Writes frames to a pcap file. */
export interface Recorder {
  /** Adds a frame, whose bytes are only lent. */
  record(frame: Uint8Array): void;
  /** Frames left out, because the disk was too slow. */
  readonly missing: number;
  /** Settles when all is written. May be called more than once. */
  close(): Promise<void>;
}

type Surroundings = Pick<BackendContext<unknown>, "clock" | "warn">;

/** Opens a record. Throws where the file cannot be written. */
export function openRecorder(
  { file, maxlen: snapLength = 65536, time = "virtual", limit = LIMIT }: RecorderOptions,
  { clock, warn }: Surroundings,
): Recorder {
  const out = create(file);
  let queue: Uint8Array<ArrayBuffer>[] = [pcapHeader(snapLength)];
  let held = 0, missing = 0, failed = false;
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function write(): Promise<void> {
    try {
      while (queue.length > 0) {
        const bytes = joined(queue.splice(0));
        for (let done = 0; done < bytes.length;) done += await out.write(bytes.subarray(done));
        held -= bytes.length;
      }
    } catch (error) {
      failed = true;
      queue = [];
      warn(`Cannot write ${file} any more: ${(error as Error).message}`);
    } finally {
      writing = undefined;
    }
  }
  const start = () => void (writing ??= write());
  held += queue[0].length;
  start();

  return {
    record(frame) {
      if (failed || closing) return;
      const now = time === "wall" ? Date.now() * 1e6 : clock.epoch + clock.now();
      const record = pcapRecord(frame, { time: now, snapLength });
      if (held + record.length > limit) {
        missing++;
        return;
      }
      held += record.length;
      queue.push(record);
      start();
    },
    get missing() {
      return missing;
    },
    close: () =>
      closing ??= (async () => {
        while (writing) await writing;
        out.close();
        if (missing > 0) warn(`Cannot keep up with the network: ${missing} frames are not in ${file}`);
      })(),
  };
}

function create(file: string): Deno.FsFile {
  try {
    return Deno.openSync(file, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new Error(`cannot write ${file}: ${(error as Error).message}`);
  }
}

/** A back end whose frames are recorded, those of both directions, as the guest's card sends and gets them. */
export function recorded<T extends NetBackend>(backend: T, recorder: Recorder): NetBackend {
  return {
    send(frame) {
      recorder.record(frame);
      backend.send(frame);
    },
    connect: (receiver) =>
      backend.connect({
        receive(frame) {
          recorder.record(frame);
          receiver.receive(frame);
        },
        canReceive: () => receiver.canReceive(),
      }),
    ready: () => backend.ready(),
    async close() {
      try {
        await backend.close();
      } finally {
        await recorder.close();
      }
    },
  };
}
