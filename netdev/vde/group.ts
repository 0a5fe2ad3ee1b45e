/** The number of a group, which may be given as one. */
export async function groupId(group: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const lines = (await Deno.readTextFile("/etc/group")).split("\n").map((line) => line.split(":"));
  const found = lines.find(([name]) => name === group);
  if (!found) throw new Error(`property "group": there is no group "${group}"`);
  return Number(found[2]);
}
