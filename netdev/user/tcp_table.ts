import { addressAt } from "./address.ts";
import type { Packet } from "./packet.ts";
import type { Connection } from "./tcp_state.ts";

/** Connections by both ends. Looking one up makes no garbage. */
export class ConnectionTable {
  readonly #chains = new Map<number, Connection>();
  size = 0;

  /** The connection of a segment from the guest. */
  find(packet: Packet): Connection | undefined {
    const { bytes, view, addresses, size, payload } = packet;
    const guestPort = view.getUint16(payload), remotePort = view.getUint16(payload + 2);
    let c = this.#chains.get(hashOf(view, addresses, { size, ports: payload }));
    for (; c; c = c.next) {
      if (
        c.guestPort === guestPort && c.remotePort === remotePort && c.guest.length === size &&
        addressAt(bytes, addresses, c.guest) && addressAt(bytes, addresses + size, c.remote)
      ) return c;
    }
    return undefined;
  }

  add(connection: Connection): void {
    connection.next = this.#chains.get(connection.hash);
    this.#chains.set(connection.hash, connection);
    this.size++;
  }

  remove(connection: Connection): void {
    const { hash, next } = connection;
    let c = this.#chains.get(hash);
    if (c === connection) {
      if (next) this.#chains.set(hash, next);
      else this.#chains.delete(hash);
      this.size--;
      return;
    }
    for (; c; c = c.next) {
      if (c.next !== connection) continue;
      c.next = next;
      this.size--;
      return;
    }
  }

  *all(): Iterable<Connection> {
    for (const first of [...this.#chains.values()]) {
      for (let c: Connection | undefined = first, next; c; c = next) {
        next = c.next;
        yield c;
      }
    }
  }
}

/** A hash over both addresses, which lie side by side, and both ports, which do so too. Guest first. */
export function hashOf(
  view: DataView,
  addresses: number,
  { size, ports }: { readonly size: number; readonly ports: number },
): number {
  let hash = view.getInt32(ports);
  for (let at = addresses; at < addresses + 2 * size; at += 4) {
    hash = Math.imul(hash ^ hash >>> 15, 0x2c1b_3c6d) ^ view.getInt32(at);
  }
  return Math.imul(hash ^ hash >>> 15, 0x297a_2d39) | 0;
}
