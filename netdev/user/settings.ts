import type { Address, Endpoint } from "./address.ts";

/** A rule of `hostfwd`: what reaches a port of the host goes to the guest. */
export interface HostForwardRule {
  readonly protocol: "tcp" | "udp";
  /** Where the host listens; all zeros: at every address. */
  readonly hostAddress: Address;
  readonly hostPort: number;
  /** Undefined: the first address that DHCP gives out. */
  readonly guestAddress: Address | undefined;
  readonly guestPort: number;
}

/**
 * What answers behind a rule of `guestfwd`: a program, a TCP server of the host's world, a Unix socket, a character
 * channel of the machine's.
 */
export type ForwardTarget =
  | { readonly command: string }
  | { readonly server: Endpoint }
  | { readonly path: string }
  | { readonly channel: string };

/** A rule of `guestfwd`: what the guest sends to an address of the virtual network goes elsewhere. */
export interface GuestForwardRule {
  readonly address: Address;
  readonly port: number;
  readonly target: ForwardTarget;
}

/** The virtual network as the guest sees it. */
export interface Settings {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Hardware address of everything that is not the guest. */
  readonly mac: Address;
  readonly network: Address;
  readonly bits: number;
  readonly mask: Address;
  readonly broadcast: Address;
  /** Gateway and host in one. */
  readonly host: Address;
  readonly dns: Address;
  readonly smbServer: Address;
  readonly dhcpStart: Address;
  readonly network6: Address;
  readonly bits6: number;
  readonly host6: Address;
  readonly dns6: Address;
  /** Link-local address of the router. */
  readonly router6: Address;
  /** What the DHCP server calls the guest; empty: nothing. */
  readonly hostname: string;
  readonly domainname: string;
  readonly dnssearch: readonly string[];
  /** Folder of the TFTP server; empty: none. */
  readonly tftp: string;
  readonly bootfile: string;
  readonly tftpServerName: string;
  /** Folder of the SMB server; empty: none. */
  readonly smb: string;
  /** Nothing leaves the virtual network but what a rule names. */
  readonly restrict: boolean;
  readonly hostForwards: readonly HostForwardRule[];
  readonly guestForwards: readonly GuestForwardRule[];
}
