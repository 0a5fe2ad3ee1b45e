/** Longest frame a network carries, in bytes, without the frame check sequence. */
export const MAX_FRAME = 65550;

/** A NIC's receiving end. */
export interface NetReceiver {
  /** Takes an Ethernet frame (destination address first, no frame check sequence). The bytes are only lent. */
  receive(frame: Uint8Array): void;
  /** False while a frame would be lost: the network then holds a bounded number of frames back. */
  canReceive(): boolean;
}

/** A NIC's plug in a network. */
export interface NetPort {
  /** Sends a frame; the bytes may be reused as soon as it returns. */
  send(frame: Uint8Array): void;
  /** Says that `canReceive` has become true. */
  ready(): void;
  /** Whether the cable is in. */
  readonly linkUp: boolean;
}
