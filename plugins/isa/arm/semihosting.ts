import type { CpuHost, SemihostingFile } from "@emu/core";
import { ARM } from "./state.ts";

/**
 * Semihosting for AArch32 (Arm, "Semihosting for AArch32 and AArch64", release 2.0): the number of the call in r0,
 * its argument or the address of its arguments in r1, its result in r0.
 *
 * @module
 */

/** Bytes that one call moves at most; callers are told what is left. */
const MAX_TRANSFER = 1 << 20;
/** Bytes that are moved at a time. */
const CHUNK = 4096;
const MAX_NAME = 1024, MAX_STRING = 1 << 16, MAX_FILES = 64;

const ERRNO = { ENOENT: 2, EBADF: 9, EACCES: 13, EFAULT: 14, EINVAL: 22, EMFILE: 24 } as const;
/** Reason of a stop that means that the program is done. */
const APPLICATION_EXIT = 0x2_0026;
const TICKS_PER_SECOND = 1_000_000_000;

/** What the file ":semihosting-features" holds: magic, SH_EXT_EXIT_EXTENDED and SH_EXT_STDOUT_STDERR. */
const FEATURES = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 0b11);

/** The calls of one vCPU, with the files it has opened: those do not survive a snapshot. */
export class SemihostingCalls {
  readonly #host: CpuHost;
  /** By handle - 1; "console" for ":tt". */
  readonly #files: (SemihostingFile | "console" | undefined)[] = [];
  #errno = 0;
  readonly #calls: Readonly<Record<number, (r1: number) => number | void>> = {
    0x01: (r1) => this.#open(r1),
    0x02: (r1) => this.#close(r1),
    0x03: (r1) => this.#move({ address: r1, length: 1 }, (bytes) => this.#console(bytes)),
    0x04: (r1) => this.#console(this.#string(r1, MAX_STRING)),
    0x05: (r1) => this.#write(r1),
    0x06: (r1) => this.#read(r1),
    0x07: () => this.#unavailable("console input"),
    0x08: (r1) => this.#word(r1, 0) < 0 ? 1 : 0,
    0x09: (r1) => this.#withFile(r1, (file) => file === "console" ? 1 : 0),
    0x0a: (r1) => this.#withFile(r1, (file) => file === "console" ? -1 : seek(file, this.#word(r1, 1))),
    0x0c: (r1) => this.#withFile(r1, (file) => file === "console" ? 0 : file.length),
    0x0d: (r1) => this.#temporaryName(r1),
    0x0e: () => this.#refuse(),
    0x0f: () => this.#refuse(),
    0x10: () => Math.floor(this.#host.now() / 10_000_000),
    0x11: () => Math.floor(Date.now() / 1000),
    0x12: () => this.#refuse(),
    0x13: () => this.#errno,
    0x15: (r1) => this.#commandLine(r1),
    0x16: (r1) => this.#store(this.#word(r1, 0), new Uint8Array(16)), // four zeros: not known
    0x18: (r1) => this.#host.semihosting!.exit(r1 === APPLICATION_EXIT ? 0 : 1),
    0x20: (r1) =>
      this.#host.semihosting!.exit(this.#word(r1, 0) === APPLICATION_EXIT ? this.#word(r1, 1) : 1),
    0x30: (r1) => this.#elapsed(r1),
    0x31: () => TICKS_PER_SECOND,
  };

  constructor(host: CpuHost) {
    this.#host = host;
  }

  /** Closes everything: a program that starts anew knows of no handle. */
  reset(): void {
    for (const file of this.#files) if (file !== undefined && file !== "console") file.close();
    this.#files.length = this.#errno = 0;
  }

  /** Does what r0 and r1 ask for. A call without a result keeps r0. */
  run(): void {
    const { i32, log } = this.#host;
    const r0 = ARM.r0.index, number = i32[r0];
    const call = this.#calls[number];
    if (!call) {
      log.unimplemented(`semihosting call 0x${(number >>> 0).toString(16)}`);
      i32[r0] = -1;
      return;
    }
    const result = call(i32[ARM.r1.index]);
    if (result !== undefined) i32[r0] = result;
  }

  #open(r1: number): number {
    // Some count the NUL at the end, some do not.
    const length = Math.min(this.#word(r1, 2) >>> 0, MAX_NAME);
    const name = new TextDecoder().decode(this.#string(this.#word(r1, 0), length));
    const mode = this.#word(r1, 1);
    if (mode < 0 || mode > 11) return this.#fail(ERRNO.EINVAL);
    const at = this.#files.indexOf(undefined);
    const index = at < 0 ? this.#files.length : at;
    if (index >= MAX_FILES) return this.#fail(ERRNO.EMFILE);
    const file = name === ":tt"
      ? "console"
      : name === ":semihosting-features"
      ? constantFile(FEATURES)
      : this.#host.semihosting!.open(name, mode);
    if (file === undefined) return this.#fail(ERRNO.ENOENT);
    this.#files[index] = file;
    return index + 1;
  }

  #close(r1: number): number {
    return this.#withFile(r1, (file, handle) => {
      if (file !== "console") file.close();
      this.#files[handle - 1] = undefined;
      return 0;
    });
  }

  /** Returns how many bytes were not written. */
  #write(r1: number): number {
    return this.#withFile(r1, (file) => {
      const length = this.#word(r1, 2) >>> 0;
      return length - this.#move({ address: this.#word(r1, 1), length }, (bytes) => {
        if (file !== "console") return file.write(bytes);
        this.#console(bytes);
        return bytes.length;
      });
    });
  }

  /** Returns how many bytes were not read: all of them at the end of the file. */
  #read(r1: number): number {
    return this.#withFile(r1, (file) => {
      const address = this.#word(r1, 1), length = this.#word(r1, 2) >>> 0;
      if (file === "console") return length; // at its end
      const end = Math.min(length, MAX_TRANSFER);
      let done = 0;
      while (done < end) {
        const bytes = new Uint8Array(Math.min(CHUNK, end - done));
        const count = file.read(bytes);
        if (count <= 0 || !this.#host.writeVirtual(address + done | 0, bytes.subarray(0, count))) break;
        done += count;
      }
      return length - done;
    });
  }

  #temporaryName(r1: number): number {
    const name = new TextEncoder().encode(`tmp-${this.#word(r1, 1) & 0xff}\0`);
    return name.length > this.#word(r1, 2) >>> 0
      ? this.#fail(ERRNO.EINVAL)
      : this.#store(this.#word(r1, 0), name);
  }

  #commandLine(r1: number): number {
    const line = new TextEncoder().encode(`${this.#host.semihosting!.commandLine}\0`);
    if (line.length > this.#word(r1, 1) >>> 0) return this.#fail(ERRNO.EINVAL);
    return this.#store(this.#word(r1, 0), line) || this.#store(r1 + 4, wordBytes(line.length - 1));
  }

  #elapsed(r1: number): number {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.floor(this.#host.now())), true);
    return this.#store(r1, bytes);
  }

  #console(bytes: Uint8Array): void {
    this.#host.semihosting!.console(bytes);
  }

  /** Applies `use` to the handle in the first word of the arguments. */
  #withFile(r1: number, use: (file: SemihostingFile | "console", handle: number) => number): number {
    const handle = this.#word(r1, 0), file = this.#files[handle - 1];
    return file === undefined ? this.#fail(ERRNO.EBADF) : use(file, handle);
  }

  /** Hands guest memory to `put`, piece by piece, until it takes less; returns the bytes taken. */
  #move(
    { address, length }: { readonly address: number; readonly length: number },
    put: (bytes: Uint8Array) => number | void,
  ): number {
    const end = Math.min(length, MAX_TRANSFER);
    let done = 0;
    while (done < end) {
      const bytes = new Uint8Array(Math.min(CHUNK, end - done));
      if (!this.#host.readVirtual(address + done | 0, bytes)) break;
      const count = put(bytes) ?? bytes.length;
      done += count;
      if (count < bytes.length) break;
    }
    return done;
  }

  /** Argument `n`; 0 where no memory is mapped. */
  #word(r1: number, n: number): number {
    const bytes = this.#bytes(r1 + 4 * n, 4);
    return new DataView(bytes.buffer).getInt32(0, true);
  }

  #bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    return this.#host.readVirtual(address | 0, bytes) ? bytes : new Uint8Array(length);
  }

  /** What stands before the first NUL. */
  #string(address: number, limit: number): Uint8Array {
    const bytes: number[] = [], one = new Uint8Array(1);
    while (bytes.length < limit && this.#host.readVirtual(address + bytes.length | 0, one) && one[0] !== 0) {
      bytes.push(one[0]);
    }
    return Uint8Array.from(bytes);
  }

  #store(address: number, bytes: Uint8Array): number {
    return this.#host.writeVirtual(address | 0, bytes) ? 0 : this.#fail(ERRNO.EFAULT);
  }

  #fail(errno: number): number {
    this.#errno = errno;
    return -1;
  }

  /** Other people's files are not the guest's to change. */
  #refuse(): number {
    return this.#fail(ERRNO.EACCES);
  }

  #unavailable(what: string): number {
    this.#host.log.unimplemented(`semihosting: ${what}`);
    return -1;
  }
}

function seek(file: SemihostingFile, position: number): number {
  file.seek(position >>> 0);
  return 0;
}

function wordBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

function constantFile(content: Uint8Array): SemihostingFile {
  let at = 0;
  return {
    read: (into) => {
      const piece = content.subarray(at, at + into.length);
      into.set(piece);
      at += piece.length;
      return piece.length;
    },
    write: () => 0,
    seek: (position) => void (at = Math.min(position, content.length)),
    length: content.length,
    close: () => {},
  };
}
