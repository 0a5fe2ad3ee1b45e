/** What a user does with keyboard and mouse. */
export type InputEvent =
  /** `code` as in `KeyboardEvent.code` of the web ("KeyA", "Enter", "ArrowUp"). */
  | { readonly kind: "key"; readonly code: string; readonly down: boolean }
  /** Motion in counts, y downwards, wheel in notches; buttons: bit 0 left, 1 right, 2 middle. */
  | {
    readonly kind: "pointer";
    readonly dx: number;
    readonly dy: number;
    readonly wheel: number;
    readonly buttons: number;
  };

/** Where input devices hear of input. */
export interface InputEvents {
  /** Calls `listener` at everything that the user does from now on. */
  listen(listener: (event: InputEvent) => void): void;
}
