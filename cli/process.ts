import { say } from "./main.ts";

const FATAL = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What the process does beside running the machine. */
export interface ProcessHooks {
  /** A signal asks for the end; called once. The status is 128 + its number. */
  end(signal: string, status: number): void;
  /** Puts the terminal back at once, because the process is lost. */
  rescue(error: unknown): never;
  screendump?: (() => void) | undefined;
}

/** Listens to signals and uncaught errors; gives a function that stops that. */
export function watchProcess({ end, rescue, screendump }: ProcessHooks): () => void {
  const handlers: [Deno.Signal, () => void][] = [];
  let asked = false;
  for (const [signal, status] of Object.entries(FATAL)) {
    if (Deno.build.os === "windows" && signal !== "SIGINT") continue; // there are no others
    handlers.push([signal as Deno.Signal, () => {
      if (asked) rescue(new Error(`Cannot wait for the machine to end: ${signal} again`));
      asked = true;
      end(signal, status);
    }]);
  }
  // Deno opens its debugger's port at SIGUSR1, whoever else listens: SIGUSR2 is the better choice.
  if (screendump && Deno.build.os !== "windows") {
    handlers.push(["SIGUSR1", screendump], ["SIGUSR2", screendump]);
  }
  for (const [signal, handler] of handlers) Deno.addSignalListener(signal, handler);
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    rescue(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    rescue(event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return () => {
    for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  };
}

/** Says each line on standard error. */
export function sayAll(lines: readonly string[]): void {
  for (const line of lines) say(`emu: ${line}`);
}
