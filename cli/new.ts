import { KINDS } from "../core/plugin/manifest.ts";
import { PluginHost } from "../core/plugin/load.ts";
import { didYouMean } from "../core/plugin/nearest.ts";
import { usageError, UserError } from "./error.ts";
import { fileProblem } from "./files.ts";
import { copyTemplate, exists, pathOf, type Template, TEMPLATES } from "./new_files.ts";

const USAGE = `write it as emu.ts new ${TEMPLATES.join("|")} NAME [FOLDER]`;
/** Such names make identifiers and file names too. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** `emu.ts new KIND NAME [FOLDER]`: writes a plugin that works, to go on from. */
export async function newPlugin(args: readonly string[], print: (text: string) => void): Promise<number> {
  const [kind, name, folder = name, ...more] = args;
  if (kind === undefined || name === undefined) throw usageError(`Cannot make a plugin: ${USAGE}`);
  const what = `Cannot make ${kind} "${name}"`;
  if (more.length > 0) throw usageError(`${what}: there is "${more[0]}" too much; ${USAGE}`);
  const template = TEMPLATES.find((known) => known === kind);
  if (!template) {
    const known = (KINDS as readonly string[]).includes(kind)
      ? `there is no template for kind ${kind}`
      : `there is no such kind of plugin${didYouMean(kind, TEMPLATES)}`;
    throw usageError(`${what}: ${known}; ${USAGE}`);
  }
  if (!NAME.test(name)) {
    throw usageError(`${what}: a name is of small letters and digits, with "-" between words, as my-uart`);
  }
  if (await new PluginHost().find(template, name)) {
    throw new UserError(`${what}: there already is a ${kind} of that name in Emu; take another`);
  }
  try {
    if (exists(folder)) throw new UserError(`${what}: there already is a "${folder}"; take another folder`);
    const files = await copyTemplate(template, { name, folder });
    print(`${files.map((file) => `${folder}/${file}\n`).join("")}\n${nextSteps(template, { name, folder })}`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${what}: ${fileProblem(error)}`);
  }
  return 0;
}

function nextSteps(kind: Template, { name, folder }: { name: string; folder: string }): string {
  const use = {
    device: `--board integratorcp --plugin ${folder}/manifest.json --device ${name},at=0x1f000000,irq=pic.9`,
    board: `--plugin ${folder}/manifest.json --board ${name}`,
    netdev: `--board integratorcp --plugin ${folder}/manifest.json --netdev ${name},id=net0`,
    instrument: `--board integratorcp --plugin ${folder}/manifest.json --instrument ${name}`,
    isa: `--plugin ${folder}/manifest.json --board ${folder}/board.json`,
  }[kind];
  return `Test it:  cd ${folder} && deno test -A\nUse it:   deno run -A ${pathOf("emu.ts")} ${use}\n`;
}
