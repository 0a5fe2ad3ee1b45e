import type { BackendSpec } from "../core/machine/backends.ts";
import { usageError } from "./error.ts";
import { keyValues } from "./key_values.ts";

/** Character channels by id, from the values of `--serial` (ids "serial0", "serial1" …) and `--chardev`. */
export function channels(
  serials: readonly string[],
  chardevs: readonly string[],
): Record<string, BackendSpec> {
  const result: Record<string, BackendSpec> = {};
  for (const text of chardevs) {
    const { head: type, values: { id, ...properties } } = keyValues(text, "--chardev");
    if (type === "" || id === undefined) {
      throw usageError(`Cannot use option --chardev ${text}: write it as TYPE,id=ID`);
    }
    if (result[id]) {
      throw usageError(`Cannot use option --chardev ${text}: there already is a channel "${id}"`);
    }
    result[id] = { type, properties };
  }
  serials.forEach((text, n) => {
    const id = `serial${n}`;
    if (result[id]) {
      throw usageError(`Cannot use option --serial ${text}: there already is a channel "${id}"`);
    }
    const other = /^chardev:(.+)$/.exec(text)?.[1];
    if (other === undefined) {
      result[id] = serialChannel(text);
      return;
    }
    if (!result[other]) {
      throw usageError(`Cannot use option --serial ${text}: there is no --chardev with that id`);
    }
    result[id] = result[other];
    delete result[other];
  });
  const terminals = Object.values(result).filter(({ type }) => type === "stdio");
  if (terminals.length > 1) {
    throw usageError("Cannot use option --serial stdio: standard input and output can be used only once");
  }
  if (serials.length === 0 && !result.serial0 && terminals.length === 0) result.serial0 = { type: "stdio" };
  return result;
}

/** What a value of `--serial` means. */
export function serialChannel(text: string): BackendSpec {
  const [scheme, rest] = splitOnce(text, ":");
  const bad = (why: string) => usageError(`Cannot use option --serial ${text}: ${why}`);
  switch (scheme) {
    case "stdio":
      if (rest === undefined) return { type: "stdio" };
      break;
    case "mon":
      if (rest === "stdio") return { type: "stdio", properties: { escape: "on" } };
      throw bad("only mon:stdio is there");
    case "null":
    case "none":
      if (rest === undefined) return { type: "null" };
      break;
    case "file":
    case "pipe":
      if (rest) return { type: scheme, properties: { path: rest } };
      throw bad(`write it as ${scheme}:PATH`);
    case "tcp": {
      const { head, values } = keyValues(rest ?? "", "--serial");
      const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(head);
      if (!match) throw bad("write it as tcp:HOST:PORT");
      const host = match[1] ?? (match[2] || (values.server ? "0.0.0.0" : "127.0.0.1"));
      return { type: "socket", properties: { host, port: match[3], ...socketFlags(values, bad) } };
    }
    case "unix": {
      const { head: path, values } = keyValues(rest ?? "", "--serial");
      if (path === "") throw bad("write it as unix:PATH");
      return { type: "socket", properties: { path, ...socketFlags(values, bad) } };
    }
    case "pty":
      throw bad(
        "Deno cannot make pseudo-terminals; use unix:PATH,server and connect to it, with `socat -,raw,echo=0 UNIX:PATH`",
      );
  }
  throw bad(
    "it is stdio, mon:stdio, null, file:PATH, pipe:PATH, tcp:HOST:PORT[,server[,nowait]], unix:PATH[,server[,nowait]] or chardev:ID",
  );
}

function socketFlags(values: Record<string, string>, bad: (why: string) => Error): Record<string, string> {
  const { server = "off", nowait, wait = nowait === "on" ? "off" : "on", ...more } = values;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw bad(`there is no "${unknown}"; it knows server and nowait`);
  return { server, wait };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
