#!/usr/bin/env -S deno run -A
/**
 * The command line: `deno run -A emu.ts --board integratorcp --kernel zImage …`.
 *
 * @module
 */
import { main } from "./cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
