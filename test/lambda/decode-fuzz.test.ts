import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { facts, type Layer, wrappings } from './hostile-bodies';
import { aggregateOf, counted, long, record, sealed } from './kinesis-aggregate';
import { decode, type Decoded } from '../../lambda/decode';
import { decodeKinesis } from '../../lambda/decode-kinesis';
import { Poison } from '../../lambda/errors';

// the same bodies on every machine; FUZZ_SEED and FUZZ_RUNS make others. A failure prints the seed and path that replay it.
const runs = Number(process.env.FUZZ_RUNS ?? 20_000);
const parameters = (share: number) => ({ seed: Number(process.env.FUZZ_SEED ?? 20_260_105), numRuns: Math.ceil(runs * share) });

const reasons = ['BadEnvelope', 'NotJson', 'TooDeep'];
const counts = new Map<string, number>();
const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
const prototype = () => Object.getOwnPropertyNames(Object.prototype).join();
const prototypeBefore = prototype();

beforeEach(() => counts.clear());
afterEach(() => expect(prototype()).toBe(prototypeBefore));

/** What a body is, or the reason why it is poison; no other error gets through. */
function outcomeOf(body: string): Decoded | string {
  try {
    return decode(body);
  } catch (error) {
    if (!(error instanceof Poison) || !reasons.includes(error.reason)) { throw error; }
    count(error.reason);
    return error.reason;
  }
}

/** How many layers come off: notifications, then one event, then one envelope. What is further in belongs to the fact. */
function layersOff(layers: readonly Layer[]): { readonly notifications: number; readonly all: number } {
  const after = (start: number, kind: Layer['kind'], most: number) => {
    let at = start;
    while (at < start + most && layers[at]?.kind === kind) { at++; }
    return at;
  };
  const notifications = after(0, 'notification', Infinity);
  return { notifications, all: after(after(notifications, 'event', 1), 'envelope', 1) };
}

/** How deep the lists and objects of a text go. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of json.replace(/"(?:[^"\\]|\\.)*"/gs, '').match(/[[\]{}]/g) ?? []) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

test('gives the fact, whatever it is and whatever is around it; what is nearly one of ours is poison or a fact itself', () => {
  fc.assert(fc.property(facts, wrappings, (fact, layers) => {
    const texts = layers.reduceRight((inner, layer) => [layer.around(inner[0]!), ...inner], [fact]);
    const { notifications, all } = layersOff(layers);
    const broken = layers.slice(0, all).findIndex((layer) => layer.broken);

    const outcome = outcomeOf(texts[0]!);

    if (broken >= 0) {
      const possible = texts.slice(broken, all + 1);
      return typeof outcome === 'string' || possible.some((text) => isDeepStrictEqual(outcome.data, JSON.parse(text)));
    }
    if (notifications > 4 || depthOf(texts[all]!) > 512) { return outcome === 'TooDeep'; }
    count('fact');
    return typeof outcome === 'object' && isDeepStrictEqual(outcome.data, JSON.parse(texts[all]!));
  }), parameters(0.6));

  expect([...counts.keys()].sort()).toEqual(['BadEnvelope', 'TooDeep', 'fact']);
  expect(counts.get('fact')).toBeGreaterThan(runs * 0.1);
}, 60_000);

test('says something of every body that was cut off, or has a character too many or another one', () => {
  const damage = fc.tuple(fc.nat(), fc.nat({ max: 1 }), fc.constantFrom('', '"', '{', ']', '\\', ',', '0', '\ud800', '\ufeff', '\u2028', '\n'));

  fc.assert(fc.property(facts.filter((fact) => fact.length < 1000), wrappings, damage, (fact, layers, [place, gone, added]) => {
    const body = layers.reduceRight((inner, layer) => layer.around(inner), fact);
    const at = place % (body.length + 1);
    const outcome = outcomeOf(added === '' ? body.slice(0, at) : body.slice(0, at) + added + body.slice(at + gone));

    count(typeof outcome);
  }), parameters(0.2));

  expect([...counts.keys()].sort()).toEqual(expect.arrayContaining(['NotJson', 'object', 'string']));
}, 60_000);

const someBytes = fc.oneof(fc.string({ unit: 'binary' }).map((each) => Buffer.from(each)), fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)));
const recordsOf = fc.array(someBytes, { minLength: 1, maxLength: 6 });
const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 });

/** The bytes with some of them changed. */
function flipped(bytes: Buffer, changes: readonly (readonly [number, number])[]): Buffer {
  const other = Buffer.from(bytes);
  for (const [place, by] of changes) { other[place % other.length] = (other[place % other.length]! + by) % 256; }
  return other;
}

/** What a record's parts are: a text, or a reason. */
const partsOf = (bytes: Buffer) => decodeKinesis(bytes.toString('base64')).map(({ index, body, error }, at) => {
  expect(index).toBe(at);
  const what = error ? error.reason : 'text';
  count(what);
  if (body !== undefined) { outcomeOf(body); }
  return what === 'text' ? body! : what;
});

const asText = (bytes: Buffer) => bytes.equals(Buffer.from(bytes.toString())) ? bytes.toString().replace(/^\ufeff/, '') : 'NotText';

test('gives every record of an aggregate as it was, or says that it is no text', () => {
  fc.assert(fc.property(recordsOf, fc.nat({ max: 300 }), (records, keys) => {
    const table = Array.from({ length: keys + 1 }, (_, index) => long(1, `key ${index}`));

    return isDeepStrictEqual(partsOf(sealed(...table, long(2, '1'), ...records.map((each) => record(keys, each)))), records.map(asText));
  }), parameters(0.05));

  expect([...counts.keys()]).toEqual(expect.arrayContaining(['NotText', 'text']));
});

test('says something of every record that begins like an aggregate or is anything else', () => {
  const message = recordsOf.map((records) => Buffer.concat([long(1, 'key'), counted(9, 1), ...records.map((each) => record(0, each))]));
  const bytes = fc.oneof(
    fc.tuple(message, flips).map(([each, changes]) => sealed(flipped(each, changes))),
    fc.tuple(message, fc.nat()).map(([each, place]) => sealed(each.subarray(0, place % each.length))),
    fc.tuple(recordsOf, flips).map(([records, changes]) => flipped(aggregateOf(records.map((each) => each.toString())), changes)),
    fc.uint8Array({ maxLength: 60 }).map((each) => sealed(Buffer.from(each))),
    fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each)),
  );

  fc.assert(fc.property(bytes, (each) => {
    const parts = partsOf(each);

    expect(parts.length).toBeGreaterThan(0);
  }), parameters(0.15));

  expect([...counts.keys()].filter((what) => !reasons.includes(what)).sort()).toEqual(['BadAggregate', 'NotText', 'text']);
});
