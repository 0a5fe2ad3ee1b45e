import { didYouMean } from "../core/plugin/nearest.ts";
import { usageError } from "./error.ts";
import { type Option, OPTIONS } from "./option_table.ts";

const BY_NAME = new Map<string, Option>(
  OPTIONS.flatMap((option) =>
    [option.name, ...option.short ? [option.short] : [], ...option.also ?? []].map((name) => [name, option])
  ),
);

/**
 * Arguments as QEMU takes them (`-kernel x`, `-m 128M`, values that begin with a dash) turned into the one form that
 * argument parsers agree on: `--name=value` and `--name`. Says which option is unknown, lacks its value, has one too
 * many, or comes twice.
 */
export function normalise(args: readonly string[]): string[] {
  const result: string[] = [], given = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const match = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(args[i]);
    if (!match) {
      throw usageError(`Cannot use argument "${args[i]}": it is no option; a kernel is given with --kernel`);
    }
    const [spelling] = args[i].split("=", 1), option = optionOf(match[1], spelling);
    let value: string | undefined = match[2];
    if (option.value === undefined) {
      if (value !== undefined) {
        throw usageError(`Cannot use option ${spelling}: it takes no value, here "${value}"`);
      }
    } else if (value === undefined) {
      value = args[++i];
      if (value === undefined || isOption(value)) {
        throw usageError(`Cannot use option ${spelling}: it wants a value, ${option.value}`);
      }
    }
    if (given.has(option.name) && !option.repeatable) {
      throw usageError(
        `Cannot use option ${spelling}: it may be given only once, here again as "${args[i]}"`,
      );
    }
    given.add(option.name);
    result.push(value === undefined ? `--${option.name}` : `--${option.name}=${value}`);
  }
  return result;
}

function optionOf(name: string, spelling: string): Option {
  const option = BY_NAME.get(name) ?? (/^[mMdD]./.test(name) ? undefined : BY_NAME.get(name.toLowerCase()));
  if (option) return option;
  throw usageError(
    `Cannot use option ${spelling}: there is none of that name${
      didYouMean(name, BY_NAME.keys())
    }; --help lists all`,
  );
}

/** Whether a text that stands where a value should is an option instead. A lone dash and `-x y` are values. */
function isOption(text: string): boolean {
  const match = /^--?([A-Za-z][\w-]*)(?:=.*)?$/s.exec(text);
  return match !== null && BY_NAME.has(match[1]);
}
