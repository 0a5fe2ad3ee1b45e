import { type Clock, MAX_FRAME, type NetReceiver } from "@emu/core";
import type { Address } from "./address.ts";
import { etherInput } from "./ethernet.ts";
import { FrameQueue } from "./frame_queue.ts";
import type { HostNetwork, HostStream } from "./host_network.ts";
import { advertiseTick } from "./icmpv6.ts";
import { type Leases, newLeases } from "./leases.ts";
import { Neighbours } from "./neighbours.ts";
import { packetIn } from "./packet.ts";
import { closePings, newPings, type Pings } from "./pings.ts";
import { Reassembly } from "./reassembly.ts";
import type { Settings } from "./settings.ts";
import { closeConnections } from "./tcp.ts";
import { pumpHost } from "./tcp_life.ts";
import { output } from "./tcp_output.ts";
import { type Connection, STATE } from "./tcp_state.ts";
import { ConnectionTable } from "./tcp_table.ts";
import { tcpTick } from "./tcp_timers.ts";
import { closeTftp, type TftpSession, tftpTick } from "./tftp.ts";
import { Timers } from "./timers.ts";
import { closeFlows, type Flow, udpTick } from "./udp_flows.ts";
import type { UdpForward } from "./udp_forward.ts";

/** Longest frame that is taken from the guest, in bytes. */
export const LONGEST_FRAME = 1514 + 4; // with a VLAN tag's worth to spare
/** Frames given to the guest in one turn of the event loop. */
const BATCH = 512;

/** An address and port of the virtual network behind which something of the host's answers. */
export interface GuestForward {
  readonly address: Address;
  readonly port: number;
  /** Gives up when the signal says so. */
  open(signal: AbortSignal): HostStream | Promise<HostStream>;
}

/** A listening port of the host's. */
export interface Listening {
  readonly key: string;
  close(): void;
}

/** The whole state of the network. The protocols are functions over it. */
export interface Stack {
  readonly settings: Settings;
  readonly host: HostNetwork;
  readonly timers: Timers;
  readonly queue: FrameQueue;
  readonly neighbours: Neighbours;
  readonly reassembly: Reassembly;
  readonly leases: Leases;
  readonly flows: Map<string, Flow>;
  readonly udpForwards: Set<UdpForward>;
  readonly listening: Map<string, Listening>;
  readonly guestForwards: GuestForward[];
  readonly pings: Pings;
  readonly tftpSessions: Map<string, TftpSession>;
  /** Files that are being opened for TFTP. */
  tftpOpening: number;
  readonly connections: ConnectionTable;
  /** Connections to look at in the next turn. */
  touched: Connection[];
  /** Identification of the next IP packet. */
  nextId: number;
  /** When the router advertises itself next. */
  advertiseAt: number;
  /** Whether the guest's card takes large segments now. */
  takesLarge(): boolean;
  /** One line for the user. */
  warn(message: string): void;
  /** Has `turn` called soon. */
  schedule(): void;
}

/** A network and its way in and out. */
export interface Network {
  readonly stack: Stack;
  send(frame: Uint8Array): void;
  sendLarge(segment: Uint8Array): void;
  connect(receiver: NetReceiver): void;
  ready(): void;
  close(): Promise<void>;
}

/** Makes a network. */
export function newNetwork(
  settings: Settings,
  { clock, host, warn }: Pick<Stack, "host" | "warn"> & { readonly clock: Clock },
): Network {
  let receiver: NetReceiver | undefined;
  let scheduled = false, delivering = false, open = true;
  const input = packetIn(new Uint8Array(MAX_FRAME));
  const timers = new Timers(clock, (now) =>
    Math.min(
      tcpTick(stack, now),
      udpTick(stack, now),
      tftpTick(stack, now),
      stack.reassembly.tick(now),
      advertiseTick(stack, now),
    ));
  const soon = clock.alarm(deliver);
  const stack: Stack = {
    settings,
    host,
    timers,
    queue: new FrameQueue(),
    neighbours: new Neighbours(),
    reassembly: new Reassembly(),
    leases: newLeases(settings.dhcpStart),
    flows: new Map(),
    udpForwards: new Set(),
    listening: new Map(),
    guestForwards: [],
    pings: newPings(),
    warn,
    tftpSessions: new Map(),
    tftpOpening: 0,
    connections: new ConnectionTable(),
    touched: [],
    nextId: 1,
    advertiseAt: 0,
    takesLarge: () => receiver?.takesLarge?.() ?? false,
    schedule() {
      if (scheduled || !open) return;
      scheduled = true;
      setImmediate(turn);
    },
  };
  timers.by(settings.ipv6 ? 0 : Infinity);

  function take(frame: Uint8Array, large: boolean): void {
    if (!open) return;
    input.bytes.set(frame);
    input.large = large;
    const before = stack.queue.count;
    etherInput(stack, input, frame.length);
    // The answer is here already. A guest that waits for it in a loop must not do so to the end of its slice.
    if (stack.queue.count > before && before === 0) soon.at(clock.now());
  }

  /** Gives the guest what waits for it, as far as it takes it. */
  function deliver(): void {
    if (delivering || !receiver) return; // the guest answers from within `receive`
    delivering = true;
    try {
      for (let count = 0; count < BATCH && stack.queue.count > 0 && receiver.canReceive(); count++) {
        const size = stack.queue.partSize;
        if (size === 0) receiver.receive(stack.queue.shift());
        else receiver.receiveLarge!(stack.queue.shift(), size);
      }
    } finally {
      delivering = false;
    }
  }

  function turn(): void {
    scheduled = false;
    if (!open) return;
    work(stack);
    deliver();
    if (stack.touched.length > 0 && stack.queue.room > 0) stack.schedule();
  }

  return {
    stack,
    send(frame) {
      if (frame.length <= LONGEST_FRAME) take(frame, false);
    },
    sendLarge(segment) {
      if (segment.length <= MAX_FRAME) take(segment, true);
    },
    connect(to) {
      receiver = to;
      stack.schedule();
    },
    ready() {
      deliver();
      if (stack.touched.length > 0) stack.schedule();
    },
    async close() {
      open = false;
      timers.stop();
      closeConnections(stack);
      closeFlows(stack);
      closeTftp(stack);
      for (const { close } of stack.listening.values()) close();
      stack.listening.clear();
      stack.queue.clear();
      await closePings(stack);
    },
  };
}

/** Looks at the connections that something happened to. Those that the queue has no room for stay on the list. */
function work(stack: Stack): void {
  const list = stack.touched;
  stack.touched = [];
  for (const c of list) {
    c.listed = false;
    if (c.state === STATE.CLOSED) continue;
    pumpHost(stack, c);
    if (output(stack, c) || c.listed) continue;
    c.listed = true;
    stack.touched.push(c);
  }
}
