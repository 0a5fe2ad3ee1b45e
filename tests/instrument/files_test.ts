/**
 * The files that plugins write, read by what others read them with.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Ajv } from "ajv";
import { Buffer } from "node:buffer";
import { PNG } from "pngjs";
import { withFiles } from "../cli/emu.ts";
import speedscope from "../vectors/speedscope/file-format-schema.json" with { type: "json" };
import { readDrcov } from "./drcov_file.ts";
import { ACCESSES, CALLS, CALLS_COUNTS, CALLS_SYMBOLS, LOOP, LOOP_COUNTS, START, TRAPS } from "./programs.ts";
import { runWith } from "./run.ts";

const NOTHING_WRONG = { status: 0, warnings: [], problems: [] };

/** Runs a program with a plugin and gives the file that it writes to `PROP=FILE`, and its lines. */
function fileOf(
  program: readonly number[],
  { spec, property, symbols = {} }: {
    readonly spec: string;
    readonly property: string;
    readonly symbols?: Readonly<Record<string, number>>;
  },
): Promise<{ bytes: Uint8Array; text: string; lines: readonly string[] }> {
  return withFiles({}, async (folder) => {
    const { status, warnings, problems, lines } = await runWith(
      program,
      [`${spec},${property}=${folder}/out`],
      { symbols },
    );
    assertEquals({ status, warnings, problems }, NOTHING_WRONG);
    const [{ name }] = [...Deno.readDirSync(folder)];
    const bytes = await Deno.readFile(`${folder}/${name}`);
    return { bytes, text: new TextDecoder().decode(bytes), lines };
  });
}

Deno.test("drcov writes the blocks that were run, and a reader of the format finds them", async () => {
  const { bytes } = await fileOf(CALLS, { spec: "drcov", property: "filename" });
  const blocks = readDrcov(bytes);
  assertEquals(new Set(blocks.map(({ base, path }) => `${path} ${base}`)), new Set(["integratorcp 0"]));
  // Every instruction of the program, none of the word behind it.
  const covered = new Set(
    blocks.flatMap(({ offset, size }) => Array.from({ length: size / 4 }, (_, i) => offset + 4 * i)),
  );
  assertEquals(
    [...covered].filter((address) => address >= START).sort((a, b) => a - b),
    CALLS.slice(0, -1).map((_, i) => START + 4 * i),
  );
  assert(blocks.some(({ offset, size }) => offset === CALLS_SYMBOLS.inner && size === 8));
  assertThrows(() => readDrcov(bytes.subarray(0, -1)), Error, "are not");
});

Deno.test("bbv writes SimPoint's vectors: whole intervals, blocks from 1, instructions", async () => {
  const interval = 1000;
  const { text } = await fileOf(LOOP, { spec: `bbv,interval=${interval}`, property: "outfile" });
  const vectors = text.split("\n").slice(0, -1).map((line) => {
    assert(/^T(:\d+:\d+ )+$/.test(line), line);
    return [...line.matchAll(/:(\d+):(\d+)/g)].map(([, block, count]) => [Number(block), Number(count)]);
  });
  assertEquals(vectors.length, Math.floor(LOOP_COUNTS.instructions / interval));
  const sums = vectors.map((vector) => vector.reduce((sum, [, count]) => sum + count, 0));
  for (const [i, sum] of sums.entries()) {
    const end = sums.slice(0, i + 1).reduce((a, b) => a + b);
    // An interval ends with the block in which it is full.
    assert(end >= (i + 1) * interval && end < (i + 1) * interval + 8, `${sum}`);
  }
  // Nearly everything is in the loop's block.
  for (const vector of vectors) assert(Math.max(...vector.map(([, count]) => count)) > 0.9 * interval);
  assertEquals(Math.min(...vectors.flat().map(([block]) => block)), 1);
});

Deno.test("profile with period 1 gives every instruction to its function, in files of speedscope's schema", async () => {
  const { lines, text } = await fileOf(CALLS, {
    spec: "profile,period=1,format=json",
    property: "speedscope",
    symbols: CALLS_SYMBOLS,
  });
  const { functions } = JSON.parse(lines[0]) as { functions: { name: string; instructions: number }[] };
  assertEquals(Object.fromEntries(functions.map((f) => [f.name, f.instructions])), CALLS_COUNTS);

  const file = JSON.parse(text), { $schema: _, ...schema } = speedscope;
  const validate = new Ajv({ strict: false }).compile(schema);
  const valid = (what: unknown): boolean => validate(what) as boolean;
  assert(valid(file), JSON.stringify(validate.errors));
  assert(!valid({ ...file, profiles: [{ ...file.profiles[0], unit: "instructions" }] }));
  const [{ samples, weights, endValue }] = file.profiles;
  assertEquals(samples.length, weights.length);
  assertEquals(endValue, Object.values(CALLS_COUNTS).reduce((a, b) => a + b));
  const stacks = samples.map((stack: number[]) => stack.map((i) => file.shared.frames[i].name).join(" "));
  assertEquals(stacks.sort(), ["main", "outer", "outer inner"]);
});

Deno.test("profile writes folded stacks: frames with semicolons between, a blank, a weight", async () => {
  const spec = "profile,period=1", symbols = CALLS_SYMBOLS;
  const { text } = await fileOf(CALLS, { spec, property: "folded", symbols });
  const { main, outer, inner } = CALLS_COUNTS;
  assertEquals(text.trimEnd().split("\n").sort(), [`main ${main}`, `outer ${outer}`, `outer;inner ${inner}`]);
});

Deno.test("profile without following calls gives flat stacks", async () => {
  const spec = "profile,period=1,stack=off", symbols = CALLS_SYMBOLS;
  const { text } = await fileOf(CALLS, { spec, property: "folded", symbols });
  const { main, outer, inner } = CALLS_COUNTS;
  assertEquals(text.trimEnd().split("\n").sort(), [`inner ${inner}`, `main ${main}`, `outer ${outer}`]);
});

Deno.test("calltrace writes a Chrome trace: calls nest, end, and never go back in time", async () => {
  const { text, lines } = await fileOf(CALLS, {
    spec: "calltrace",
    property: "file",
    symbols: CALLS_SYMBOLS,
  });
  const { traceEvents } = JSON.parse(text) as {
    traceEvents: { name: string; ph: string; ts: number; pid: number; tid: number }[];
  };
  const inner = ["B inner", "E inner"], outer = ["B outer", ...inner, ...inner, "E outer"];
  assertEquals(traceEvents.map(({ ph, name }) => `${ph} ${name}`), [...outer, ...outer, ...outer]);
  assertEquals(traceEvents.map(({ ts }) => ts), traceEvents.map(({ ts }) => ts).sort((a, b) => a - b));
  for (const { pid, tid } of traceEvents) assertEquals([pid, tid], [0, 0]);
  assert(lines[0].endsWith("9 of 9 calls"), lines[0]);
});

/** Points of a picture that are not black: their numbers, and their colours. */
function lit(bytes: Uint8Array): { width: number; height: number; points: Record<number, string> } {
  const { width, height, data } = PNG.sync.read(Buffer.from(bytes)), points: Record<number, string> = {};
  for (let i = 0; i < width * height; i++) {
    const colour = new Uint8Array(data.subarray(4 * i, 4 * i + 3));
    assertEquals(data[4 * i + 3], 255);
    if (colour.some((part) => part > 0)) points[i] = colour.toHex();
  }
  return { width, height, points };
}

Deno.test("heatmap writes a PNG whose points are the pieces of memory that were accessed", async () => {
  const { bytes, lines } = await fileOf(LOOP, { spec: "heatmap,size=2M", property: "file" });
  const { width, height, points } = lit(bytes), bytesPerPoint = 2 ** 21 / (width * height);
  const place = (address: number) => address / bytesPerPoint | 0;
  assertEquals(Object.keys(points).map(Number), [START + 0x34, START + 0x38, 0x10_0000].map(place));
  assertEquals(points[place(0x10_0000)], "ffffff");
  assert(
    lines[0].endsWith(`${LOOP_COUNTS.reads + LOOP_COUNTS.writes} accesses of 3 pieces of 8 bytes`),
    lines[0],
  );
});

Deno.test("heatmap shows a part of the address space, and virtual or physical addresses", async () => {
  for (const [space, from] of [["virtual", "0x10000000"], ["physical", "0x00100000"]]) {
    const spec = `heatmap,space=${space},from=${from},size=1M,track=write`;
    const { bytes, lines } = await fileOf(ACCESSES, { spec, property: "file" });
    assertEquals(Object.keys(lit(bytes).points), ["1"], space); // both stores are in the second word
    assert(lines[0].includes(": 2 accesses"), lines[0]);
  }
});

Deno.test("a report goes to out=FILE, as text or as JSON, and printed lines before it", async () => {
  const text = await fileOf(TRAPS, { spec: "traps,log=on", property: "out" });
  assertEquals(text.lines, []);
  assertEquals(text.text.trimEnd().split("\n").length, 9 + 2);
  const json = await fileOf(TRAPS, { spec: "traps,log=on,format=json", property: "out" });
  const lines = json.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines[0], { kind: "exception", from: START + 0x14, to: 8 });
  assertEquals(lines.at(-1), { cpus: [{ cpu: 0, interrupt: 0, exception: 8, hostcall: 1 }] });
});

Deno.test("a file that cannot be written is told with the plugin's name", async () => {
  for (const spec of ["drcov,filename", "bbv,outfile", "calltrace,file", "heatmap,file", "profile,folded"]) {
    const { problems } = await runWith(LOOP, [`${spec}=/nowhere/at/all`]);
    assertEquals(problems.length, 1);
    assert(problems[0].startsWith(`Cannot complete instrument "${spec.split(",")[0]}": `), problems[0]);
  }
});
