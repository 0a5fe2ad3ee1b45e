import type { BackendSpec, ListenerSpec } from "../core/machine/backends.ts";
import type { AddedDevice, CardSetup } from "../core/machine/board_setup.ts";
import { didYouMean } from "../core/plugin/nearest.ts";
import { usageError } from "./error.ts";
import { type KeyValues, keyValues } from "./key_values.ts";

/** What all the options about networks come to. */
export interface NetworkOptions {
  /** Back ends by id. */
  readonly netdevs: Readonly<Record<string, BackendSpec>>;
  /** What the board's own card is plugged into, and its address. */
  readonly card: CardSetup | undefined;
  /** Further cards. */
  readonly cards: readonly AddedDevice[];
  readonly listeners: readonly ListenerSpec[];
}

/** The options' texts, in their order. */
export interface NetworkTexts {
  readonly netdev: readonly string[];
  readonly net: readonly string[];
  readonly nic: readonly string[];
  readonly netdump: readonly string[];
  readonly object: readonly string[];
}

/** A card to be: on a back end, or (undefined) on the hub of `--net`. */
interface Card {
  readonly netdev: string | undefined;
  readonly mac: string | undefined;
  readonly text: string;
  /** The board's own, or one more; undefined: as it comes. */
  readonly own: boolean | undefined;
}

/** The back end that boards' cards use. */
const FIRST = "net0";
/** The card that further ones are: every board with slots takes it. */
const FURTHER = "virtio-net-mmio";
/** Models that QEMU's options may name: whether they are the board's own card. */
const MODELS: Readonly<Record<string, boolean>> = {
  smc91c111: true,
  virtio: false,
  "virtio-net-device": false,
  "virtio-net-mmio": false,
};
/** The hub that everything given with `--net` is on. */
const HUB = "--net";
/** Properties that may be given several times, as in QEMU; the back end takes them as one text. */
const LISTS = ["hostfwd", "guestfwd", "dnssearch"];

/** Understands `--netdev`, `--net`, `--nic`, `--netdump` and `--object` together. */
export function networkOptions(texts: NetworkTexts): NetworkOptions {
  const netdevs: Record<string, BackendSpec> = {};
  const cards: Card[] = [];
  const old: { readonly id: string | undefined; readonly spec: BackendSpec; readonly text: string }[] = [];

  const add = (id: string, spec: BackendSpec, option: string) => {
    if (netdevs[id]) throw usageError(`Cannot use option ${option}: there already is a network "${id}"`);
    netdevs[id] = spec;
  };
  for (const text of texts.netdev) {
    const option = `--netdev ${text}`;
    const { id = FIRST, ...rest } = backend(text, "--netdev");
    add(id, rest.spec, option);
  }
  for (const text of texts.nic) {
    if (text === "none") continue;
    const option = `--nic ${text}`;
    const { head, values: { mac, model, ...values } } = keyValues(text, "--nic", LISTS);
    const own = modelOf(model, option);
    const { id = netdevs[FIRST] ? `nic${cards.length}` : FIRST, spec } = specOf({ head, values }, option);
    add(id, spec, option);
    cards.push({ netdev: id, mac, own, text: option });
  }
  for (const text of texts.net) {
    const option = `--net ${text}`;
    if (text === "none") continue;
    if (text === "nic" || text.startsWith("nic,")) {
      const { values: { netdev, macaddr: mac, model, ...rest } } = keyValues(text, "--net");
      const [unknown] = Object.keys(rest);
      if (unknown !== undefined) {
        throw usageError(
          `Cannot use option ${option}: there is no "${unknown}"; it knows netdev, macaddr and model`,
        );
      }
      cards.push({ netdev, mac, own: modelOf(model, option), text: option });
    } else old.push({ text: option, id: undefined, ...backend(text, "--net") });
  }
  const onHub = placeOld();
  return { netdevs, listeners: listenersOf(texts), ...cardsOf(onHub) };

  /** Connects what `--net` gave: directly if there are two ends, else by a hub. Gives where each card ends. */
  function placeOld(): (Card & { readonly netdev: string })[] {
    const loose = cards.filter(({ netdev }) => netdev === undefined).length;
    const direct = old.length <= 1 && loose <= 1;
    for (const [i, { id, spec, text }] of old.entries()) {
      if (direct) add(id ?? FIRST, spec, text);
      else {
        const name = id ?? `net-${i}`;
        add(name, spec, text);
        add(`${name}-port`, { type: "hub", properties: { hub: HUB, netdev: name } }, text);
      }
    }
    if (!direct && loose === 0) add(FIRST, { type: "hub", properties: { hub: HUB } }, old[0].text);
    let ports = 0;
    return cards.map((card) => {
      if (card.netdev !== undefined) return { ...card, netdev: card.netdev };
      const netdev = direct ? old[0]?.id ?? FIRST : ports++ === 0 ? FIRST : `card-${ports}`;
      if (!direct) add(netdev, { type: "hub", properties: { hub: HUB } }, card.text);
      return { ...card, netdev };
    });
  }

  /** The board's card is the first that is not said to be another model. */
  function cardsOf(all: readonly (Card & { readonly netdev: string })[]) {
    const first = all.find(({ own }) => own) ?? all.find(({ own }) => own === undefined);
    const second = all.find((card) => card.own && card !== first);
    if (second) throw usageError(`Cannot use option ${second.text}: the board has one card of that model`);
    return {
      card: first && { netdev: first.netdev, mac: first.mac },
      cards: all.filter((card) => card !== first).map(({ netdev, mac }, i) => ({
        use: FURTHER,
        properties: { id: `nic${i + 1}`, netdev, ...mac !== undefined && { mac } },
      })),
    };
  }
}

function modelOf(model: string | undefined, option: string): boolean | undefined {
  if (model === undefined) return undefined;
  if (Object.hasOwn(MODELS, model)) return MODELS[model];
  const known = Object.keys(MODELS);
  throw usageError(
    `Cannot use option ${option}: there is no model "${model}"${didYouMean(model, known)}; it knows ${
      known.join(", ")
    }`,
  );
}

interface Described {
  readonly id?: string;
  readonly spec: BackendSpec;
}

function backend(text: string, option: string): Described {
  return specOf(keyValues(text, option, LISTS), `${option} ${text}`);
}

function specOf({ head: type, values }: KeyValues, option: string): Described {
  const { id, ...properties } = values;
  if (type === "") {
    throw usageError(`Cannot use option ${option}: it begins with the type, as in hub,id=${FIRST}`);
  }
  const known = id === undefined ? {} : { id };
  if (type !== "hubport") return { ...known, spec: { type, properties } };
  const { hubid: hub = "0", ...rest } = properties; // as QEMU calls it
  return { ...known, spec: { type: "hub", properties: { hub, ...rest } } };
}

/** Back ends that record what goes through others. */
function listenersOf({ netdump, object }: NetworkTexts): ListenerSpec[] {
  const listener = (netdev: string | undefined, properties: Record<string, string>, option: string) => {
    if (netdev === undefined || netdev === "" || properties.file === undefined) {
      throw usageError(
        `Cannot use option ${option}: it wants a network's id and file=…, as in net0,file=a.pcap`,
      );
    }
    return { netdev, spec: { type: "dump", properties } };
  };
  return [
    ...netdump.map((text) => {
      const { head, values } = keyValues(text, "--netdump");
      return listener(head, values, `--netdump ${text}`);
    }),
    ...object.map((text) => {
      const { head, values: { id: _, netdev, ...properties } } = keyValues(text, "--object");
      if (head !== "filter-dump") {
        throw usageError(`Cannot use option --object ${text}: there is only filter-dump`);
      }
      return listener(netdev, properties, `--object ${text}`);
    }),
  ];
}
