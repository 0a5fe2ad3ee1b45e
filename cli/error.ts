/** A mistake of the user's: shown as one line, without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Exit status. */
  readonly status: number;

  constructor(message: string, { status = 1 } = {}) {
    super(message);
    this.status = status;
  }
}

/** The command line itself is wrong: exit status 2. */
export function usageError(message: string): UserError {
  return new UserError(message, { status: 2 });
}
