/** A block that was run. */
export interface CoveredBlock {
  /** Where its module was loaded, and its name. */
  readonly base: number;
  readonly path: string;
  /** From the base. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/**
 * Reads the coverage file of DynamoRIO's drcov, version 2 with binary blocks, as described at
 * https://www.ayrx.me/drcov-file-format/ and https://dynamorio.org/page_drcov.html. Throws where it is none.
 */
export function readDrcov(bytes: Uint8Array): CoveredBlock[] {
  let at = 0;
  const line = (form: RegExp): RegExpExecArray => {
    const end = bytes.indexOf(10, at);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(at, end < 0 ? at : end));
    const match = form.exec(text);
    if (match === null) throw new Error(`Cannot read drcov file: "${text}" is not ${form}`);
    at = end + 1;
    return match;
  };
  line(/^DRCOV VERSION: 2$/);
  line(/^DRCOV FLAVOR: \S+$/);
  const modules = Number(line(/^Module Table: version 2, count (\d+)$/)[1]);
  line(/^Columns: id, base, end, entry, path$/);
  const table = Array.from({ length: modules }, (_, id) => {
    const row = line(/^\s*(\d+), 0x([0-9a-f]+), 0x([0-9a-f]+), 0x[0-9a-f]+, (.+)$/);
    if (Number(row[1]) !== id) throw new Error(`Cannot read drcov file: module ${row[1]} in place ${id}`);
    return { base: parseInt(row[2], 16), end: parseInt(row[3], 16), path: row[4] };
  });
  const blocks = Number(line(/^BB Table: (\d+) bbs$/)[1]);
  if (bytes.length - at !== 8 * blocks) {
    throw new Error(`Cannot read drcov file: ${bytes.length - at} bytes are not ${blocks} blocks`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  return Array.from({ length: blocks }, (_, i) => {
    const offset = view.getUint32(8 * i, true), size = view.getUint16(8 * i + 4, true);
    const module = table[view.getUint16(8 * i + 6, true)];
    if (module === undefined || module.base + offset + size > module.end) {
      throw new Error(`Cannot read drcov file: block ${i} is in no module`);
    }
    return { base: module.base, path: module.path, offset, size };
  });
}
