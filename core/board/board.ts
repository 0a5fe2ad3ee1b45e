import type { Manifest, PropertiesOf } from "../plugin/manifest.ts";

/** One device on a board. */
export interface BoardDevice {
  /** Name of the device plugin. */
  readonly use: string;
  /** Guest-physical address of its window; absent for devices without one. */
  readonly at?: number;
  /** Output line → the input lines it drives, "device.line" or "cpu.line". */
  readonly out?: Readonly<Record<string, string | readonly string[]>>;
  /** Values of the plugin's properties, as the command line may write them. */
  readonly properties?: Readonly<Record<string, unknown>>;
  /** What is plugged into its bus, where that has room for one. */
  readonly child?: BoardDevice;
  /** What is plugged into its bus, where that takes several: by name. */
  readonly children?: Readonly<Record<string, BoardDevice>>;
  /** What the device tree has to be told of it; absent: it knows. */
  readonly fdt?: BoardNode;
}

/** A device as the device tree describes it; `reg` is its window. */
export interface BoardNode {
  /** What drivers look for, the most specific first: `["arm,pl011", "arm,primecell"]`. */
  readonly compatible: string | readonly string[];
  /** Length of its window, in bytes. */
  readonly size: number;
  /** Path of the interrupt controller's node. */
  readonly interruptParent: string;
  /** Cells that say which line, as the controller's node wants them. */
  readonly interrupts: readonly number[];
  /** Its clocks: what it calls each → path of the clock's node. */
  readonly clocks?: Readonly<Record<string, string>>;
}

/** Room for a device that the user adds: a window, and where the device's line "irq" leads. */
export interface BoardSlot {
  /** Guest-physical address. */
  readonly at: number;
  /** Bytes. */
  readonly size: number;
  /** Input line, "pic.9". */
  readonly irq: string;
  /** The same for the device tree. */
  readonly fdt: Pick<BoardNode, "interruptParent" | "interrupts">;
}

/** Memory that is there from the start. */
export interface BoardMemory {
  /** Guest-physical address. */
  readonly at: number;
  /** Bytes. */
  readonly size: number;
  /** Read-only for the guest. */
  readonly rom?: boolean;
}

/** Another view of memory or of a device's window. Lies above what is at its address. */
export interface BoardAlias {
  /** Guest-physical address. */
  readonly at: number;
  /** Bytes. */
  readonly size: number;
  /** Name of a memory or a device. */
  readonly of: string;
  /** Offset inside it. Default 0. */
  readonly offset?: number;
  /** Line that must be high ("device.line") for the alias to be there; `!` in front: low. Default: always. */
  readonly when?: string;
}

/** How the board starts an operating system. */
export interface BoardBoot {
  /** Machine number that the kernel gets in r1 (Arm's registry of machine types). */
  readonly machineType: number;
  /** Name of the memory that the kernel is told of. */
  readonly memory: string;
  /** Default kernel: an image in the board's folder that is loaded at `at` and entered there. */
  readonly firmware?: { readonly file: URL; readonly at: number };
  /** Words written to device registers before an image is loaded: what the board's boot code would have done. */
  readonly setup?: readonly { readonly at: number; readonly value: number }[];
}

/** A machine as data: what is where, and which line goes to which pin. Devices later in the list lie above earlier ones. */
export interface Board {
  /**
   * Name of the ISA plugin, one of its CPU models, and how many there are: 1, which is the default and so far
   * the most.
   */
  readonly cpu: { readonly isa: string; readonly model: string; readonly count?: number };
  /** RAM and ROM, by name. */
  readonly memory: Readonly<Record<string, BoardMemory>>;
  /** Further views, by name. */
  readonly aliases?: Readonly<Record<string, BoardAlias>>;
  /** By name, which is also the first part of its lines' names. */
  readonly devices: Readonly<Record<string, BoardDevice>>;
  /** Taken in order, by devices that say what they are `compatible` with. */
  readonly slots?: readonly BoardSlot[];
  /** Known but not built: accesses are logged by name, reads give 0. */
  readonly unimplemented?: Readonly<Record<string, { readonly at: number; readonly size: number }>>;
  /** How it starts. */
  readonly boot: BoardBoot;
}

/** What the user chooses for every board. */
export interface BoardOptions {
  /** Bytes; undefined: the board's default. */
  readonly ram: number | undefined;
  /** CPU model; undefined: the board's default. */
  readonly cpu: string | undefined;
}

/** What `defineBoard` is given. */
export interface BoardDefinition<P> {
  /** Range of RAM sizes in bytes. */
  readonly ram: { readonly minimum: number; readonly maximum: number; readonly default: number };
  /** The machine for these choices. Throws with a message for the user if they make no sense. */
  create(options: BoardOptions & { readonly ram: number }, properties: P): Board;
}

/** A board plugin's entry. */
export interface BoardPlugin<P = Record<string, unknown>> extends BoardDefinition<P> {
  /** Tells it from other kinds of plugin. */
  readonly kind: "board";
  /** What `manifest.json` holds. */
  readonly manifest: Manifest;
}

/** Declares a board plugin. */
export function defineBoard<const M extends Manifest>(
  manifest: M,
  definition: BoardDefinition<PropertiesOf<M>>,
): BoardPlugin<PropertiesOf<M>> {
  return { kind: "board", manifest, ...definition };
}
