import fc from 'fast-check';
import { z } from 'zod/mini';
import { defineEvent } from '../../lambda/contract';
import { event, seal } from '../../lambda/envelope';

const schema = z.object({ shop: z.string(), orderId: z.string(), amount: z.number(), place: z._default(z.number(), 0) });
const placed = defineEvent({ source: 'shop.checkout', type: 'OrderPlaced', version: 2, schema, key: ({ shop, orderId }) => [shop, orderId] });
const versioned = defineEvent({ ...placed, orderBy: ({ place }) => place });
const order = { shop: 's', orderId: 'o', amount: 1, place: 1 };

const noon = new Date('2026-01-01T12:00:00Z');
const idOf = async (outgoing: Parameters<typeof seal>[0]) => (await seal(outgoing)).metadata.id;
const uuid8 = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

test('says of an event what a consumer wants to know', async () => {
  expect(await seal(event(placed, order), undefined, noon)).toEqual({
    metadata: {
      id: expect.stringMatching(uuid8), time: '2026-01-01T12:00:00.000Z', source: 'shop.checkout', type: 'OrderPlaced', version: 2,
      correlationId: expect.any(String), idempotencyKey: 's/o', hops: 0,
    },
    data: order,
  });
});

test('keeps its id for good: consumers of the next version must know it again', async () => {
  expect(await idOf(event(placed, order))).toBe('8a2cce3e-7ce5-8097-a492-d58becde54d2');
  expect(await idOf(event(versioned, order))).toBe('f7232e09-ea45-8a82-9fb3-9adb1d662ff6');
});

test('has the same id whenever, and because of whatever, it is sent, also when something else of it has changed', async () => {
  const cause = { correlationId: 'c', causationId: 'e', hops: 1 };
  const again = await seal(event({ ...placed, version: 3 }, { ...order, amount: 2 }), cause, noon);

  expect(again.metadata.id).toBe(await idOf(event(placed, order)));
});

test.each([
  ['key', event(placed, { ...order, orderId: 'p' })],
  ['division of the key', event({ ...placed, key: () => ['s/o'] }, order)],
  ['order of the key', event({ ...placed, key: () => ['o', 's'] }, order)],
  ['type', event({ ...placed, type: 'OrderCancelled' as string }, order)],
  ['source', event({ ...placed, source: 'shop.billing' }, order)],
  ['place', event(versioned, order)],
])('has another id with another %s', async (_what, other) => {
  expect(await idOf(other)).not.toBe(await idOf(event(placed, order)));
});

test('tells the places of one key apart', async () => {
  const ids = await Promise.all([0, 1, 2, 10, 100].map(async (place) => idOf(event(versioned, { ...order, place }))));

  expect(new Set(ids).size).toBe(5);
});

test('makes an id that is a UUID of version 8 from whatever its key is, and from no other key', async () => {
  const ids = new Map<string, string>();

  await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }).map((part) => `k${part}`), { minLength: 1, maxLength: 3 }), async (key) => {
    const id = await idOf(event({ ...placed, key: () => key }, order));

    expect(id).toMatch(uuid8);
    expect(ids.get(id) ?? JSON.stringify(key)).toBe(JSON.stringify(key));
    ids.set(id, JSON.stringify(key));
  }), { numRuns: 500 });
});

test('takes over what it was caused by, and counts one more hop', async () => {
  const cause = { correlationId: 'c', causationId: 'e', hops: 4, traceparent: '00-1-2-01' };

  expect((await seal(event(placed, order), cause)).metadata).toMatchObject({ correlationId: 'c', causationId: 'e', hops: 5, traceparent: '00-1-2-01' });
});

test('begins a story of its own without a cause', async () => {
  const [one, other] = await Promise.all([seal(event(placed, order)), seal(event(placed, order))]);

  expect(one.metadata.correlationId).not.toBe(other.metadata.correlationId);
  expect(one.metadata).not.toHaveProperty('causationId');
  expect(one.metadata).not.toHaveProperty('traceparent');
});

test('holds the data as its producer gave it, and its key and place as the schema read it', async () => {
  const { place: _place, ...given } = order;
  const sealed = await seal(event(versioned, given));

  expect(sealed.data).toBe(given);
  expect(sealed.metadata.id).toBe(await idOf(event(versioned, { ...order, place: 0 })));
});

test.each([
  ['its schema refuses', event(placed, { ...order, amount: '1' as unknown as number }), 'SchemaMismatch', 'the data is no OrderPlaced version 2: amount: '],
  ['has no key', event(placed, { ...order, orderId: ' ' }), 'MissingKey', 'OrderPlaced.key gave no text for part 2 of 2'],
  ['has no place', event(versioned, { ...order, place: -1 }), 'MissingOrder', 'OrderPlaced.orderBy gave no place'],
])('does not send what %s', async (_what, outgoing, reason, message) => {
  await expect(seal(outgoing)).rejects.toMatchObject({ name: 'Poison', reason, message: expect.stringContaining(message) });
});
