/** Longest frame a network carries, in bytes, without the frame check sequence. */
export const MAX_FRAME = 65550;

/** A NIC's receiving end. */
export interface NetReceiver {
  /** Takes an Ethernet frame (destination address first, no frame check sequence). The bytes are only lent. */
  receive(frame: Uint8Array): void;
  /** False while a frame would be lost: the network then holds a bounded number of frames back. */
  canReceive(): boolean;
  /**
   * Whether it takes large segments now (the guest's driver decides): TCP over Ethernet and IP, longer than frames are,
   * as one packet of up to `MAX_FRAME` bytes. Absent: never. `canReceive` counts for them too.
   */
  takesLarge?(): boolean;
  /**
   * Takes a large segment. Its TCP checksum is only begun, with the sum of the pseudo header; who passes it on in
   * frames cuts it every `size` bytes of payload. The bytes are only lent.
   */
  receiveLarge?(segment: Uint8Array, size: number): void;
  /** The network's `canSend` has become true. */
  roomAgain?(): void;
  /** `linkUp` of the port is not what it was. */
  linkChanged?(): void;
}

/** A NIC's plug in a network. */
export interface NetPort {
  /** Sends a frame; the bytes may be reused as soon as it returns. */
  send(frame: Uint8Array): void;
  /** Sends a large segment (see {@link NetReceiver.takesLarge}); absent where the network wants frames. */
  readonly sendLarge?: (segment: Uint8Array) => void;
  /** Says that `canReceive` has become true. */
  ready(): void;
  /** Whether the cable is in. */
  readonly linkUp: boolean;
}
