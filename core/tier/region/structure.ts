/**
 * Control flow for WebAssembly, which has no goto: from a graph to nested loops and blocks, by the dominator tree
 * (Norman Ramsey, "Beyond Relooper", ICFP 2022). Edges that would make the graph irreducible are given up: whoever
 * emits code leaves the region there.
 *
 * @module
 */

/** A reducible graph with what its emission needs. Nodes are numbers; 0 is the entry. */
export interface Structure {
  /** Edges that stay inside; those given up are missing. */
  readonly successors: readonly (readonly number[])[];
  /** Position in reverse postorder, or -1 for nodes that are not reached. */
  readonly order: readonly number[];
  /** Nodes that a backward edge leads to. */
  readonly isLoop: readonly boolean[];
  /** Nodes that several forward edges lead to. */
  readonly isMerge: readonly boolean[];
  /** Merge nodes that each node immediately dominates, last in order first: the order in which their blocks open. */
  readonly merges: readonly (readonly number[])[];
}

/** Structures a graph given by its successor lists. */
export function structure(graph: readonly (readonly number[])[]): Structure {
  let successors = graph.map((list) => [...new Set(list)]);
  for (;;) {
    const order = reversePostorder(successors);
    const dominator = dominators(successors, order);
    // A retreating edge is a loop only if its target dominates its source.
    let kept = true;
    const reducible = successors.map((list, node) =>
      order[node] < 0 ? [] : list.filter((to) => {
        const good = order[to] > order[node] || dominates(to, node, dominator);
        kept &&= good;
        return good;
      })
    );
    successors = reducible;
    if (!kept) continue; // what hung on the edges given up may be gone now
    return describe(successors, order, dominator);
  }
}

function describe(successors: number[][], order: number[], dominator: number[]): Structure {
  const count = successors.length;
  const isLoop = new Array<boolean>(count).fill(false), forward = new Array<number>(count).fill(0);
  for (let node = 0; node < count; node++) {
    for (const to of successors[node]) {
      if (order[to] > order[node]) forward[to]++;
      else isLoop[to] = true;
    }
  }
  const isMerge = forward.map((edges) => edges > 1);
  const merges: number[][] = successors.map(() => []);
  for (let node = 1; node < count; node++) {
    if (isMerge[node] && order[node] >= 0) merges[dominator[node]].push(node);
  }
  for (const list of merges) list.sort((a, b) => order[b] - order[a]);
  return { successors, order, isLoop, isMerge, merges };
}

function reversePostorder(successors: readonly (readonly number[])[]): number[] {
  const order = new Array<number>(successors.length).fill(-1), seen = new Set([0]), post: number[] = [];
  // An explicit stack: regions are small, but a guest shapes them.
  const stack: { node: number; next: number }[] = [{ node: 0, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const to = successors[top.node][top.next++];
    if (to === undefined) {
      post.push(top.node);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ node: to, next: 0 });
    }
  }
  post.reverse().forEach((node, at) => order[node] = at);
  return order;
}

/** Immediate dominators (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm"). */
function dominators(successors: readonly (readonly number[])[], order: readonly number[]): number[] {
  const nodes = order.map((_, node) => node).filter((node) => order[node] >= 0);
  nodes.sort((a, b) => order[a] - order[b]);
  const predecessors: number[][] = successors.map(() => []);
  for (const node of nodes) for (const to of successors[node]) predecessors[to].push(node);
  const dominator = new Array<number>(successors.length).fill(-1);
  dominator[0] = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (const node of nodes) {
      if (node === 0) continue;
      let common = -1;
      for (const from of predecessors[node]) {
        if (dominator[from] < 0) continue;
        common = common < 0 ? from : meet(common, from);
      }
      if (dominator[node] !== common) {
        dominator[node] = common;
        changed = true;
      }
    }
  }
  return dominator;

  function meet(a: number, b: number): number {
    while (a !== b) {
      while (order[a] > order[b]) a = dominator[a];
      while (order[b] > order[a]) b = dominator[b];
    }
    return a;
  }
}

function dominates(a: number, b: number, dominator: readonly number[]): boolean {
  while (b !== a && b !== 0) b = dominator[b];
  return a === b;
}
