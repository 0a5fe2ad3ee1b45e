/** A keyboard or a mouse as the host at the other end of its PS/2 cable sees it. */
export interface Ps2Device {
  /** The host sends a byte: a command or the argument of one. */
  write(byte: number): void;
  /** Whether a byte waits to be taken. */
  pending(): boolean;
  /** Takes the byte that has waited longest; undefined if there is none. */
  read(): number | undefined;
  /** Sets who is told when `pending` may have changed. */
  connect(changed: () => void): void;
}
