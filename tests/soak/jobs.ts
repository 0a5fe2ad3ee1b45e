/** What the guest is kept busy with: shell lines that must all go well, again and again. */

/** A line for the guest's shell. */
export interface Job {
  readonly name: string;
  readonly line: string;
  /** What is the same each time: a pattern for it. The first time sets it. */
  readonly same?: RegExp;
}

const KERNELS = [
  "sha1",
  "crc32",
  "qsort",
  "matmul",
  "strings",
  "float",
  "sieve",
  "interp",
  "memcpy",
  "syscall",
  "pagefault",
  "fork",
  "exec",
  "pipe",
];

const MADE: readonly Job[] = [
  {
    name: "processes",
    line:
      "i=0; n=0; while [ $i -lt 150 ]; do /bin/true && n=$((n+1)); (exit 3) || n=$((n+1)); i=$((i+1)); done; " +
      "[ $n = 300 ]",
  },
  {
    name: "pipeline",
    line: "seq 1 20000 | sort -r | sort -n | md5sum",
    same: /[0-9a-f]{32}/,
  },
  {
    name: "find",
    line: "find /bin /sbin /etc /init -xdev | sort | md5sum; find /sys /proc/[0-9] 2>/dev/null | wc -l",
    same: /[0-9a-f]{32}/,
  },
  {
    name: "gzip",
    line:
      "dd if=/dev/urandom of=/tmp/a bs=64k count=12 2>/dev/null; gzip -c /tmp/a >/tmp/b; gunzip -c /tmp/b | " +
      "cmp - /tmp/a && rm /tmp/a /tmp/b",
  },
  {
    name: "archive",
    line: "tar c /bin/busybox /bin/bench /init 2>/dev/null | gzip | gunzip | tar t | md5sum",
    same: /[0-9a-f]{32}/,
  },
  {
    // New pages of code each time, over what others held before.
    name: "fresh code",
    line:
      "n=0; for i in 1 2 3 4 5; do cp /bin/busybox /tmp/busybox$i; /tmp/busybox$i true && n=$((n+1)); done; " +
      "rm /tmp/busybox*; [ $n = 5 ]",
  },
  {
    name: "memory",
    line: "dd if=/dev/zero of=/tmp/z bs=1M count=40 2>/dev/null && md5sum </tmp/z; rm /tmp/z",
    same: /[0-9a-f]{32}/,
  },
  {
    name: "mounts",
    line:
      "mkdir -p /tmp/m; for i in 1 2 3 4 5 6 7 8; do mount -t tmpfs x /tmp/m && echo $i >/tmp/m/f && umount /tmp/m; done",
  },
  { name: "idle", line: "sleep 1" },
  {
    name: "in the background",
    line: "(bench sieve & bench crc32 & bench fork & wait) | grep -c check",
    same: /3/,
  },
];

/** All jobs, in the order of a round. */
export const JOBS: readonly Job[] = [
  ...KERNELS.map((name) => ({ name, line: `bench ${name}`, same: /check [0-9a-f]{8}/ })),
  ...MADE,
];

/** What must never be in the guest's output. */
export const TROUBLE =
  /Oops|BUG:|panic|Segmentation fault|Illegal instruction|Bus error|Internal error|not found|No such file/;
