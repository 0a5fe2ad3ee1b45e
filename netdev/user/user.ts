import { type BackendContext, defineNetdev, type NetBackend } from "@emu/core";
import { denoNetwork } from "./deno_network.ts";
import { channelStreams } from "./channel_stream.ts";
import { addHostForward, removeHostForward } from "./forward.ts";
import type { HostNetwork } from "./host_network.ts";
import manifest from "./manifest.json" with { type: "json" };
import { type Options, readOptions } from "./options.ts";
import { parseHostForwards } from "./rules.ts";
import { addSmb } from "./smb.ts";
import { type GuestForward, newNetwork, type Stack } from "./stack.ts";
import type { Address } from "./address.ts";
import type { ForwardTarget } from "./settings.ts";

/** A network of this kind, with what can be changed while it runs. */
export interface UserNetwork extends NetBackend {
  readonly stack: Stack;
  sendLarge(segment: Uint8Array): void;
  /** Adds a rule, written as in `hostfwd`; gives the port of the host. Throws if it cannot be had. */
  addHostForward(rule: string): Promise<number>;
  /** Takes back a rule. Gives whether there was one. */
  removeHostForward(rule: string): boolean;
  /** Has something answer at an address and port of the virtual network. */
  addGuestForward(address: Address, port: number, open: GuestForward["open"]): void;
}

/** Opens a network over a world: the host's own, or a test's. */
export async function openUserNetwork(
  { properties, clock, warn, chardev }: Pick<
    BackendContext<Options>,
    "properties" | "clock" | "warn" | "chardev"
  >,
  host: HostNetwork = denoNetwork,
): Promise<UserNetwork> {
  const settings = readOptions(properties);
  const network = newNetwork(settings, { clock, host, warn });
  const { stack } = network;
  for (const { address, port, target } of settings.guestForwards) {
    stack.guestForwards.push({ address, port, open: openerOf(target, host, chardev) });
  }
  const closers: (() => void | Promise<void>)[] = [];
  try {
    if (settings.smb !== "") closers.push(await addSmb(stack, warn));
    for (const rule of settings.hostForwards) await addHostForward(stack, rule);
  } catch (error) {
    await network.close();
    for (const close of closers) await close();
    throw error;
  }
  return {
    stack,
    send: network.send,
    sendLarge: network.sendLarge,
    connect: network.connect,
    ready: network.ready,
    async close() {
      await network.close();
      for (const close of closers.splice(0)) await close();
    },
    addHostForward: (rule) => addHostForward(stack, parseHostForwards(rule)),
    removeHostForward: (rule) => removeHostForward(stack, parseHostForwards(rule)),
    addGuestForward: (address, port, open) => void stack.guestForwards.push({ address, port, open }),
  };
}

/** What answers behind `guestfwd`. */
function openerOf(
  target: ForwardTarget,
  host: HostNetwork,
  chardev: BackendContext<Options>["chardev"],
): GuestForward["open"] {
  if ("channel" in target) {
    if (!chardev) throw new Error(`property "guestfwd": there are no channels here, nor "${target.channel}"`);
    return channelStreams(chardev(target.channel));
  }
  if ("command" in target) return () => host.run(target.command);
  if ("server" in target) return (signal) => host.connect(target.server, signal);
  return () => host.connectUnix(target.path);
}

/** A network without privileges: the host reaches the world for the guest, as one of its own programs. */
export default defineNetdev(manifest, (context) => openUserNetwork(context));
