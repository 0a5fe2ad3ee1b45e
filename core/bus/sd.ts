/** What a card answers to a command: the index in the response's header (0x3f in R2 and R3) and its content. */
export interface SdResponse {
  /** Number of the command, 0 to 63. */
  readonly index: number;
  /** 4 bytes, or the 16 of an R2, most significant first. */
  readonly bytes: Uint8Array;
}

/** An SD card as its host controller sees it through the CMD and DAT lines (SD Physical Layer, chapter 4). */
export interface SdCard {
  /** Whether there is a card in the slot. */
  readonly inserted: boolean;
  /** Whether the card's write protect switch is on. */
  readonly writeProtected: boolean;
  /** Sends a command; undefined if the card does not answer. */
  command(index: number, argument: number): SdResponse | undefined;
  /** The transfer under way; undefined if none is, or if it failed. */
  readonly transfer: "to-host" | "to-card" | undefined;
  /** Takes up to `into.length` bytes of data from the card; returns how many. 0: none now. */
  read(into: Uint8Array): number;
  /** Gives data to the card; returns how many bytes it took. 0: busy. */
  write(from: Uint8Array): number;
  /** Sets who is told when `read`, `write` or `transfer` may answer differently without having been asked. */
  connect(changed: () => void): void;
}
