/**
 * Test vectors: what an instruction makes of a state, a line each.
 *
 * ```
 * r1=7fffffff c=0 ; e2b10001 ; r0=80000000 n=1 z=0 c=0 v=1 # adcs r0, r1, #1
 * ```
 *
 * Before, instruction words, after; everything in hexadecimal. `[1000]=…` is a word of memory. What stands before and
 * not after must not change, nor may anything that is not mentioned. The comment is the disassembly of the words,
 * which is tested too. A line `model NAME` holds for the lines that follow it.
 *
 * @module
 */

/** Registers and flags by name, words of memory by address. */
export interface Assignments {
  readonly registers: Readonly<Record<string, number>>;
  readonly memory: Readonly<Record<number, number>>;
}

/** One line. */
export interface Vector {
  /** File and line, for messages. */
  readonly place: string;
  readonly model: string;
  readonly before: Assignments;
  readonly words: readonly { readonly value: number; readonly bytes: number }[];
  readonly after: Assignments;
  readonly text: string;
}

/** Reads a file of vectors. Throws with file and line on one that cannot be read. */
export function parseVectors(text: string, file: string, model: string): Vector[] {
  const vectors: Vector[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const place = `${file}:${i + 1}`;
    if (line.startsWith("model ")) model = line.slice(6).trim();
    else if (!/^\s*(#|$)/.test(line)) vectors.push(parseVector(line, place, model));
  }
  return vectors;
}

function parseVector(line: string, place: string, model: string): Vector {
  const [code, comment = ""] = line.split(" # ");
  const parts = code.split(";");
  if (parts.length !== 3) throw new SyntaxError(`Cannot read ${place}: three parts are asked for`);
  const words = parts[1].trim().split(/\s+/).map((word) => {
    if (!/^([0-9a-f]{4}){1,2}$/.test(word)) {
      throw new SyntaxError(`Cannot read ${place}: "${word}" is no word`);
    }
    return { value: parseInt(word, 16), bytes: word.length / 2 };
  });
  const before = parseAssignments(parts[0], place), after = parseAssignments(parts[2], place);
  return { place, model, before, words, after, text: comment.trim() };
}

function parseAssignments(text: string, place: string): Assignments {
  const registers: Record<string, number> = {}, memory: Record<number, number> = {};
  for (const item of text.trim().split(/\s+/).filter(Boolean)) {
    const match = /^(?:\[([0-9a-f]+)\]|(\w+))=([0-9a-f]{1,8})$/.exec(item);
    if (!match) throw new SyntaxError(`Cannot read ${place}: "${item}" is no assignment`);
    const value = parseInt(match[3], 16) | 0;
    if (match[1] !== undefined) memory[parseInt(match[1], 16)] = value;
    else registers[match[2]] = value;
  }
  return { registers, memory };
}
