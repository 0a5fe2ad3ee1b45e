import { addressAt, sameAddress } from "./address.ts";

/** Guests whose hardware address is known; the one heard of longest ago goes first. */
export const NEIGHBOURS = 64;
/** Packets that wait for a hardware address. */
export const HELD_PACKETS = 16;

interface Neighbour {
  readonly address: Uint8Array<ArrayBuffer>;
  readonly mac: Uint8Array<ArrayBuffer>;
}

interface Held {
  readonly target: Uint8Array;
  readonly frame: Uint8Array<ArrayBuffer>;
}

/** Who is where on the link, and what waits to be sent to those of whom it is not known yet. */
export class Neighbours {
  readonly #known: Neighbour[] = [];
  readonly #held: Held[] = [];
  #last: Neighbour | undefined;

  get known(): number {
    return this.#known.length;
  }

  get held(): number {
    return this.#held.length;
  }

  /** Notes who has an address; gives the frames that waited for it. */
  learn(address: Uint8Array, mac: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const old = this.#known.findIndex((one) => sameAddress(one.address, address));
    if (old >= 0 && sameAddress(this.#known[old].mac, mac)) return [];
    if (old >= 0) this.#known.splice(old, 1);
    else if (this.#known.length === NEIGHBOURS) this.#known.shift();
    this.#known.push({ address: address.slice(), mac: mac.slice() });
    this.#last = undefined;
    const ready: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i < this.#held.length;) {
      if (sameAddress(this.#held[i].target, address)) ready.push(this.#held.splice(i, 1)[0].frame);
      else i++;
    }
    return ready;
  }

  /** The hardware address that belongs to an address. */
  find(address: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const last = this.#last;
    if (last && last.address.length === address.length && addressAt(last.address, 0, address)) {
      return last.mac;
    }
    this.#last = this.#known.find((one) => sameAddress(one.address, address));
    return this.#last?.mac;
  }

  /** Keeps a copy of a frame until the address is known; the oldest is lost when there are too many. */
  hold(target: Uint8Array, frame: Uint8Array): void {
    if (this.#held.length === HELD_PACKETS) this.#held.shift();
    this.#held.push({ target: target.slice(), frame: Uint8Array.from(frame) });
  }
}
