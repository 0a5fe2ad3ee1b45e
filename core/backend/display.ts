/** A picture: `pixels` holds width × height × 4 bytes, red, green, blue, alpha. */
export interface Picture {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Rows from the top, pixels from the left. */
  readonly pixels: Uint8Array;
}

/** A display controller. Displays and screen dumps ask it for its picture when they want one. */
export interface DisplaySource {
  /** The picture now; undefined while the controller is off. */
  render(): Picture | undefined;
}
