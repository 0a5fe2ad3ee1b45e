/** A device's end of a character channel. */
export interface CharReceiver {
  /** How many bytes `receive` can take now. */
  room(): number;
  /** Takes at most `room()` bytes. */
  receive(bytes: Uint8Array): void;
  /** The peer sent a break condition. */
  break?(): void;
}

/** A character back end as a device sees it. Sending never blocks; what the peer sends waits until there is room. */
export interface Chardev {
  /** Sends bytes, which are only lent. */
  send(bytes: Uint8Array): void;
  /** Sends one byte; spares the array. */
  sendByte(byte: number): void;
  /** Sets who receives. Bytes that came before are delivered then. */
  connect(receiver: CharReceiver): void;
  /** Says that `room()` has grown. */
  ready(): void;
}
