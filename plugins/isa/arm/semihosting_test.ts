import { CPU, type Semihosting } from "@emu/core";
import { assertEquals } from "@std/assert";
import { fakeCpu } from "./fake_host.ts";
import { ARM, EXCEPTION, MODE, PSR } from "./state.ts";

const BLOCK = 0x100, TEXT = 0x200, BUFFER = 0x300, PC = 0x8000;

/** A vCPU with 8 KiB of memory, and everything its calls did. */
function machine() {
  const seen = { console: "", exits: [] as number[], files: [] as string[] };
  const content = new TextEncoder().encode("hello, file");
  const semihosting: Semihosting = {
    console: (bytes) => void (seen.console += new TextDecoder().decode(bytes)),
    exit: (status) => void seen.exits.push(status),
    commandLine: "prog -x",
    open: (name, mode) => {
      seen.files.push(`${name} ${mode}`);
      if (name !== "data") return undefined;
      let at = 0;
      return {
        read: (into) => {
          const piece = content.subarray(at, at + into.length);
          into.set(piece);
          at += piece.length;
          return piece.length;
        },
        write: (from) => Math.min(from.length, 3),
        seek: (position) => void (at = position),
        length: content.length,
        close: () => void seen.files.push("closed"),
      };
    },
  };
  const rig = fakeCpu("arm926", { semihosting, now: () => 12_345_678_901 });
  const { cpu, host, i32 } = rig;
  for (let at = 0; at < 0x2000; at += 4) host.memory.set(at, 0);
  const text = (address: number, value: string) =>
    host.writeVirtual(address, new TextEncoder().encode(`${value}\0`));
  /** Runs a call whose arguments stand at `BLOCK`, or whose r1 is given. */
  const call = (number: number, args: number[] | { r1: number } = []) => {
    if (Array.isArray(args)) args.forEach((value, n) => host.memory.set(BLOCK + 4 * n, value));
    i32[ARM.r0.index] = number;
    i32[ARM.r1.index] = Array.isArray(args) ? BLOCK : args.r1;
    i32[CPU.pc.index] = PC;
    cpu.raise(EXCEPTION.SEMIHOSTING);
    cpu.deliver();
    return i32[ARM.r0.index];
  };
  const open = (name: string, mode = 0) => {
    text(TEXT, name);
    return call(0x01, [TEXT, mode, name.length]);
  };
  const read = (address: number, length: number) => {
    const bytes = new Uint8Array(length);
    host.readVirtual(address, bytes);
    return new TextDecoder().decode(bytes);
  };
  return { ...rig, seen, call, open, text, read };
}

Deno.test("semihosting call goes on behind its instruction, in the same mode", () => {
  const { call, cpu, i32 } = machine();
  call(0x13);
  assertEquals([i32[CPU.pc.index], cpu.readCpsr() & PSR.MODE], [PC + 4, MODE.SVC]);
  cpu.setRegister("cpsr", PSR.T | MODE.USR);
  call(0x13);
  assertEquals([i32[CPU.pc.index], cpu.readCpsr()], [PC + 2, PSR.T | MODE.USR]);
});

Deno.test("semihosting call is a supervisor call where the user did not ask for semihosting", () => {
  const { cpu, i32 } = fakeCpu();
  i32[CPU.pc.index] = PC;
  cpu.raise(EXCEPTION.SEMIHOSTING);
  cpu.deliver();
  assertEquals([i32[CPU.pc.index], i32[ARM.r14.index]], [8, PC + 4]);
});

Deno.test("semihosting writes characters, strings and blocks to the console", () => {
  const { call, open, seen, text } = machine();
  text(BUFFER, "text");
  call(0x03, { r1: BUFFER });
  call(0x04, { r1: BUFFER });
  const handle = open(":tt", 4);
  assertEquals([call(0x05, [handle, BUFFER, 3]), call(0x09, [handle]), seen.console], [0, 1, "ttexttex"]);
});

Deno.test("semihosting reads a file to its end, and from where it sought", () => {
  const { call, open, read, seen } = machine();
  const handle = open("data");
  assertEquals([call(0x0c, [handle]), call(0x09, [handle])], [11, 0]);
  assertEquals([call(0x06, [handle, BUFFER, 16]), read(BUFFER, 11)], [5, "hello, file"]);
  assertEquals(call(0x06, [handle, BUFFER, 16]), 16);
  assertEquals([call(0x0a, [handle, 7]), call(0x06, [handle, BUFFER, 4]), read(BUFFER, 4)], [0, 0, "file"]);
  assertEquals([call(0x02, [handle]), call(0x02, [handle])], [0, -1]);
  assertEquals(seen.files, ["data 0", "closed"]);
});

Deno.test("semihosting says how much of a write did not fit", () => {
  const { call, open } = machine();
  assertEquals(call(0x05, [open("data", 4), BUFFER, 10]), 7);
});

Deno.test("semihosting refuses files that the user did not offer", () => {
  const { call, open } = machine();
  assertEquals([open("/etc/passwd"), call(0x13)], [-1, 2]);
  assertEquals([open("data", 12), call(0x13)], [-1, 22]);
  assertEquals([call(0x0e, [TEXT, 4]), call(0x0f, [TEXT, 4, TEXT, 4]), call(0x12, [TEXT, 4])], [-1, -1, -1]);
  assertEquals(call(0x13), 13);
});

Deno.test("semihosting lengths beyond memory move no more than there is", () => {
  const { call, open, seen } = machine();
  const handle = open(":tt", 4);
  assertEquals(call(0x05, [handle, 0, -1]), 0xffff_ffff - 0x2000 | 0);
  assertEquals(seen.console.length, 0x2000);
  assertEquals(call(0x06, [handle, 0, -1]), -1);
  assertEquals(call(0x04, { r1: -4 }), 0x04); // no memory there: nothing printed
});

Deno.test("semihosting files are closed by a reset", () => {
  const { call, cpu, open, seen } = machine();
  const handle = open("data");
  cpu.reset();
  assertEquals([call(0x0c, [handle]), seen.files], [-1, ["data 0", "closed"]]);
});

Deno.test("semihosting limits open files", () => {
  const { open } = machine();
  const handles = Array.from({ length: 70 }, () => open(":tt"));
  assertEquals([handles[63], handles[64]], [64, -1]);
});

Deno.test("semihosting says which extensions there are", () => {
  const { call, open, read } = machine();
  const handle = open(":semihosting-features");
  assertEquals([call(0x06, [handle, BUFFER, 5]), read(BUFFER, 5)], [0, "SHFB\x03"]);
});

Deno.test("semihosting name of a file may be counted with the NUL at its end", () => {
  const { call, text } = machine();
  text(TEXT, "data");
  assertEquals(call(0x01, [TEXT, 0, 5]), 1);
});

Deno.test("semihosting gives the command line if it fits", () => {
  const { call, host, read } = machine();
  assertEquals([call(0x15, [BUFFER, 8]), read(BUFFER, 8)], [0, "prog -x\0"]);
  assertEquals(host.memory.get(BLOCK + 4), 7);
  assertEquals(call(0x15, [BUFFER, 7]), -1);
});

Deno.test("semihosting tells virtual time", () => {
  const { call, host } = machine();
  assertEquals([call(0x10), call(0x31), call(0x30)], [1234, 1_000_000_000, 0]);
  assertEquals([host.memory.get(BLOCK)! >>> 0, host.memory.get(BLOCK + 4)], [12_345_678_901 % 2 ** 32, 2]);
});

Deno.test("semihosting names temporary files, and leaves the heap to the program", () => {
  const { call, host, read } = machine();
  assertEquals([call(0x0d, [BUFFER, 7, 16]), read(BUFFER, 6)], [0, "tmp-7\0"]);
  host.memory.set(BUFFER, 1);
  assertEquals([call(0x16, [BUFFER]), host.memory.get(BUFFER)], [0, 0]);
});

Deno.test("semihosting exit ends the machine with the program's status", () => {
  const { call, seen } = machine();
  call(0x18, { r1: 0x2_0026 });
  call(0x18, { r1: 0x2_0023 });
  call(0x20, [0x2_0026, 42]);
  call(0x20, [0x2_0024, 42]);
  assertEquals(seen.exits, [0, 1, 42, 1]);
});

Deno.test("semihosting tells error values by their sign", () => {
  const { call } = machine();
  assertEquals([call(0x08, [-1]), call(0x08, [3])], [1, 0]);
});

Deno.test("semihosting call that does not exist gives -1 and is logged", () => {
  const { call, host } = machine();
  assertEquals([call(0x99), host.messages.length], [-1, 1]);
});
