import type { DisplaySource, Picture } from "../core/backend/display.ts";
import { UserError } from "./error.ts";
import { fileProblem } from "./files.ts";

/** Writes what the first display that is on shows, as PNG. */
export async function screendump(displays: readonly DisplaySource[], path: string): Promise<void> {
  const picture = displays.map((display) => display.render()).find((picture) => picture !== undefined);
  if (!picture) throw new UserError(`Cannot write --screendump ${path}: no display of the machine is on`);
  const bytes = await pngOf(picture);
  try {
    await Deno.writeFile(path, bytes);
  } catch (error) {
    throw new UserError(`Cannot write --screendump ${path}: ${fileProblem(error)}`);
  }
}

/** A picture as a PNG file. */
export async function pngOf({ width, height, pixels }: Picture): Promise<Uint8Array> {
  const { PNG } = await import("pngjs");
  const png = new PNG({ width, height });
  png.data.set(pixels.subarray(0, width * height * 4));
  return PNG.sync.write(png);
}
