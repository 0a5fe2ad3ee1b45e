/**
 * The same questions to every device there is. A failing test names the seed and the deed; `EMU_SEED` runs others.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { DevicePlugin } from "@emu/core";
import { validateManifest } from "../../core/plugin/validate.ts";
import { prng, seedOf } from "../prng.ts";
import { checkRange, Poker } from "./device_poke.ts";
import { type Case, casesOf, Subject, volatile } from "./device_subject.ts";
import { fromText, toText } from "./plain_data.ts";
import { exists, pluginFolders } from "./plugins.ts";

const SEED = seedOf(1);
const DEEDS = 100_000;
/** Deeds that make a device dirty. */
const SOME = 400;
const ROUNDS = 20;
const SECOND = 1e9;

const folders = pluginFolders().filter(({ path }) => path.startsWith("devices/"));
const plugins: DevicePlugin[] = [];
for (const folder of folders) {
  const manifest = JSON.parse(Deno.readTextFileSync(new URL("manifest.json", folder.url)));
  plugins.push((await import(new URL(manifest.entry, folder.url).href)).default);
  Deno.test(`device contract: ${folder.name} has a valid manifest that says what each property is`, async () => {
    const { name, kind, entry, properties = {} } = await validateManifest(manifest, folder.path);
    assertEquals({ name, kind }, { name: folder.name, kind: "device" });
    assert(exists(new URL(entry, folder.url)), `there is no ${entry}`);
    for (const [property, { description }] of Object.entries(properties)) {
      assert(description.length > 0, `property "${property}" has no description`);
    }
  });
}

for (const plugin of plugins) {
  for (const one of casesOf(plugin, plugins)) testContract(one);
}

function testContract(one: Case): void {
  const { name } = one;

  Deno.test(`device contract: ${name} resets to fresh and restores exactly what it saved`, async () => {
    const untouched = new Subject(one), powerOn = untouched.snapshot();
    untouched.reset();
    assertEquals(untouched.snapshot(), powerOn, "a reset at power-on changes nothing");
    for (let round = 0; round < ROUNDS; round++) {
      const random = prng(SEED + round), subject = new Subject(one);
      const time = await makeDirty(subject, random);
      const lines = subject.lines, dirty = subject.snapshot();
      subject.restore(dirty);
      assertEquals(subject.snapshot(), dirty, `round ${round}: restored where it was saved`);
      assertEquals(subject.lines, lines);

      const other = new Subject(one);
      other.advance(time);
      other.restore(dirty);
      await other.settle();
      assertEquals(other.snapshot(), dirty, `round ${round}: restored elsewhere`);
      assertEquals(other.lines, lines, "output lines are a function of the state");

      subject.reset();
      const fresh = await freshAt(one, time);
      assertEquals(
        volatile(one.plugin, subject.snapshot()),
        volatile(one.plugin, fresh.snapshot()),
        `round ${round}: reset`,
      );
      assertEquals(subject.lines, fresh.lines);
    }
  });

  Deno.test(`device contract: ${name} has cancelled what was in flight when it is reset`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = prng(SEED + 100 + round), subject = new Subject(one);
      const time = await makeDirty(subject, random, { settled: false });
      subject.reset();
      const fresh = await freshAt(one, time);
      await both(subject, fresh, (s) => s.settle());
      await both(subject, fresh, (s) => s.advance(10 * SECOND));
      await both(subject, fresh, (s) => s.settle());
      assertEquals(volatile(one.plugin, subject.snapshot()), volatile(one.plugin, fresh.snapshot()));
      assertEquals(subject.lines, fresh.lines);
    }
  });

  Deno.test(`device contract: ${name} saves plain data that survives a clone and a text`, async () => {
    const subject = new Subject(one);
    await makeDirty(subject, prng(SEED + 200));
    const saved = subject.snapshot(), text = toText(saved);
    assertEquals(structuredClone(saved), saved);
    assertEquals(fromText(text), saved);
    subject.reset();
    subject.restore(fromText(text) as object[]);
    assertEquals(toText(subject.snapshot()), text);
  });

  Deno.test(`device contract: ${name} bears ${DEEDS} random deeds within a bounded state`, async () => {
    const random = prng(SEED), subject = new Subject(one);
    // What a medium holds may become state, written as numbers.
    const limit = 4 * (toText(subject.snapshot()).length + subject.window + subject.mediumSize) + 0x1_0000;
    const poker = new Poker(subject, random);
    let last = "";
    for (let i = 0; i < DEEDS; i++) {
      try {
        last = poker.deed();
      } catch (error) {
        throw new Error(`seed ${SEED}, deed ${i}, after "${last}"`, { cause: error });
      }
      if (i % 64 === 0) await subject.settle(() => random.oneIn(16));
      if (i % 1024 === 0) {
        for (const { log, sent, frames, played, requests } of subject.rigs) {
          log.length =
            sent.length =
            frames.length =
            played.length =
            requests.length =
              0;
        }
      }
      if (i % 10_000 === 0) assertBounded(subject, limit);
    }
    assertBounded(subject, limit);
  });

  if (new Subject(one).window > 0) {
    Deno.test(`device contract: ${name} answers every access in its window`, () => {
      const subject = new Subject(one), { device, window, rig } = subject;
      for (const size of [1, 2, 4]) {
        for (const offset of offsetsOf(window, size)) {
          checkRange(device.read(offset, size), size, offset);
          for (const value of [2 ** (8 * size) - 1, 0]) device.write(offset, size, value);
          rig.log.length = 0;
        }
      }
    });
  }
}

function assertBounded(subject: Subject, limit: number): void {
  const { length } = toText(subject.snapshot());
  assert(length <= limit, `seed ${SEED}: the state has grown to ${length} bytes of text`);
}

/** A device that never was anything but reset, at a time. */
async function freshAt(one: Case, time: number): Promise<Subject> {
  const fresh = new Subject(one);
  await fresh.settle();
  fresh.advance(time);
  fresh.reset();
  return fresh;
}

async function both(a: Subject, b: Subject, what: (subject: Subject) => void | Promise<void>): Promise<void> {
  await what(a);
  await what(b);
}

/** Random deeds, after which the inputs are low again; gives the time they took. */
async function makeDirty(
  subject: Subject,
  random: ReturnType<typeof prng>,
  { settled = true } = {},
): Promise<number> {
  const poker = new Poker(subject, random), [first] = subject.rigs;
  const advance = subject.advance.bind(subject);
  let time = 0;
  subject.advance = (nanoseconds) => {
    time += nanoseconds;
    advance(nanoseconds);
  };
  for (let i = 0; i < SOME; i++) {
    poker.deed();
    if (i % 16 === 0) await subject.settle();
  }
  subject.lowerInputs();
  if (settled) await subject.settle();
  subject.advance = advance;
  first.log.length = 0;
  return time;
}

/** All naturally aligned offsets of a small window; of a big one its ends and a sample. */
function* offsetsOf(window: number, size: number): Generator<number> {
  const END = 0x1000, random = prng(SEED);
  if (window <= 16 * END) {
    for (let offset = 0; offset + size <= window; offset += size) yield offset;
    return;
  }
  for (let offset = 0; offset < END; offset += size) yield offset;
  for (let offset = window - END; offset < window; offset += size) yield offset;
  for (let i = 0; i < 4 * END; i++) yield random.below(window / size) * size;
}
