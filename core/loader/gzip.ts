import { LoaderError, sizeText } from "./error.ts";

/** What decompression may grow to unless the caller says otherwise. */
export const DECOMPRESSED_LIMIT = 512 << 20;

// One piece expands by about 1000 at most, so a piece bounds what is held past the limit.
const PIECE = 16 << 10;

export interface GunzipOptions {
  /** Begins the messages: "kernel", "U-Boot image". */
  what: string;
  /** Most bytes that may come out. */
  limit?: number;
}

/** Whether the bytes start as a gzip member with the deflate method (RFC 1952 2.3). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/**
 * Decompresses one gzip member.
 *
 * @throws {LoaderError} when the data is corrupt, truncated, followed by something else, or larger than `limit`.
 */
export async function gunzip(
  bytes: Uint8Array,
  { what, limit = DECOMPRESSED_LIMIT }: GunzipOptions,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of inPieces(bytes).pipeThrough(new DecompressionStream("gzip"))) {
      length += piece.length;
      if (length > limit) break;
      pieces.push(piece);
    }
  } catch (error) {
    throw new LoaderError(`${what} has gzip data that is corrupt or truncated (${(error as Error).message})`);
  }
  if (length > limit) {
    throw new LoaderError(`${what} grows past the limit of ${sizeText(limit)} when decompressed`);
  }
  return joined(pieces, length);
}

function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + PIECE));
      at += PIECE;
    },
  });
}

function joined(pieces: Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
