/** Lays a random program out in memory, with what it needs around it. */
import type { Node, Nodes, Program } from "./random_program.ts";

const PAGE = 0x1000;
/** Where code begins; `programs/frame.s` stands before it. */
const CODE = 0x1000;

/** The programs' words, by address. */
export function layOut(program: Program): Map<number, number[]> {
  const words = new Map<number, number>();
  let at = CODE;
  const emit = (...values: number[]) => {
    for (const value of values) {
      words.set(at, value >>> 0);
      at += 4;
    }
  };
  const starts: number[] = [],
    calls: { readonly at: number; readonly to: number; readonly link: string }[] = [];

  /** Writes a branch to here into a place that was left free. */
  function land(from: number, condition = 0xe): void {
    words.set(from, branch(from, at, condition));
  }

  function skip(): number {
    at += 4;
    return at - 4;
  }

  function list(nodes: Nodes, depth: number): void {
    for (const node of nodes) one(node, depth);
  }

  function one(node: Node, depth: number): void {
    switch (node.kind) {
      case "words":
        return emit(...node.words);
      case "if": {
        const over = skip();
        list(node.then, depth);
        if (node.otherwise.length === 0) return land(over, node.condition ^ 1);
        const end = skip();
        land(over, node.condition ^ 1);
        list(node.otherwise, depth);
        return land(end);
      }
      case "loop": {
        const counter = 10 + depth;
        emit(0xe3a0_0000 | counter << 12 | node.count); // mov counter, #count
        const top = at;
        list(node.body, depth + 1);
        emit(0xe250_0001 | counter << 16 | counter << 12); // subs counter, counter, #1
        return emit(branch(at, top, 0x1));
      }
      case "switch": {
        emit(0xe200_8003 | node.on << 16, 0xe79f_f108, 0xe1a0_0000); // and r8, rN, #3; ldr pc, [pc, r8, lsl #2]; nop
        const table = at;
        at += 4 * node.cases.length;
        const ends = node.cases.map((nodes, i) => {
          words.set(table + 4 * i, at);
          list(nodes, depth);
          return skip();
        });
        for (const end of ends) land(end);
        return;
      }
      case "call":
        if (node.link === "blx") emit(0xe59f_8000, branch(at + 4, at + 12)); // ldr r8, [pc]; b over the address
        calls.push({ at, to: node.to, link: node.link });
        at += node.link === "bl" ? 4 : 8;
        return;
      case "page": {
        const from = skip();
        at = (at + 4 * node.words & -PAGE) + PAGE - 4 * node.words;
        return land(from);
      }
      case "patch": {
        // ldr r8, [pc, #8]; ldr lr, [pc, #8]; ldr<c> lr, [pc, #8]; b over; slot's address; words; str lr, [r8]
        emit(0xe59f_8008, 0xe59f_e008, node.condition * 2 ** 28 + 0x059f_e008, branch(at + 12, at + 28));
        emit(at + 16, ...node.words, 0xe588_e000);
        return emit(node.words[0]);
      }
    }
  }

  for (const [i, nodes] of program.entries()) {
    starts.push(at);
    if (i > 0) emit(0xe92d_5c00); // push {r10-r12, lr}
    list(nodes, 0);
    emit(i === 0 ? branch(at, CODE) : 0xe8bd_9c00); // pop {r10-r12, pc}
  }
  for (const { at, to, link } of calls) {
    if (link === "bl") words.set(at, branch(at, starts[to], 0xe, 0x0b00_0000));
    else {
      words.set(at, starts[to]);
      words.set(at + 4, 0xe12f_ff38); // blx r8
    }
  }
  return runsOf(words);
}

/** B or BL from one address to another. */
function branch(from: number, to: number, condition = 0xe, operation = 0x0a00_0000): number {
  return (condition * 2 ** 28 + (operation | (to - from - 8 >> 2) & 0xff_ffff)) >>> 0;
}

/** Gathers words that follow each other. */
function runsOf(words: ReadonlyMap<number, number>): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  let end = -1, run: number[] = [];
  for (const [at, word] of [...words].sort(([a], [b]) => a - b)) {
    if (at !== end) runs.set(at, run = []);
    run.push(word >>> 0);
    end = at + 4;
  }
  return runs;
}
