import { defineDevice, registerDevice } from "@emu/core";
import manifest from "./manifest.json" with { type: "json" };
import { createMac } from "./mac.ts";
import { BAR_DEFAULT, CR, CR_DEFAULT, createRegisters, eepromOf } from "./registers.ts";
import { createPhy, phyState } from "./phy.ts";
import { macState } from "./mac_state.ts";

/** The data register, four bytes. */
const DATA_BANK = 2, DATA = 8;

/** SMSC LAN91C111 10/100 Ethernet controller with its internal PHY (datasheet revision 1.92). */
export default defineDevice(manifest, {
  size: 16,
  outputs: ["irq"],
  create(context) {
    const { clock, log, out, properties } = context;
    const address = properties.mac.split(":").map((byte) => parseInt(byte, 16));
    const s = {
      ...macState(),
      /** What a soft reset leaves alone (datasheet 8.6, RCR): CONFIG, BASE, IA, EEPROM, memory, PHY. */
      cr: CR_DEFAULT as number,
      bar: BAR_DEFAULT as number,
      ia: Uint8Array.from(address),
      eeprom: eepromOf(address),
      memory: new Uint8Array(8192),
      phy: phyState(),
    };
    const port = context.network(properties.netdev, {
      receive(frame) {
        mac.receive(frame);
        outputs();
      },
      canReceive() {
        blocked = !mac.canReceive();
        return !blocked;
      },
      linkChanged: () => outputs(),
    });
    /** The network was told to wait. A hint of the host's: a needless ready() does no harm. */
    let blocked = false;
    const phy = createPhy({
      state: () => s.phy,
      now: () => clock.now(),
      cable: () => port.linkUp,
      rpcr: () => s.rpcr,
    });
    const mac = createMac({
      s,
      phy,
      send: (frame) => port.send(frame),
      powered: () => (s.cr & CR.EPH_POWER) !== 0,
    });
    const negotiated = clock.alarm(outputs);

    const banked = registerDevice(context, {
      state: s,
      width: 1,
      registers: createRegisters({ s, mac, phy, log }),
      outputs,
    });
    return {
      ...banked,
      // A frame is hundreds of accesses to the data register, which change no line: past the table.
      read: (offset, size) =>
        isData(offset, size) ? mac.readData(offset - DATA, size) : banked.read(16 * s.bank + offset, size),
      write(offset, size, value) {
        if (isData(offset, size)) return mac.writeData(offset - DATA, size, value);
        // A 32-bit write that holds the bank register reaches nothing else: so its users without 16-bit
        // stores mean it, and so QEMU has it.
        if (offset === 12 && size === 4) banked.write(16 * s.bank + 14, 2, value >>> 16);
        else banked.write(16 * s.bank + offset, size, value);
      },
    };

    function isData(offset: number, size: number): boolean {
      return s.bank === DATA_BANK && offset >= DATA && offset + size <= DATA + 4;
    }

    function outputs(): void {
      const { link, interrupt } = phy.observe();
      mac.noticed(link, interrupt);
      negotiated.at(phy.negotiating());
      out.irq((mac.interrupts() & s.mask) !== 0);
      if (blocked && mac.canReceive()) {
        blocked = false;
        port.ready();
      }
    }
  },
});
