/**
 * The drivers of Linux 6.1 against the devices: disks are read, written and mounted, frames go both ways.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { guestTest } from "../../tests/guests/guests.ts";
import { bootLinux, memoryDisk } from "./linux_testing.ts";
import { Peer } from "./peer_testing.ts";

const MIB = 1 << 20;

Deno.test(guestTest("arm", "Linux reads, writes, zeroes and mounts virtio disks", async (guest) => {
  const plain = memoryDisk(4 * MIB), sealed = memoryDisk(MIB, { readOnly: true });
  for (let i = 0; i < plain.bytes.length; i++) plain.bytes[i] = sealed.bytes[i % MIB] = i * i >> 7;
  const linux = await bootLinux(guest, {
    blocks: { hd0: plain.block, hd1: sealed.block },
    devices: [
      { use: "virtio-blk-mmio", properties: { block: "hd0", serial: "EMU-0" } },
      { use: "virtio-blk-mmio", properties: { id: "second", block: "hd1" } },
    ],
  });
  try {
    assertEquals(await linux.run("ls -d /sys/block/vd*"), "/sys/block/vda  /sys/block/vdb");
    assertEquals(
      await linux.run("cat /sys/block/vda/serial; echo; cat /sys/block/vda/size /sys/block/vdb/ro"),
      "EMU-0\n8192\n1",
    );
    assertEquals(await linux.run("sha1sum < /dev/vda"), `${await sha1(plain.bytes)}  -`);
    assertEquals(await linux.run("sha1sum < /dev/vdb"), `${await sha1(sealed.bytes)}  -`);
    await linux.run("dd if=/dev/vdb of=/dev/vda bs=64k seek=16 conv=fsync");
    assertEquals(await sha1(plain.bytes.subarray(MIB, 2 * MIB)), await sha1(sealed.bytes));
    assertMatch(
      await linux.run("dd if=/dev/zero of=/dev/vdb count=1 conv=fsync; echo status $?"),
      /status 1/,
    );
    await linux.run(
      "mke2fs /dev/vda && mkdir /mnt && mount /dev/vda /mnt && dd if=/dev/vdb of=/mnt/file bs=4k && umount /mnt",
    );
    assertEquals(
      await linux.run("mount /dev/vda /mnt && sha1sum < /mnt/file"),
      `${await sha1(sealed.bytes)}  -`,
    );
  } finally {
    await linux.close();
  }
}));

Deno.test(guestTest("arm", "Linux pings, sends and receives through a virtio network card", async (guest) => {
  const peer = new Peer();
  const linux = await bootLinux(guest, {
    netdevs: { n1: peer },
    devices: [{ use: "virtio-net-mmio", properties: { netdev: "n1", mac: "52:54:00:00:00:07" } }],
  });
  try {
    assertEquals(
      await linux.run("cat /sys/class/net/eth0/address /sys/class/net/eth0/carrier"),
      "52:54:00:00:00:07\n1",
    );
    await linux.run("ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up");
    assertMatch(await linux.run("ping -c 3 -s 1400 10.9.0.1"), /3 packets transmitted, 3 packets received/);
    assertMatch(await linux.run("ping -c 1 -s 20000 10.9.0.1"), /1 packets received/);
    assertEquals(peer.badChecksums, 0);
    assertEquals([...peer.sources], ["52:54:00:00:00:07"]);
    for (const [up, carrier] of [[false, "0"], [true, "1"]] as const) {
      linux.machine.setLink("n1", up);
      assertEquals(await linux.run("cat /sys/class/net/eth0/carrier"), carrier);
    }
    assertMatch(await linux.run("ping -c 1 10.9.0.1"), /1 packets received/);
  } finally {
    await linux.close();
  }
}));

Deno.test(
  guestTest(
    "arm",
    "Linux streams TCP both ways through a virtio network card, large segments cut",
    async (guest) => {
      const stream = new Uint8Array(MIB).map((_, i) => i * i >> 7),
        peer = new Peer(stream),
        sink = new Peer();
      const card = (netdev: string) => ({ use: "virtio-net-mmio", properties: { id: netdev, netdev } });
      const linux = await bootLinux(guest, {
        netdevs: { n1: peer, n2: sink },
        devices: [card("n1"), card("n2")],
      });
      try {
        await linux.run("ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up");
        assertEquals(
          await linux.run("nc 10.9.0.1 19 < /dev/null | tee /tmp/f | sha1sum"),
          `${await sha1(stream)}  -`,
        );
        await linux.run("ip link set eth0 down; ip addr add 10.9.0.2/24 dev eth1; ip link set eth1 up");
        await linux.run("nc 10.9.0.1 9 -e dd if=/tmp/f bs=64k");
        const [{ received, ended }] = sink.connections.values();
        await ended; // dd is done when the kernel has its data
        assertEquals(await sha1(Uint8Array.from(received.flatMap((part) => [...part]))), await sha1(stream));
        assertEquals([peer.badChecksums, sink.badChecksums], [0, 0]);
        const packets = Number(await linux.run("cat /sys/class/net/eth1/statistics/tx_packets"));
        assert(packets < sink.frames, `${packets} packets became ${sink.frames} frames`);
      } finally {
        await linux.close();
      }
    },
  ),
);

async function sha1(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toHex();
}
