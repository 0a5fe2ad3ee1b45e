import { messageOf } from "../plugin/error.ts";

/** How a plugin's results are written. */
export type Format = "text" | "json";

/** Where a plugin writes to: a file, or standard error. */
export interface Output {
  readonly format: Format;
  line(text: string): void;
  /** Closes the file; gives what went wrong, as a line. */
  close(): string | undefined;
}

const BUFFER = 1 << 16;

/** Opens an output. Throws with a message for the user if the file cannot be written. */
export function openOutput(path: string | undefined, format: Format, say: (line: string) => void): Output {
  if (path === undefined) return { format, line: say, close: () => undefined };
  let file: Deno.FsFile | undefined, failed: string | undefined;
  try {
    file = Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${messageOf(error)}`);
  }
  const encoder = new TextEncoder();
  let text = "";
  const flush = () => {
    const bytes = encoder.encode(text);
    text = "";
    try {
      for (let done = 0; done < bytes.length;) done += file!.writeSync(bytes.subarray(done));
    } catch (error) {
      failed ??= `Cannot write ${path}: ${messageOf(error)}`;
    }
  };
  return {
    format,
    line(line) {
      if (file === undefined || failed !== undefined) return;
      text += `${line}\n`;
      if (text.length >= BUFFER) flush();
    },
    close() {
      if (file === undefined) return undefined;
      if (failed === undefined) flush();
      file.close();
      file = undefined;
      return failed;
    },
  };
}
