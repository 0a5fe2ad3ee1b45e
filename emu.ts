#!/usr/bin/env -S deno run -A --v8-flags=--no-wasm-inlining,--no-wasm-inlining-call-indirect
/**
 * The command line: `deno run -A emu.ts --board integratorcp --kernel zImage …`.
 *
 * @module
 */
import { main } from "./cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
