import type { MachineSnapshot } from "../core/machine/snapshot.ts";
import { decodeSnapshot, encodeSnapshot } from "../core/machine/snapshot_file.ts";
import { UserError } from "./error.ts";
import { fileProblem, readUserFile } from "./files.ts";

/** Reads the file of `--loadvm`. */
export async function readSnapshot(path: string): Promise<MachineSnapshot> {
  const bytes = await readUserFile("loadvm", path);
  try {
    return await decodeSnapshot(bytes);
  } catch (error) {
    throw withSnapshotFile(error, path);
  }
}

/** Writes a file for `--loadvm`: whole, or not at all. */
export async function saveSnapshot(path: string, snapshot: MachineSnapshot): Promise<void> {
  const bytes = await encodeSnapshot(snapshot), unfinished = `${path}.${Deno.pid}.tmp`;
  try {
    await Deno.writeFile(unfinished, bytes);
    await Deno.rename(unfinished, path);
  } catch (error) {
    await Deno.remove(unfinished).catch(() => {});
    throw new UserError(`Cannot use option --savevm ${path}: ${fileProblem(error)}`);
  }
}

/** Says of an error with a snapshot which file that is. */
export function withSnapshotFile(error: unknown, path: string | undefined): unknown {
  if (!(error instanceof Error) || !error.message.startsWith("Cannot restore ")) return error;
  const problem = error.message.replace(
    /^Cannot restore (the snapshot: )?/,
    (_, snapshot) => snapshot ? "" : "cannot restore ",
  );
  return new UserError(`Cannot use option --loadvm ${path}: ${problem}`);
}
