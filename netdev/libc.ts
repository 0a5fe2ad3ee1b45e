/**
 * The few calls of the C library for which Deno has nothing: descriptors of our own, datagrams over Unix sockets,
 * multicast through a chosen interface, TAP. Linux only.
 *
 * @module
 */

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  recvfrom: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"], result: "isize" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32", nonblocking: true },
  strerror: { parameters: ["i32"], result: "pointer" },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** errno.h of Linux. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  EACCES: 13,
  EBUSY: 16,
  ENODEV: 19,
  EADDRINUSE: 98,
  ENOBUFS: 105,
} as const;

const loaded = load();

function load(): Symbols | Error {
  if (Deno.build.os !== "linux") return new Error(`it needs Linux, and this is ${Deno.build.os}`);
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  } catch (error) {
    return new Error(`the C library cannot be used: ${(error as Error).message}`);
  }
}

/** The library; throws why there is none. */
export function libc(): Symbols {
  if (loaded instanceof Error) throw loaded;
  return loaded;
}

/** What went wrong in the last call. */
export function errno(): number {
  return new Deno.UnsafePointerView(libc().__errno_location()!).getInt32();
}

/** The words for it. */
export function errorText(code = errno()): string {
  return Deno.UnsafePointerView.getCString(libc().strerror(code)!);
}

/** A text as the library takes it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Gives a result, or throws "…: WHAT failed". */
export function checked(result: number, what: string): number {
  if (result >= 0) return result;
  throw new Error(`${what}: ${errorText()}`);
}
