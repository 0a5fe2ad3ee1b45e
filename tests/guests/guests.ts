/** Finds the guests that tests run: real kernels with their device tree and initial file system. */

/** The files of one guest, as paths. */
export interface Guest {
  zImage: string;
  dtb: string;
  initrd: string;
}

/** Why there is no guest, in words fit for the name of a test. */
export interface Missing {
  missing: string;
}

/** Architecture → files below a folder of guests. */
const FILES: Record<string, Guest> = {
  arm: {
    zImage: "arm/integratorcp-zImage",
    dtb: "arm/integratorcp.dtb",
    initrd: "arm/initrd.cpio.gz",
  },
};

const PROJECT = `${import.meta.dirname}/../..`;

/** Where the project's own guests are: beside it, or built by `deno task guests`. */
export const OWN_GUESTS: readonly string[] = [`${PROJECT}/../shared/guests`, `${PROJECT}/.guests`];

/** The folders that are searched; the first that has a whole guest wins. */
function guestFolders(): string[] {
  const chosen = Deno.env.get("EMU_GUESTS");
  return [...(chosen ? [chosen] : []), ...OWN_GUESTS];
}

/** The guest of an architecture, or why there is none. */
export function findGuests(arch: string, folders: readonly string[] = guestFolders()): Guest | Missing {
  const files = Object.hasOwn(FILES, arch) ? FILES[arch] : undefined;
  if (!files) {
    return { missing: `no guest for "${arch}" is known, only for ${Object.keys(FILES).join(", ")}` };
  }
  for (const folder of folders) {
    const guest = {
      zImage: `${folder}/${files.zImage}`,
      dtb: `${folder}/${files.dtb}`,
      initrd: `${folder}/${files.initrd}`,
    };
    if (Object.values(guest).every(isFile)) return guest;
  }
  return {
    missing: `no ${arch} guest: "deno task guests" builds it, EMU_GUESTS names the folder of another`,
  };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What a test does with its guest. */
export type GuestTest = (guest: Guest, context: Deno.TestContext) => void | Promise<void>;

/**
 * A test that needs a guest, for `Deno.test`: `Deno.test(guestTest("arm", "board boots Linux", (guest) => …))`.
 * Where the guest is missing the test is ignored, and its name says why.
 */
export function guestTest(arch: string, name: string, fn: GuestTest): Deno.TestDefinition {
  return guestTestWith(findGuests(arch), name, fn);
}

/** {@link guestTest} for what {@link findGuests} returned. */
export function guestTestWith(found: Guest | Missing, name: string, fn: GuestTest): Deno.TestDefinition {
  if ("missing" in found) return { name: `${name} (ignored: ${found.missing})`, ignore: true, fn: () => {} };
  return { name, fn: (context) => fn(found, context) };
}
