import type { Node, Nodes, Program } from "./random_program.ts";

/** Cuts a program down as long as it still fails. */
export function minimise(program: Program, fails: (program: Program) => boolean): Program {
  let best = program;
  for (let shrunk = true; shrunk;) {
    shrunk = false;
    for (const smaller of smallerPrograms(best)) {
      if (!fails(smaller)) continue;
      best = smaller;
      shrunk = true;
      break;
    }
  }
  return best;
}

/** Programs with something taken away, largest pieces first. */
function* smallerPrograms(program: Program): Generator<Program> {
  for (const [i, nodes] of program.entries()) {
    for (const smaller of smallerLists(nodes)) yield program.with(i, smaller);
  }
}

function* smallerLists(nodes: Nodes): Generator<Nodes> {
  if (nodes.length > 1) {
    yield nodes.slice(nodes.length >> 1);
    yield nodes.slice(0, nodes.length >> 1);
  }
  for (let i = 0; i < nodes.length; i++) yield nodes.toSpliced(i, 1);
  for (const [i, node] of nodes.entries()) {
    for (const instead of smallerNodes(node)) yield nodes.toSpliced(i, 1, ...instead);
  }
}

/** What may stand in a node's place. */
function* smallerNodes(node: Node): Generator<Nodes> {
  switch (node.kind) {
    case "words":
      if (node.words.length > 1) {
        for (let i = 0; i < node.words.length; i++) yield [{ ...node, words: node.words.toSpliced(i, 1) }];
      }
      return;
    case "if":
      yield node.then;
      yield node.otherwise;
      for (const then of smallerLists(node.then)) yield [{ ...node, then }];
      for (const otherwise of smallerLists(node.otherwise)) yield [{ ...node, otherwise }];
      return;
    case "loop":
      yield node.body;
      for (const body of smallerLists(node.body)) yield [{ ...node, body }];
      return;
    case "switch":
      yield* node.cases;
      for (const [i, nodes] of node.cases.entries()) {
        for (const smaller of smallerLists(nodes)) yield [{ ...node, cases: node.cases.with(i, smaller) }];
      }
  }
}
