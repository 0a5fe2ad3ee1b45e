/** `deno task guests`: builds the test guests from Debian's packages; see README.md. */
import { parseArgs } from "@std/cli";
import { installCommands, missingPackages, rootPrefix } from "./debian.ts";
import { INITRD_FILES, INITRD_TOOLS, initrdInputs, initrdSteps } from "./initrd.ts";
import { KERNEL_FILES, KERNEL_TOOLS, kernelInputs, kernelSteps } from "./kernel.ts";
import { isMade, type Place, placeAt, recordMade, removeFolder } from "./place.ts";
import { perform, type Step, StepError, terminalReporter } from "./step.ts";

const USAGE = `Usage: deno task guests [--force] [--keep] [--jobs N] [--out FOLDER]

Builds Linux for Arm Integrator/CP and its initrd from Debian's packages into .guests/.

  --force       build again what is up to date
  --keep        leave source and objects in FOLDER/build for the next build
  --jobs N      compile N files at a time (all cores)
  --out FOLDER  build into FOLDER (.guests)
`;

const FAILED = "Cannot build the guests";

/** What the two products cost, measured with one job on a small virtual machine: bytes and minutes of one core. */
const COST = {
  kernel: { disk: 1.9e9, download: 160e6, minutes: 15 },
  initrd: { disk: 0.1e9, download: 20e6, minutes: 0.2 },
} as const;

interface Options {
  out: string;
  jobs: number;
  force: boolean;
  keep: boolean;
}

interface Product {
  name: keyof typeof COST;
  inputs: string;
  files: readonly string[];
  tools: readonly string[];
  steps: Step[];
}

async function main(args: string[]): Promise<void> {
  const options = parseOptions(args);
  if (!options) return console.log(USAGE.trimEnd());
  await Deno.mkdir(options.out, { recursive: true });
  const place = placeAt(await Deno.realPath(options.out));
  using lock = await Deno.open(`${place.out}/lock`, { write: true, create: true });
  if (!await lock.tryLock(true)) throw new StepError(`${FAILED}: another build is at work in ${place.out}`);
  const products = await dueProducts(place, options);
  if (products.length === 0) return console.log(`The guests in ${place.out} are up to date.`);
  if (options.force) await removeFolder(place.build);
  await Deno.mkdir(place.build, { recursive: true });
  await build(products, { place, jobs: options.jobs });
  if (!options.keep) await removeFolder(place.build);
}

/** The options given, or undefined if help was asked for; throws at what is not understood. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { help, force, keep, jobs, out } = parseArgs(args, {
    boolean: ["force", "keep", "help"],
    string: ["jobs", "out"],
    default: { jobs: `${navigator.hardwareConcurrency}`, out: `${import.meta.dirname}/../../.guests` },
    unknown: (arg) => {
      throw new StepError(`${FAILED}: unknown argument "${arg}" (see --help)`);
    },
  });
  if (help) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(`${jobs}`)) {
    throw new StepError(`${FAILED}: --jobs wants a number, not "${jobs}"`);
  }
  if (out === "") throw new StepError(`${FAILED}: --out wants a folder`);
  return { jobs: Number(jobs), out: `${out}`, force: force === true, keep: keep === true };
}

/** The products that have to be built. */
async function dueProducts(place: Place, { jobs, force }: Options): Promise<Product[]> {
  const products: Product[] = [
    {
      name: "kernel",
      inputs: await kernelInputs(),
      files: KERNEL_FILES,
      tools: KERNEL_TOOLS,
      steps: kernelSteps(place, jobs),
    },
    {
      name: "initrd",
      inputs: await initrdInputs(),
      files: INITRD_FILES,
      tools: INITRD_TOOLS,
      steps: initrdSteps(place),
    },
  ];
  const made = await Promise.all(
    products.map((one) => isMade(place, { product: one.name, inputs: one.inputs })),
  );
  return products.filter((_, index) => force || !made[index]);
}

async function build(products: readonly Product[], { place, jobs }: { place: Place; jobs: number }) {
  const missing = await missingPackages([...new Set(products.flatMap((one) => one.tools))]);
  const cost = products.map((one) => COST[one.name]);
  const total = (key: keyof typeof cost[0]) => cost.reduce((sum, one) => sum + one[key], 0);
  const minutes = Math.ceil(total("minutes") / jobs);
  console.log(
    `Building ${products.map((one) => one.name).join(" and ")} into ${place.out}: ` +
      `${bytes(total("disk"))} of disk while at work, 6 MB after; ${bytes(total("download"))} to download; ` +
      `about ${minutes} min with ${jobs} at a time.`,
  );
  await checkDisk(place, total("disk"));
  const steps = [
    ...await installSteps(missing),
    ...products.flatMap((one) => recorded(one, place)),
  ];
  await perform(steps, { logs: place.logs, reporter: terminalReporter() });
  console.log(`Done: ${products.flatMap((one) => one.files).join(", ")} in ${place.out}.`);
}

/** A product's steps, of which the last also records that it is made. */
function recorded({ name, inputs, files, steps }: Product, place: Place): Step[] {
  return steps.map((step, index) => ({
    title: step.title,
    work: async (run) => {
      const note = await step.work(run);
      if (index === steps.length - 1) await recordMade(place, { product: name, inputs, files });
      return note;
    },
  }));
}

/** The step that installs missing packages, announced with its commands; none if nothing is missing. */
async function installSteps(missing: readonly string[]): Promise<Step[]> {
  if (missing.length === 0) return [];
  const prefix = await rootPrefix();
  if (!prefix) {
    throw new StepError(
      `${FAILED}: not root, so install by hand: ${shell(installCommands(missing, ["sudo"]))}`,
    );
  }
  const commands = installCommands(missing, prefix);
  console.log(`Missing packages: ${missing.join(" ")}. Running: ${shell(commands)}`);
  return [{
    title: "Install packages",
    work: async (run) => {
      const env = { DEBIAN_FRONTEND: "noninteractive" };
      for (const command of commands) await run(command, { env });
    },
  }];
}

function shell(commands: readonly string[][]): string {
  return commands.map((command) => command.join(" ")).join(" && ");
}

/** Throws if the disk has not the room that is needed; what an interrupted build left counts as room. */
async function checkDisk({ out, build }: Place, needed: number): Promise<void> {
  const free = await numberFrom("df", ["--output=avail", "-B1", out]);
  const used = await numberFrom("du", ["-s", "-B1", build]);
  if (free + used >= needed) return;
  throw new StepError(`${FAILED}: ${out} has ${bytes(free)} free, ${bytes(needed - used)} are needed`);
}

/** The first number that a command prints. */
async function numberFrom(command: string, args: string[]): Promise<number> {
  const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
  return Number(/\d+/.exec(new TextDecoder().decode(stdout))?.[0]);
}

function bytes(count: number): string {
  return count < 1e9 ? `${Math.round(count / 1e6)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
