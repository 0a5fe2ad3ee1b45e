/**
 * FAT images for the monitor's tests, written from the specification ("FAT32 File System Specification"
 * 1.03) without looking at the monitor's reader: files in the root directory, long names, clusters handed
 * out with gaps so that a reader must follow the chain.
 */

const SECTOR = 512;

export interface ImageFile {
  name: string;
  data: Uint8Array;
}

export interface Layout {
  type: 12 | 16 | 32;
  /** First sector of the volume; 0 means no partition table. */
  start: number;
  /** Bytes of the whole image; a power of two, as SD cards of some emulators must be. */
  size: number;
  sectorsPerCluster: number;
}

interface Entry extends ImageFile {
  short: string;
  cluster: number;
}

function shortName(name: string, index: number): string {
  const [base, extension = ""] = name.toUpperCase().split(".");
  const fits = /^[A-Z0-9_-]{1,8}$/.test(base) && /^[A-Z0-9_-]{0,3}$/.test(extension) &&
    name === name.toUpperCase();
  const shown = fits ? base : `${base.replace(/[^A-Z0-9]/g, "").slice(0, 5)}~${index + 1}`;
  return shown.padEnd(8) + extension.replace(/[^A-Z0-9]/g, "").slice(0, 3).padEnd(3);
}

const checksum = (short: string) =>
  [...short].reduce((sum, c) => (((sum & 1) << 7) + (sum >> 1) + c.charCodeAt(0)) & 0xff, 0);

/** Long-name entries, last part first, then the short one. */
function directoryEntries({ name, short, cluster, data }: Entry): Uint8Array[] {
  const entries: Uint8Array[] = [];
  const parts = Math.ceil(name.length / 13);
  for (let part = parts; part >= 1; part--) {
    const entry = new Uint8Array(32);
    const view = new DataView(entry.buffer);
    entry[0] = part | (part === parts ? 0x40 : 0);
    entry[11] = 0x0f;
    entry[13] = checksum(short);
    [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30].forEach((place, i) => {
      const at = (part - 1) * 13 + i;
      view.setUint16(place, at < name.length ? name.charCodeAt(at) : at === name.length ? 0 : 0xffff, true);
    });
    entries.push(entry);
  }
  const entry = new Uint8Array(32);
  const view = new DataView(entry.buffer);
  entry.set(new TextEncoder().encode(short));
  entry[11] = 0x20;
  view.setUint16(20, cluster >>> 16, true);
  view.setUint16(24, (2026 - 1980) << 9 | 3 << 5 | 14, true);
  view.setUint16(26, cluster, true);
  view.setUint32(28, data.length, true);
  return [...entries, entry];
}

function setFat(fat: DataView, type: number, cluster: number, value: number): void {
  if (type === 32) return fat.setUint32(cluster * 4, value, true);
  if (type === 16) return fat.setUint16(cluster * 2, value, true);
  const at = cluster + (cluster >> 1);
  const old = fat.getUint16(at, true);
  fat.setUint16(at, cluster & 1 ? (old & 0x000f) | value << 4 : (old & 0xf000) | (value & 0xfff), true);
}

/** Makes an image with these files in its root directory. */
export function fatImage({ type, start, size, sectorsPerCluster }: Layout, files: ImageFile[]): Uint8Array {
  const image = new Uint8Array(size);
  const total = size / SECTOR - start;
  const reserved = type === 32 ? 32 : 1;
  const rootEntries = type === 32 ? 0 : 512;
  const rootSectors = rootEntries * 32 / SECTOR;
  const fatSectors = Math.ceil((total / sectorsPerCluster + 2) * type / 8 / SECTOR);
  const dataStart = reserved + 2 * fatSectors + rootSectors;

  const boot = new DataView(image.buffer, start * SECTOR, SECTOR);
  image.set([0xeb, 0x3c, 0x90], start * SECTOR);
  boot.setUint16(11, SECTOR, true);
  boot.setUint8(13, sectorsPerCluster);
  boot.setUint16(14, reserved, true);
  boot.setUint8(16, 2);
  boot.setUint16(17, rootEntries, true);
  if (total < 0x10000) boot.setUint16(19, total, true);
  else boot.setUint32(32, total, true);
  boot.setUint8(21, 0xf8);
  if (type === 32) boot.setUint32(36, fatSectors, true);
  else boot.setUint16(22, fatSectors, true);
  if (type === 32) boot.setUint32(44, 2, true);
  boot.setUint16(510, 0xaa55, true);
  if (start > 0) {
    const table = new DataView(image.buffer, 446, 66);
    table.setUint8(4, { 12: 0x01, 16: 0x06, 32: 0x0c }[type]);
    table.setUint32(8, start, true);
    table.setUint32(12, total, true);
    table.setUint16(64, 0xaa55, true);
  }

  const fatBytes = new Uint8Array(fatSectors * SECTOR);
  const fat = new DataView(fatBytes.buffer);
  const last = type === 32 ? 0x0fff_ffff : type === 16 ? 0xffff : 0xfff;
  const clusterBytes = sectorsPerCluster * SECTOR;
  const clusterAt = (n: number) => (start + dataStart + (n - 2) * sectorsPerCluster) * SECTOR;
  setFat(fat, type, 0, last);
  setFat(fat, type, 1, last);
  let next = 3; // FAT32 keeps its root directory in cluster 2
  if (type === 32) setFat(fat, type, 2, last);

  const entries = files.map((file, index): Entry => {
    const count = Math.max(1, Math.ceil(file.data.length / clusterBytes));
    const chain = Array.from({ length: count }, (_, i) => (next += i % 7 === 3 ? 2 : 1) - 1);
    chain.forEach((cluster, i) => {
      setFat(fat, type, cluster, chain[i + 1] ?? last);
      image.set(file.data.subarray(i * clusterBytes, (i + 1) * clusterBytes), clusterAt(cluster));
    });
    return { ...file, short: shortName(file.name, index), cluster: chain[0] };
  });

  image.set(fatBytes, (start + reserved) * SECTOR);
  image.set(fatBytes, (start + reserved + fatSectors) * SECTOR);
  let at = type === 32 ? clusterAt(2) : (start + dataStart - rootSectors) * SECTOR;
  for (const entry of entries.flatMap(directoryEntries)) {
    image.set(entry, at);
    at += 32;
  }
  return image;
}
