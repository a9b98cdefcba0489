import fc from 'fast-check';
import * as v from 'valibot';
import { z } from 'zod/mini';
import { defineEvent, type EventContract } from '../../lambda/contract';
import { Poison, Unreadable } from '../../lambda/errors';
import { aggregateOf, keyPartsOf, placeAfter, placeBefore, placeOf, validated } from '../../lambda/event-data';

const schema = z.object({ orderId: z.string(), lines: z.array(z.object({ sku: z.string() })) });
const named = { source: 'shop.checkout', type: 'OrderPlaced', version: 2 };
const contract = defineEvent({ ...named, schema, key: ({ orderId }) => orderId });
const order = { orderId: 'o', lines: [] };

const place = (by: unknown, more: Partial<EventContract> = {}) => placeOf({ ...contract, orderBy: () => by as number, ...more }, order);
const parts = (key: unknown) => keyPartsOf({ ...contract, key: () => key as string }, order);
const read = async (value: unknown) => validated(contract, value).catch((error: unknown) => error);

/** What a call fails with. */
function failure(act: () => unknown): Poison {
  try { act(); } catch (error) { return error as Poison; }
  throw new Error('nothing was thrown');
}

test('gives what the schema makes of a value', async () => {
  expect(await validated(contract, { ...order, more: 1 })).toEqual(order);
});

test('says what is wrong with a value and where, to the letter, and only where to the log', async () => {
  const error = await read({ lines: [{ sku: 'a' }, { sku: 7 }] });

  expect(error).toBeInstanceOf(Unreadable);
  expect(error).toMatchObject({
    reason: 'SchemaMismatch',
    message: expect.stringMatching(/^the data is no OrderPlaced version 2: orderId: .+; lines\.1\.sku: .+$/),
    loggable: 'the data is no OrderPlaced version 2: orderId, lines.1.sku',
  });
});

test('reads the paths of a library that has objects for parts, and says "the whole" for none', async () => {
  await expect(validated({ ...named, schema: v.object({ lines: v.array(v.string()) }), key: () => 'a' }, { lines: [1] }))
    .rejects.toMatchObject({ loggable: 'the data is no OrderPlaced version 2: lines.0' });
  await expect(validated({ ...named, schema: v.string(), key: () => 'a' }, 1))
    .rejects.toMatchObject({ loggable: 'the data is no OrderPlaced version 2: the whole' });
});

test('takes one text or several for a key', () => {
  expect(parts('a')).toEqual(['a']);
  expect(parts(['a', 'b'])).toEqual(['a', 'b']);
});

test.each([
  ['', '1 of 1'], [' \n', '1 of 1'], [undefined, '1 of 1'], [7, '1 of 1'], [[], '1 of 1'], [['a', ''], '2 of 2'], [['', 'a', null, 'b', 1], '1, 3, 5 of 5'],
])('refuses the key %j', (key, where) => {
  expect(failure(() => parts(key))).toMatchObject({ name: 'Poison', reason: 'MissingKey', message: `OrderPlaced.key gave no text for part ${where}` });
});

test.each([['key', 'MissingKey'], ['orderBy', 'MissingOrder']] as const)('takes a %s that fails for a message that is wrong', (what, reason) => {
  const broken = { ...contract, orderBy: () => 1, [what]: () => { throw new TypeError('no such property'); } };

  expect(failure(() => what === 'key' ? keyPartsOf(broken, order) : placeOf(broken, order)))
    .toMatchObject({ name: 'Poison', reason, message: `OrderPlaced.${what} failed: no such property`, cause: expect.any(TypeError) });
});

test('gives no place to events without order', () => {
  expect(placeOf(contract, order)).toBeUndefined();
});

const counting = fc.bigInt({ min: 0n, max: 10n ** 56n - 1n });

test('sorts places that count as texts the way numbers do, up to the 56 digits of a sequence number', () => {
  fc.assert(fc.property(counting, counting, (one, other) => {
    expect(place(one)! < place(other)!).toBe(one < other);
    expect(place(String(one))).toBe(place(one));
  }));
});

test('gives the same place to the same count, however it was written', () => {
  expect(new Set([place(7), place(7n), place('7'), place('007')]).size).toBe(1);
});

test('keeps the order of times, after all places that count', () => {
  const time = fc.date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('9999-12-31') }).map((date) => date.toISOString());

  fc.assert(fc.property(time, time, counting, (one, other, count) => {
    expect(place(one)! < place(other)!).toBe(one < other);
    expect(place(count)! < place(one)!).toBe(true);
  }));
});

test.each([
  ['2026-01-01T10:00:00Z', '2026-01-01T10:00:00.500Z'], // as Java writes them: without a fraction of zero
  ['2026-01-01T10:00:00.5Z', '2026-01-01T10:00:00.51Z'],
  ['2026-01-01T10:00:00.123456788Z', '2026-01-01T10:00:00.123456789Z'],
  ['2026-01-01T12:00:00+02:00', '2026-01-01T10:00:01Z'],
  ['2026-01-01T23:30:00-01:00', '2026-01-02T00:31:00Z'],
])('knows that %s is before %s', (before, after) => {
  expect(place(before)! < place(after)!).toBe(true);
});

test('gives the same place to the same time, in whatever zone it was written', () => {
  expect(new Set(['2026-01-01T10:00:00Z', '2026-01-01T10:00:00.0Z', '2026-01-01T12:00:00+02:00'].map((by) => place(by))).size).toBe(1);
});

test.each([[-1], [1.5], [Number.NaN], [Infinity], [2 ** 53], [-1n], [10n ** 64n], [''], [' '], [undefined], [null], [true], [{}], [[5]], [Object.create(null)], ['9'.repeat(65)],
  ['10.5'], ['-1'], ['abc'], ['2026-01-01'], ['2026-01-01T10:00:00'], ['2026-13-01T10:00:00Z'], ['1969-12-31T23:59:59Z']])(
  'refuses the place %p', (by) => {
    expect(failure(() => place(by))).toMatchObject({
      name: 'Poison', reason: 'MissingOrder', message: expect.stringContaining('OrderPlaced.orderBy gave no place: it must be a whole number from 0, or a time in ISO 8601 with its zone'),
    });
  },
);

test.each([[0], [0n], ['0'], ['000'], ['2026-01-01T00:00:00Z'], ['']])('refuses the place %p among those without gaps', (by) => {
  expect(failure(() => place(by, { gapless: true }))).toMatchObject({
    reason: 'MissingOrder', message: 'OrderPlaced.orderBy gave no place: it must be a whole number from 1',
  });
});

test('knows the neighbours of a place', () => {
  expect(placeBefore(place(1)!)).toBeNull();
  fc.assert(fc.property(counting, (one) => {
    expect(placeAfter(place(one)!)).toBe(place(one + 1n));
    expect(placeBefore(place(one + 2n)!)).toBe(place(one + 1n));
  }));
});

test('takes the type for the aggregate unless the contract names one', () => {
  expect(aggregateOf(contract)).toBe('OrderPlaced');
  expect(aggregateOf({ ...contract, aggregate: 'Order' })).toBe('Order');
});
