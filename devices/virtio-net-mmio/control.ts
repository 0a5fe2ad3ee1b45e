import type { Chain, Virtio } from "@emu/core";
import { addressAt, type FilterState, setVlan, TABLE } from "./filter.ts";

/** Classes of commands, and the commands of each (5.1.6.5). */
const CLASS = { RX: 0, MAC: 1, VLAN: 2, ANNOUNCE: 3 } as const;
const MAC = { TABLE_SET: 0, ADDR_SET: 1 } as const;
const VLAN = { ADD: 0, DEL: 1 } as const;
const ACK = 0;
/** Switches of class RX, by command. */
const SWITCHES = [
  "promiscuous",
  "allMulticast",
  "allUnicast",
  "noMulticast",
  "noUnicast",
  "noBroadcast",
] as const satisfies (keyof FilterState)[];

/** What a command works on. */
export interface ControlOptions {
  readonly virtio: Virtio;
  /** The state; asked for at each use, as a restore replaces it. */
  filter(): FilterState;
  /** The guest has told its neighbours where it is. */
  announced(): void;
}

/** Carries out commands of the control queue; gives whether each makes sense. */
export function createControl({ virtio, filter, announced }: ControlOptions): (chain: Chain) => boolean {
  return (chain) => {
    const bytes = (at: number, length: number) => {
      const into = new Uint8Array(length);
      return virtio.read(chain, at, into) ? into : undefined;
    };
    const [kind, command] = bytes(0, 2) ?? [];
    const f = filter();
    switch (kind) {
      case CLASS.RX: {
        const name = SWITCHES[command], value = bytes(2, 1);
        if (name === undefined || !value) return false;
        f[name] = value[0] !== 0;
        return true;
      }
      case CLASS.MAC: {
        if (command === MAC.TABLE_SET) return setTables();
        const address = bytes(2, 6);
        if (command !== MAC.ADDR_SET || !address) return false;
        f.mac = addressAt(address, 0);
        return true;
      }
      case CLASS.VLAN: {
        const vlan = bytes(2, 2);
        if (!vlan || command !== VLAN.ADD && command !== VLAN.DEL) return false;
        return setVlan(f, vlan[0] | vlan[1] << 8, command === VLAN.ADD);
      }
      case CLASS.ANNOUNCE:
        if (command === ACK) announced();
        return command === ACK;
    }
    return false;

    /** Two tables, of unicast and multicast addresses: a count of 32 bits, and as many addresses. */
    function setTables(): boolean {
      const unicast = table(2);
      const multicast = unicast && table(unicast.end);
      if (!unicast || !multicast) return false;
      f.unicast = unicast.addresses;
      f.multicast = multicast.addresses;
      return true;
    }

    function table(at: number): { addresses: number[]; end: number } | undefined {
      const head = bytes(at, 4);
      if (!head) return undefined;
      const count = new DataView(head.buffer).getUint32(0, true), end = at + 4 + 6 * count;
      if (end > chain.readableLength) return undefined;
      // One more than fit says that there were too many.
      const kept = Math.min(count, TABLE + 1), body = bytes(at + 4, 6 * kept);
      return body && { addresses: Array.from({ length: kept }, (_, i) => addressAt(body, 6 * i)), end };
    }
  };
}
