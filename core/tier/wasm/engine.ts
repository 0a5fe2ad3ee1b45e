/**
 * What V8 is asked to leave out for our code. It would note in each function, at each entry and indirect call, what is
 * called, so as to inline it later. Blocks only jump, through words that change, and what is hot becomes a region: so
 * nothing is gained by it, and a boot of Linux spends a twentieth of its time there.
 *
 * The settings are the whole process's. They change no result of any program.
 *
 * @module
 */
import v8 from "node:v8";

for (const flag of ["--no-wasm-inlining", "--no-wasm-inlining-call-indirect"]) v8.setFlagsFromString(flag);
