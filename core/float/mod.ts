/**
 * IEEE 754 binary32 and binary64 arithmetic for the floating point helpers of every guest: exact results and
 * exception flags in all rounding directions, with what guests differ in as data in a `FloatStatus`.
 *
 * JavaScript has binary64 rounded to nearest even, no flags, no other direction, and may lose the payload of any
 * NaN that becomes a number. So a binary32 value is its bits, a 32-bit integer; a binary64 value is a register of
 * an `F64Registers`, two views of the guest's own register file, read as a number where it is one and as words
 * where it is a NaN. A helper that WebAssembly calls with `(d, n, m)` needs nothing else:
 *
 *     const registers = f64Registers(memory.buffer, offset, 32); // again when the memory has grown
 *     const status = floatStatus(); // ARM: FPSCR = 0
 *     const faddd = (d: number, n: number, m: number) => f64Add(registers, d, n, m, status);
 *     const fadds = (d: number, n: number, m: number) => {
 *       registers.words[d] = f32Add(registers.words[n], registers.words[m], status);
 *     };
 *
 * An operation between ordinary numbers to nearest even is the host's, and error-free transformations
 * (`error_free.ts`) tell whether it was exact; while INEXACT is set nobody need know, and f64 operations do not
 * ask. The same transformations on scaled mantissas, and integers from there on (`round_pack.ts`), do the rest:
 * other directions, denormals, overflow. BigInt is used for 64-bit integers only. An operation creates no object;
 * on the slow paths the engine may box a number that it passes between functions.
 *
 * What differs between guests and is not in `FloatStatus`: which NaN is signalling (here IEEE 754-2008's; MIPS
 * before release 6 has it the other way round), and the integer that an invalid conversion gives (here ARM's).
 * ARM's FZ is both `flushToZero` and `flushInputsToZero`. A multiply-accumulate that rounds twice, as VFPv2's,
 * is two operations.
 *
 * Measured by tests/bench/float_bench.ts (Deno 2.9.6, least of all samples, on a busy machine of two cores), in
 * ns an operation, about 4 of them for the call:
 *
 * |           | nearest even | INEXACT not yet set | flushing to zero | rounding up | NaN |
 * | --------- | -----------: | ------------------: | ---------------: | ----------: | --: |
 * | f32Add    | 13           | 15                  | 19               | 32          | 23  |
 * | f32Mul    | 15           | 15                  | 21               | 26          | 17  |
 * | f32Div    | 15           | 15                  | 22               | 27          | 20  |
 * | f32Sqrt   | 12           | 12                  | 12               | 23          | 16  |
 * | f32MulAdd | 15           | 15                  | 25               | 32          | 24  |
 * | f64Add    | 8            | 10                  | 11               | 75          | 21  |
 * | f64Mul    | 9            | 11                  | 18               | 67          | 21  |
 * | f64Div    | 9            | 12                  | 18               | 102         | 21  |
 * | f64Sqrt   | 7            | 9                   | 7                | 96          | 16  |
 * | f64MulAdd | 15           | 15                  | 25               | 93          | 26  |
 *
 * In a loop into which the engine inlines the one operation that it uses, to nearest even: f64Add 3.3,
 * f64Mul 3.9, f64Div 4.9, f64Sqrt 2.9, f32Add 7 to 8.
 *
 * @module
 */
export * from "./status.ts";
export { type F64Registers, f64Registers } from "./registers.ts";
export * from "./f32.ts";
export * from "./f64.ts";
export * from "./fused.ts";
export * from "./compare.ts";
export * from "./convert.ts";
export * from "./from_int.ts";
export * from "./to_int.ts";
