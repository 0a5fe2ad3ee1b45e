import { UserError } from "./error.ts";

/** Reads a whole file that the user named. */
export async function readUserFile(option: string, path: string): Promise<Uint8Array> {
  try {
    const { isDirectory } = await Deno.stat(path);
    if (isDirectory) throw new UserError(`Cannot read --${option} ${path}: it is a directory, not a file`);
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot read --${option} ${path}: ${fileProblem(error)}`);
  }
}

/** What is wrong with a file, in words. */
export function fileProblem(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "permission denied";
  }
  if (error instanceof Deno.errors.NotADirectory) return "part of its path is not a directory";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory, not a file";
  return error instanceof Error ? error.message.replace(/\s*\n\s*/g, " ") : String(error);
}
