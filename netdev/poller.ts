import { checked, libc } from "./libc.ts";

const EPOLL = { IN: 1, ADD: 1, DEL: 2, MOD: 3, ONESHOT: 1 << 30, CLOEXEC: 0x80000 } as const;
const EVENTFD = 0x80000 | 0x800; // EFD_CLOEXEC | EFD_NONBLOCK

/** struct epoll_event is packed on x86-64 only; its data, here the descriptor, follows the events. */
const EVENT = Deno.build.arch === "x86_64" ? { size: 12, data: 4 } : { size: 16, data: 8 };
const EVENTS = 64;

/**
 * Waits for descriptors to become readable. All of a process share one thread, which sleeps in `epoll_wait` while
 * there are any: Deno's pool has 32, and files need them too.
 */
class Poller {
  readonly #epoll = checked(libc().epoll_create1(EPOLL.CLOEXEC), "epoll_create1");
  readonly #wake = checked(libc().eventfd(0, EVENTFD), "eventfd");
  readonly #waiting = new Map<number, () => void>();
  readonly #known = new Set<number>();
  #running = false;
  /** Settles when the thread comes back. */
  #back = Promise.withResolvers<void>();

  constructor() {
    this.#control(EPOLL.ADD, this.#wake, EPOLL.IN);
  }

  /** Settles when the descriptor can be read, is broken, or is removed. */
  readable(fd: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(fd, resolve);
      this.#control(this.#known.has(fd) ? EPOLL.MOD : EPOLL.ADD, fd, EPOLL.IN | EPOLL.ONESHOT);
      this.#known.add(fd);
      if (!this.#running) void this.#run();
    });
  }

  /** Forgets a descriptor; settles when it may be closed. */
  async remove(fd: number): Promise<void> {
    if (!this.#known.delete(fd)) return;
    this.#control(EPOLL.DEL, fd, 0);
    this.#waiting.get(fd)?.();
    this.#waiting.delete(fd);
    if (this.#known.size > 0) return;
    libc().write(this.#wake, new Uint8Array(new BigUint64Array([1n]).buffer), 8n);
    await this.#back.promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    const events = new Uint8Array(EVENT.size * EVENTS);
    const view = new DataView(events.buffer);
    while (this.#known.size > 0) {
      const count = await libc().epoll_wait(this.#epoll, events, EVENTS, -1);
      for (let i = 0; i < count; i++) {
        const fd = view.getInt32(i * EVENT.size + EVENT.data, true);
        if (fd === this.#wake) libc().read(fd, new Uint8Array(8), 8n);
        const resolve = this.#waiting.get(fd);
        this.#waiting.delete(fd);
        resolve?.();
      }
      this.#back.resolve();
      this.#back = Promise.withResolvers();
    }
    this.#running = false;
  }

  #control(operation: number, fd: number, events: number): void {
    const event = new DataView(new ArrayBuffer(EVENT.size));
    event.setUint32(0, events, true);
    event.setInt32(EVENT.data, fd, true);
    checked(libc().epoll_ctl(this.#epoll, operation, fd, new Uint8Array(event.buffer)), "epoll_ctl");
  }
}

let poller: Poller | undefined;

/** The process's poller. */
export function sharedPoller(): Poller {
  return poller ??= new Poller();
}
