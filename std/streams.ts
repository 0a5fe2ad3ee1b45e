/**
 * The functions of `@std/streams` that this project uses, over web streams.
 * Point the import map at `jsr:@std/streams@1` to use the original.
 *
 * @module
 */

/** Reads a stream to its end and returns all its bytes. */
export async function toBytes(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

/** Reads a stream to its end and returns it as text. */
export async function toText(stream: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}
