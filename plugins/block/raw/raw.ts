import { type BlockBackend, defineBlock } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };

/** A raw image. Requests are carried out one after the other, in the order they were made. */
export default defineBlock(manifest, async ({ properties, warn }) => {
  const { file: path, readonly } = properties;
  if (path === "") throw new Error('property "file": is missing; say which image');
  const { file, readOnly } = await openImage(path, { readonly, warn });
  // File systems without locks are as good as unlocked.
  if (!await file.tryLock(!readOnly).catch(() => true)) {
    file.close();
    throw new Error(`property "file": another machine uses "${path}"; readonly=on lets several read it`);
  }
  const size = await file.seek(0, Deno.SeekMode.End);
  if (size === 0) {
    file.close();
    throw new Error(`property "file": "${path}" is empty: make it as large as the medium`);
  }
  return rawBlock(file, { size, readOnly });
});

/** A back end over an open file. */
function rawBlock(
  file: Deno.FsFile,
  { size, readOnly }: { readonly size: number; readonly readOnly: boolean },
): BlockBackend & { close(): Promise<void> } {
  let last: Promise<unknown> = Promise.resolve();
  let open = true;
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    if (!open) return Promise.reject(new Error("the image is closed"));
    const result = last.then(step);
    last = result.catch(() => {});
    return result;
  };
  const outside = (offset: number, length: number) =>
    Number.isSafeInteger(offset) && offset >= 0 && offset + length <= size
      ? undefined
      : Promise.reject(new RangeError(`${length} bytes at ${offset} lie outside of ${size} bytes`));
  return {
    size,
    readOnly,
    read: (offset, into) =>
      outside(offset, into.length) ?? inTurn(async () => {
        await file.seek(offset, Deno.SeekMode.Start);
        for (let done = 0; done < into.length;) {
          const count = await file.read(into.subarray(done));
          if (count === null) throw new Error("the image has become shorter");
          done += count;
        }
      }),
    write(offset, from) {
      if (readOnly) return Promise.reject(new Error("the image is read-only"));
      const bytes = from.slice(); // the caller may go on to use its buffer
      return outside(offset, bytes.length) ?? inTurn(async () => {
        await file.seek(offset, Deno.SeekMode.Start);
        for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      });
    },
    flush: () => inTurn(async () => readOnly ? undefined : await file.syncData()),
    async close() {
      if (!open) return;
      open = false;
      await last;
      file.close();
    },
  };
}

async function openImage(
  path: string,
  { readonly, warn }: { readonly readonly: boolean; warn(message: string): void },
): Promise<{ file: Deno.FsFile; readOnly: boolean }> {
  try {
    if ((await Deno.stat(path)).isDirectory) throw new Error("it is a directory, not a file");
    if (!readonly) {
      try {
        return { file: await Deno.open(path, { read: true, write: true }), readOnly: false };
      } catch (error) {
        if (!isForbidden(error)) throw error;
        warn(`Image "${path}" is not writable: the guest sees it as read-only`);
      }
    }
    return { file: await Deno.open(path, { read: true }), readOnly: true };
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : (error as Error).message;
    throw new Error(`property "file": cannot open "${path}": ${why}`);
  }
}

/** No permission, or a read-only file system (EROFS), or a program that runs (ETXTBSY). */
function isForbidden(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable ||
    /os error (26|30)/.test(String(error));
}
