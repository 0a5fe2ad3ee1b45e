/** Linux's own stack against the network "user": addresses by DHCP, files both ways, forwarded ports. */
import { assertEquals, assertMatch } from "@std/assert";
import { type Guest, guestTest } from "../guests/guests.ts";
import { bootConsole, type Console } from "./console.ts";
import { besides, NAME, nameServer, noNameServer } from "./name_server.ts";

const EMU = [Deno.execPath(), "run", "-A", new URL("../../emu.ts", import.meta.url).pathname];
const LENGTH = 1 << 20, LARGE = 50e6, CONNECTIONS = 200;

async function md5(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const child = new Deno.Command("md5sum", { stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(bytes);
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout).slice(0, 32);
}

/** Bytes that no run of the same value could pass for. */
function someBytes(length = LENGTH): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

function boot(
  { zImage, dtb, initrd }: Guest,
  { before, options }: { readonly before: readonly string[]; readonly options: readonly string[] },
): Promise<Console> {
  const machine = ["-M", "integratorcp", "-m", "128", "--no-reboot", "-display", "none", "-monitor", "none"];
  const files = ["-kernel", zImage, "-dtb", dtb, "-initrd", initrd, "-append", "console=ttyAMA0 quiet"];
  return bootConsole([...before, ...EMU, ...machine, ...files, ...options, "-serial", "stdio"]);
}

const sumIn = (text: string) => /[0-9a-f]{32}/.exec(text)?.[0] ?? text;

/** Everything that comes until the other side ends. */
async function readAll(conn: Deno.Conn): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(conn.readable).arrayBuffer());
}

Deno.test(guestTest(
  "arm",
  "Linux gets an address by DHCP and moves files by HTTP, TFTP and forwarded ports, both ways",
  async (guest, t) => {
    const folder = await Deno.makeTempDir();
    await using cleaning = new AsyncDisposableStack();
    cleaning.defer(() => Deno.remove(folder, { recursive: true }));
    const data = someBytes(), sum = await md5(data);
    await Deno.writeFile(`${folder}/data`, data);
    const large = someBytes(LARGE);
    const web = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      ({ url }) => new Response(url.endsWith("/large") ? large : url.endsWith("/small") ? "small\n" : data),
    );
    cleaning.defer(() => web.shutdown());
    const sink = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    cleaning.defer(() => sink.close());
    const [out, into] = [freePort(), freePort()];
    const forwards = `hostfwd=tcp:127.0.0.1:${out}-:5000;tcp:127.0.0.1:${into}-:5001`;
    const line = Deno.listen({ transport: "unix", path: `${folder}/line` });
    cleaning.defer(() => line.close());
    const peer = line.accept();
    const guestForwards = "guestfwd=tcp:10.0.2.100:7-cmd:tr a-z A-Z;tcp:10.0.2.101:7-chardev:line";
    if (!noNameServer) cleaning.use(await nameServer());
    await using linux = await boot(guest, {
      before: noNameServer ? [] : await besides(folder),
      options: [
        "--chardev",
        `socket,id=line,path=${folder}/line`,
        "--netdev",
        `user,id=net0,tftp=${folder},${guestForwards},hostname=box,${forwards}`,
      ],
    });

    await t.step("udhcpc gets 10.0.2.15, the gateway and the name server", async () => {
      assertMatch(
        await linux.run("udhcpc -i eth0 -n -q -s /usr/share/udhcpc/default.script"),
        /10\.0\.2\.15/,
      );
      assertMatch(await linux.run("ip addr show eth0"), /inet 10\.0\.2\.15\/24/);
      assertMatch(await linux.run("ip route"), /default via 10\.0\.2\.2/);
      assertMatch(await linux.run("cat /etc/resolv.conf"), /nameserver 10\.0\.2\.3/);
    });
    await t.step("ping reaches the gateway, in fragments too, and the outside is unreachable", async () => {
      assertMatch(await linux.run("ping -c 2 10.0.2.2"), / 0% packet loss/);
      assertMatch(await linux.run("ping -c 2 -s 5000 10.0.2.3"), / 0% packet loss/);
      assertMatch(await linux.run("ping -c 1 -W 2 192.0.2.1 || true"), /100% packet loss/);
    });
    const lookUp = "nslookup asks the host's name server through 10.0.2.3";
    await t.step({
      name: noNameServer ? `${lookUp} (ignored: ${noNameServer})` : lookUp,
      ignore: noNameServer !== undefined,
      async fn() {
        assertMatch(await linux.run(`nslookup ${NAME.known} 10.0.2.3`), RegExp(`Address.*${NAME.address}`));
        assertMatch(await linux.run(`nslookup ${NAME.unknown} 2>&1 || true`), /NXDOMAIN|can't resolve/);
      },
    });
    await t.step("wget fetches from the host's loopback address what the host has", async () => {
      await linux.run(`wget -q -O /tmp/data http://10.0.2.2:${web.addr.port}/`);
      assertEquals(sumIn(await linux.run("md5sum /tmp/data")), sum);
    });
    await t.step("wget fetches 50 MB", async () => {
      const received = await linux.run(`wget -q -O - http://10.0.2.2:${web.addr.port}/large | md5sum`);
      assertEquals(sumIn(received), await md5(large));
    });
    await t.step("200 connections at a time all get their answer", async () => {
      const one = `wget -q -O - http://10.0.2.2:${web.addr.port}/small`;
      const answers = await linux.run(
        `for i in $(seq ${CONNECTIONS}); do ${one} >>/tmp/small & done; wait; cat /tmp/small | wc -l`,
      );
      assertMatch(answers, RegExp(`^${CONNECTIONS}\\s*$`, "m"));
    });
    await t.step("a host that resets, ends at once or stalls does not stay with the guest", async () => {
      const server = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = server.addr;
      const call = async (deed: (conn: Deno.Conn) => void, command: string) => {
        const called = server.accept().then(deed);
        const answer = await linux.run(`echo x | ${command.replace("PORT", `${port}`)} 2>&1; true`);
        await called;
        return answer;
      };
      const read = await call((conn) => {
        void conn.write(new TextEncoder().encode("last words\n")).then(() => conn.close());
      }, "nc 10.0.2.2 PORT");
      assertMatch(read, /last words/);
      let stalled: Deno.Conn | undefined;
      await call((conn) => void (stalled = conn), "timeout 2 nc 10.0.2.2 PORT");
      stalled!.close();
      // It has something unread when it closes: the host's kernel resets.
      await call((conn) => void setTimeout(() => conn.close(), 300), "timeout 20 nc 10.0.2.2 PORT");
      server.close();
    });
    await t.step("nc sends to the host, and ends its direction", async () => {
      const received = sink.accept().then(readAll);
      await linux.run(`nc 10.0.2.2 ${sink.addr.port} </tmp/data`);
      assertEquals(await md5(await received), sum);
    });
    await t.step("a connection to a port of the host's that nobody listens at is refused", async () => {
      assertMatch(await linux.run(`nc 10.0.2.2 ${freePort()} 2>&1 </dev/null || true`), /refused/);
    });
    await t.step("tftp fetches a file, in blocks of either size", async () => {
      for (const blocks of ["", "-b 1400"]) {
        await linux.run(`tftp -g ${blocks} -r data -l /tmp/tftp 10.0.2.2`);
        assertEquals(sumIn(await linux.run("md5sum /tmp/tftp")), sum, blocks);
      }
      assertMatch(await linux.run("tftp -g -r ../data -l /tmp/no 10.0.2.2 2>&1 || true"), /no such file/i);
    });
    await t.step("a program answers at the address of a guestfwd rule", async () => {
      assertMatch(await linux.run("echo hello | nc 10.0.2.100 7"), /HELLO/);
    });
    await t.step("a channel answers at the address of a guestfwd rule", async () => {
      using conn = await peer;
      const said = linux.run("nc 10.0.2.101 7 </dev/null & sleep 2; kill $!");
      await conn.write(new TextEncoder().encode("from the line\n"));
      assertMatch(await said, /from the line/);
      await linux.run("echo to the line | timeout 2 nc 10.0.2.101 7; true");
      const buffer = new Uint8Array(100);
      const count = await conn.read(buffer);
      assertEquals(new TextDecoder().decode(buffer.subarray(0, count!)), "to the line\n");
    });
    await t.step("the host fetches from the guest through a forwarded port", async () => {
      await linux.run("nc -l -p 5000 </tmp/data & sleep 1");
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: out });
      assertEquals(await md5(await readAll(conn)), sum);
      await linux.run("wait");
    });
    await t.step("the host sends 50 MB to the guest through a forwarded port", async () => {
      await linux.run("nc -l -p 5001 </dev/null | md5sum >/tmp/sum & sleep 1");
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: into });
      const writer = conn.writable.getWriter();
      await writer.write(large);
      await conn.closeWrite();
      await linux.run("wait");
      assertEquals(sumIn(await linux.run("cat /tmp/sum")), await md5(large));
    });
  },
));
