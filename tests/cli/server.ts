/** A server of a folder's files on this machine, gone after `use`. `typescript` is what it says of `.ts` files. */
export async function withServer(
  folder: string,
  use: (address: string) => Promise<void>,
  { typescript = "text/typescript" } = {},
): Promise<void> {
  // Deno keeps what it has once loaded from an address, and ports come again.
  const base = `/${crypto.randomUUID()}`;
  const types: Record<string, string> = { ts: typescript, json: "application/json" };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const pathname = new URL(url).pathname.replace(base, "");
    try {
      const type = types[pathname.split(".").at(-1)!] ?? "application/octet-stream";
      return new Response(await Deno.readFile(`${folder}${pathname}`), { headers: { "content-type": type } });
    } catch {
      return new Response(null, { status: 404 });
    }
  });
  try {
    await use(`http://127.0.0.1:${server.addr.port}${base}`);
  } finally {
    await server.shutdown();
  }
}
