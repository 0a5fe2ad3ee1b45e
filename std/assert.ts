/**
 * The functions of `@std/assert` that this project uses, over what ships with Deno.
 * Point the import map at `jsr:@std/assert@1` to use the original.
 *
 * @module
 */
import strict from "node:assert/strict";

export { AssertionError } from "node:assert/strict";

/** Throws unless `condition` is truthy. */
export function assert(condition: unknown, message = ""): asserts condition {
  strict.ok(condition, message || undefined);
}

/** Throws unless `actual` and `expected` are deeply and strictly equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  strict.deepStrictEqual(actual, expected, message);
}

/** Throws if `actual` and `expected` are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  strict.notDeepStrictEqual(actual, expected, message);
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) {
    strict.fail(message ?? `Expected actual: "${actual}" to contain: "${expected}".`);
  }
}

/** Throws unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  strict.match(actual, expected, message);
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = new (...args: any[]) => E;

function checkError<E extends Error>(error: unknown, type?: ErrorClass<E>, includes?: string): E {
  if (type && !(error instanceof type)) {
    strict.fail(`Expected error to be instance of "${type.name}", but was "${(error as Error)?.name}".`);
  }
  if (includes !== undefined && !(error as Error).message.includes(includes)) {
    strict.fail(`Expected error message to include "${includes}", but got "${(error as Error).message}".`);
  }
  return error as E;
}

/** Runs `fn`, expects it to throw, and returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type?: ErrorClass<E>,
  includes?: string,
): E {
  let error: unknown;
  try {
    fn();
  } catch (e) {
    error = e;
    return checkError(error, type, includes);
  }
  return strict.fail("Expected function to throw.");
}

/** Runs `fn`, expects its promise to reject, and returns the error. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  try {
    await fn();
  } catch (e) {
    return checkError(e, type, includes);
  }
  return strict.fail("Expected function to reject.");
}
