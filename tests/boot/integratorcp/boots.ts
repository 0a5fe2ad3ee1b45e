import type { Boot } from "../run_boot.ts";

const CONSOLE = "console=ttyAMA0";
const BOARD = ["--board", "integratorcp", "--no-reboot"];
const BOOTED = { expect: "BOOT-OK armv5tejl" };
const PROMPT = "/ # ";

/**
 * What each kernel of the guest's benchmark computes. Read off QEMU 7.2, running the same guest:
 * `qemu-system-arm -M integratorcp -m 128 -no-reboot … -append "console=ttyAMA0 run=bench"`.
 */
export const BENCH_CHECKS = {
  sha1: "203e6a58",
  crc32: "aaeb1125",
  qsort: "00a636ba",
  matmul: "0eb746d5",
  strings: "00047eca",
  float: "02494a2c",
  sieve: "0000198e",
  interp: "5dbbaf8c",
  memcpy: "00000001",
  syscall: "0000c350",
  pagefault: "00000000",
  fork: "00000000",
  exec: "00000000",
  pipe: "00000000",
} as const;

/** Linux on the Integrator/CP. */
export const LINUX: readonly Boot[] = [
  {
    name: "Linux boots, runs a command and reboots",
    args: BOARD,
    append: `${CONSOLE} run=true`,
    steps: [
      { expect: "Booting Linux on physical CPU 0x0" },
      { expect: "CPU: ARM926EJ-S" },
      BOOTED,
      { expect: "RUN-EXIT 0" },
    ],
    status: 0,
  },
  {
    name: "Linux boots in the interpreter, runs a command and reboots",
    args: [...BOARD, "--accel", "interp"],
    append: `${CONSOLE} run=true`,
    steps: [BOOTED, { expect: "RUN-EXIT 0" }],
    status: 0,
  },
  {
    name: "Linux gives a shell that understands what is typed, and ends when told to",
    args: BOARD,
    append: CONSOLE,
    steps: [
      BOOTED,
      { expect: PROMPT, type: "echo sum: $((6 * 7))\n" },
      { expect: "sum: 42" },
      { expect: PROMPT, type: "seq 1 200 | while read n; do echo $n; done | wc -l\n" },
      { expect: "200" },
      { expect: PROMPT, type: "sleep 0.2; cat /proc/interrupts\n" },
      { expect: "timer" },
      { expect: PROMPT, type: "reboot -f\n" },
    ],
    status: 0,
  },
  {
    name: "Linux sees as much memory as it is given",
    args: [...BOARD, "-m", "64"],
    append: `${CONSOLE} run=cat,/proc/meminfo`,
    // 64 MiB less what the kernel keeps for itself.
    steps: [{ expect: "MemTotal:          5" }, { expect: "RUN-EXIT 0" }],
    status: 0,
  },
  {
    name: "Linux computes what it computes on QEMU, in every kernel of the benchmark",
    args: BOARD,
    append: `${CONSOLE} run=bench`,
    steps: [
      BOOTED,
      ...Object.entries(BENCH_CHECKS).flatMap(([name, check]) => [
        { expect: `BENCH ${name} ` },
        { expect: `check ${check}` },
      ]),
      { expect: "BENCH-DONE" },
      { expect: "RUN-EXIT 0" },
    ],
    status: 0,
  },
];
