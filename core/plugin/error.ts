/** A plugin that cannot be used, in one line: which one, what of it, and how to mend it. */
export class PluginError extends Error {
  override readonly name = "PluginError";

  /** `who` as in `device "pl011"`; `field` of its manifest, or the property; `mend` says what to do. */
  constructor(who: string, { field, problem, mend }: { field?: string; problem: string; mend?: string }) {
    super(`Cannot use ${who}: ${field ? `${field}: ` : ""}${oneLine(problem)}${mend ? `; ${mend}` : ""}`);
  }
}

/** An error's message, without line breaks, stack, and what Deno adds to the system's words. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return oneLine(text.replace(/ \(os error \d+\)(: \w+ '[^']*')?/g, ""));
}

/** This project's own folder, or place on the network. */
const ROOT = new URL("../../", import.meta.url).href;
const FRAME = /((?:file|https?):\/\/[^\s()]+):(\d+):\d+/g;

/** The message of a mistake in a plugin's code, and where it was made, if that is outside of this project. */
export function mistakeOf(error: unknown): string {
  const message = messageOf(error), stack = error instanceof Error ? error.stack ?? "" : "";
  for (const [, url, line] of stack.matchAll(FRAME)) {
    if (!url.startsWith(ROOT)) return `${message} (${decodeURI(url.replace(/^file:\/\//, ""))}:${line})`;
  }
  return message;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
}
