import { ACCESS, type Access, UNALIGNED } from "@emu/core";
import { assertEquals } from "@std/assert";
import { CONTROL } from "./cp15_bits.ts";
import { emptyPage, fakeCpu } from "./fake_host.ts";
import { ALIGN, ARM, MMU } from "./state.ts";

const TABLE = 0x4000, SECOND = 0x9000;
const CLIENT = 1, MANAGER = 3;

/** A vCPU with its MMU on and all domains of one kind; descriptors are given by address. */
function translating(descriptors: Record<number, number>, { domains = CLIENT, control = 0 } = {}) {
  const rig = fakeCpu();
  const { i32, host } = rig;
  i32[ARM.c1_control.index] = CONTROL.M | control;
  i32[ARM.c2_ttbr.index] = TABLE;
  i32[ARM.c3_dacr0.index] = domains * 0x5555_5555;
  for (const [at, word] of Object.entries(descriptors)) host.memory.set(Number(at), word);
  return rig;
}

/** Fault, or physical address, size and rights. */
function walk(
  { cpu }: ReturnType<typeof fakeCpu>,
  address: number,
  { access = ACCESS.read, index = 0 }: { access?: Access; index?: number } = {},
) {
  const page = emptyPage();
  const fault = cpu.walk(address, access, index, page);
  if (fault) return `fault 0x${fault.toString(16)}`;
  const rights = `${page.readable ? "r" : "-"}${page.writable ? "w" : "-"}${page.executable ? "x" : "-"}`;
  return `0x${page.physical.toString(16)} +0x${page.size.toString(16)} ${rights}`;
}

/** First-level descriptor of virtual 0xc000_0000. */
const AT_C000 = TABLE + 0xc00 * 4;
const AP = { RW: 3 << 10, PRIVILEGED: 1 << 10, USER_READS: 2 << 10 } as const;

Deno.test("mmu that is off gives each address for itself", () => {
  assertEquals(walk(fakeCpu(), 0xdead_beef), "0xdeadbeef +0x100000 rwx");
});

Deno.test("mmu translates a section", () => {
  const rig = translating({ [AT_C000]: 0x0010_0000 | AP.RW | 2 });
  assertEquals(walk(rig, 0xc001_2345), "0x112345 +0x100000 rwx");
});

Deno.test("mmu gives physical addresses with the top bit set as positive numbers", () => {
  const rig = translating({ [AT_C000]: 0xf010_0000 | AP.RW | 2 });
  assertEquals(walk(rig, 0xc001_2345), "0xf0112345 +0x100000 rwx");
});

Deno.test("mmu translates a small page", () => {
  const rig = translating({ [AT_C000]: SECOND & ~0x3ff | 1, [SECOND + 0x12 * 4]: 0x0077_7ff2 });
  assertEquals(walk(rig, 0xc001_2345), "0x777345 +0x1000 rwx");
});

Deno.test("mmu gives a quarter of a small page whose quarters differ", () => {
  const rig = translating({
    [AT_C000]: SECOND | 1,
    [SECOND + 0x12 * 4]: 0x0077_7000 | 0b11_01_10_11 << 4 | 2,
  });
  assertEquals(walk(rig, 0xc001_2045, { index: MMU.USER }), "0x777045 +0x400 rwx");
  assertEquals(walk(rig, 0xc001_2445, { index: MMU.USER }), "0x777445 +0x400 r-x");
  assertEquals(walk(rig, 0xc001_2845, { index: MMU.USER }), "fault 0xf");
  assertEquals(walk(rig, 0xc001_2c45, { index: MMU.USER }), "0x777c45 +0x400 rwx");
});

Deno.test("mmu translates a large page, by quarters where they differ", () => {
  const even = translating({ [AT_C000]: SECOND | 1, [SECOND + 0x12 * 4]: 0x0077_0ff1 });
  assertEquals(walk(even, 0xc001_2345), "0x772345 +0x10000 rwx");
  const odd = translating({
    [AT_C000]: SECOND | 1,
    [SECOND + 0x1c * 4]: 0x0077_0000 | 0b01_10_11_11 << 4 | 1,
  });
  assertEquals(walk(odd, 0xc001_c345, { index: MMU.USER }), "fault 0xf");
  assertEquals(walk(odd, 0xc001_c345), "0x77c345 +0x4000 rwx");
});

Deno.test("mmu translates small and tiny pages of a fine table", () => {
  const rig = translating({
    [AT_C000]: SECOND | 3,
    [SECOND + 0x48 * 4]: 0x0077_7ff2,
    [SECOND + 0x4d * 4]: 0x0066_6400 | 3 << 4 | 3,
  });
  assertEquals(walk(rig, 0xc001_2145), "0x777145 +0x1000 rwx");
  assertEquals(walk(rig, 0xc001_3745), "0x666745 +0x400 rwx");
});

Deno.test("mmu reports a missing descriptor by level and domain", () => {
  assertEquals(walk(translating({ [AT_C000]: 0 }), 0xc000_0000), "fault 0x5");
  const page = translating({ [AT_C000]: SECOND | 5 << 5 | 1, [SECOND]: 0 });
  assertEquals(walk(page, 0xc000_0000), "fault 0x57");
  const tiny = translating({ [AT_C000]: SECOND | 5 << 5 | 1, [SECOND]: 0x33 });
  assertEquals(walk(tiny, 0xc000_0000), "fault 0x57");
});

Deno.test("mmu reports a domain without access by level", () => {
  for (const domains of [0, 2]) {
    const section = translating({ [AT_C000]: AP.RW | 4 << 5 | 2 }, { domains });
    assertEquals(walk(section, 0xc000_0000), "fault 0x49");
    const page = translating({ [AT_C000]: SECOND | 4 << 5 | 1, [SECOND]: 0xff2 }, { domains });
    assertEquals(walk(page, 0xc000_0000), "fault 0x4b");
  }
});

Deno.test("mmu does not ask for permissions in a manager's domain", () => {
  const rig = translating({ [AT_C000]: 2 }, { domains: MANAGER });
  assertEquals(walk(rig, 0xc000_0000, { access: ACCESS.write, index: MMU.USER }), "0x0 +0x100000 rwx");
});

Deno.test("mmu reports table entries to which no memory answers", () => {
  assertEquals(walk(translating({}), 0xc000_0000), "fault 0xc");
  assertEquals(walk(translating({ [AT_C000]: SECOND | 3 << 5 | 1 }), 0xc000_0000), "fault 0x3e");
});

/** DDI 0100, table B4-1: rights of privileged and user accesses by AP, S and R. */
const PERMISSIONS = [
  { ap: 0, control: 0, privileged: "---", user: "---" },
  { ap: 0, control: CONTROL.S, privileged: "r-x", user: "---" },
  { ap: 0, control: CONTROL.R, privileged: "r-x", user: "r-x" },
  { ap: 1, control: 0, privileged: "rwx", user: "---" },
  { ap: 2, control: 0, privileged: "rwx", user: "r-x" },
  { ap: 3, control: 0, privileged: "rwx", user: "rwx" },
];

for (const { ap, control, privileged, user } of PERMISSIONS) {
  for (const [index, rights] of [[0, privileged], [MMU.USER, user]] as const) {
    Deno.test(`mmu gives ${rights} for AP ${ap}, control 0x${control.toString(16)}, MMU index ${index}`, () => {
      const rig = translating({ [AT_C000]: ap << 10 | 2 }, { control });
      const answer = (allowed: boolean) => allowed ? `0x0 +0x100000 ${rights}` : "fault 0xd";
      for (
        const [letter, access] of [["r", ACCESS.read], ["w", ACCESS.write], ["x", ACCESS.execute]] as const
      ) {
        assertEquals(walk(rig, 0xc000_0000, { access, index }), answer(rights.includes(letter)));
      }
    });
  }
}

Deno.test("mmu index says which of two domain registers counts", () => {
  const rig = translating({ [AT_C000]: AP.RW | 2 });
  rig.i32[ARM.c3_dacr1.index] = 0;
  assertEquals(walk(rig, 0xc000_0000, { index: 0 }), "0x0 +0x100000 rwx");
  assertEquals(walk(rig, 0xc000_0000, { index: 1 << MMU.DACR_SHIFT }), "fault 0x9");
});

Deno.test("mmu puts the process ID into addresses below 32 MiB, in the fault address too", () => {
  const rig = translating({ [TABLE + 0x041 * 4]: 0x0550_0000 | AP.RW | 2 });
  rig.i32[ARM.c13_fcse.index] = 2 << 25;
  assertEquals(walk(rig, 0x0010_0004), "0x5500004 +0x100000 rwx");
  rig.cpu.fault(5, 0x0020_0000, ACCESS.read, 0);
  rig.cpu.deliver();
  assertEquals(rig.i32[ARM.c6_far.index], 0x0420_0000);
});

Deno.test("mmu bus error tells section from page, and the domain", () => {
  const rig = translating({
    [AT_C000]: AP.RW | 1 << 5 | 2,
    [AT_C000 + 4]: SECOND | 2 << 5 | 1,
    [SECOND]: 0xff2,
  });
  const status = (address: number) => {
    rig.cpu.busError(address, ACCESS.read, 0);
    return rig.i32[ARM.pendingFsr.index];
  };
  assertEquals([status(0xc000_0000), status(0xc010_0000)], [0x18, 0x2a]);
  rig.i32[ARM.c1_control.index] = 0;
  assertEquals(status(0xc010_0000), 0x8);
});

Deno.test("mmu unaligned access rotates, is forced, or faults with control bit A", () => {
  const rig = translating({});
  assertEquals(rig.cpu.unaligned(1, ALIGN.ROTATE, ACCESS.read), UNALIGNED.rotate);
  assertEquals(rig.cpu.unaligned(1, 0, ACCESS.write), UNALIGNED.force);
  rig.i32[ARM.c1_control.index] |= CONTROL.A;
  assertEquals(rig.cpu.unaligned(0x8001, ALIGN.ROTATE, ACCESS.read), UNALIGNED.fault);
  assertEquals([rig.i32[ARM.pendingFsr.index], rig.i32[ARM.pendingFar.index]], [1, 0x8001]);
});

Deno.test("mmu flush of a page is a flush of that page alone among small pages", () => {
  const rig = translating({ [AT_C000]: SECOND | 1, [SECOND]: 0xff2 });
  walk(rig, 0xc000_0000);
  rig.cpu.flushTlbPage(0xc000_0123);
  assertEquals(rig.host.flushes, ["c0000000+1000"]);
});

Deno.test("mmu flush of a page inside a section that was seen is a flush of all", () => {
  const rig = translating({ [AT_C000]: AP.RW | 2, [AT_C000 + 8]: AP.RW | 2 });
  walk(rig, 0xc000_0000);
  walk(rig, 0xc020_0000);
  rig.cpu.flushTlbPage(0x0000_8000);
  rig.cpu.flushTlbPage(0xc020_5000);
  rig.cpu.flushTlbPage(0xc020_5000);
  assertEquals(rig.host.flushes, ["8000+1000", "all", "c0205000+1000"]);
});

Deno.test("mmu walk survives every descriptor", () => {
  const rig = translating({});
  for (let n = 0; n < 20_000; n++) {
    const first = Math.imul(n, 0x9e37_79b1), second = Math.imul(n, 0x85eb_ca6b);
    rig.host.memory.set(AT_C000, first & 0xffff | (first & 1 ? 0 : first));
    for (let at = first & 0xfc00; at < (first & 0xfc00) + 64; at += 4) {
      if (at !== AT_C000) rig.host.memory.set(at, second);
    }
    const answer = walk(rig, 0xc000_0000, { index: n & 3 });
    assertEquals(/^(fault 0x[0-9a-f]+|0x[0-9a-f]+ \+0x[0-9a-f]+ [rwx-]{3})$/.test(answer), true);
  }
});
