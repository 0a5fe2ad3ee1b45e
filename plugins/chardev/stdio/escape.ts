const CTRL_A = 1;

/** What a command of the escape key does. */
export interface EscapeActions {
  quit(): void;
  break(): void;
  /** Shows text to the user. */
  show(text: string): void;
}

const HELP = `
C-a h   this help
C-a x   quit the emulator
C-a b   send a break
C-a c   monitor
C-a C-a send C-a
`;

/** Returns a function that takes what was typed and gives what is meant for the guest. */
export function escapeFilter(
  { quit, break: sendBreak, show }: EscapeActions,
): (typed: Uint8Array) => Uint8Array {
  let escaped = false;
  const commands: Readonly<Record<string, () => void>> = {
    x: quit,
    h: () => show(HELP),
    "?": () => show(HELP),
    b: sendBreak,
    c: () => show("\nThere is no monitor yet.\n"),
  };
  return (typed) => {
    const passed: number[] = [];
    for (const byte of typed) {
      if (!escaped) {
        if (byte === CTRL_A) escaped = true;
        else passed.push(byte);
        continue;
      }
      escaped = false;
      if (byte === CTRL_A) passed.push(byte);
      else commands[String.fromCharCode(byte).toLowerCase()]?.();
    }
    return Uint8Array.from(passed);
  };
}
