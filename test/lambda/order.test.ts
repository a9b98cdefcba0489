import { z } from 'zod/mini';
import {
  bodyOf, type Change, deposited, dies, itemOf, once, type OrderedOptions, OrderedModel, readableLog, withdrawn,
} from './ordered-model';
import { pause, useVirtualClock } from './virtual-clock';

useVirtualClock();

afterEach(() => { jest.restoreAllMocks(); });

describe('events of one aggregate', () => {
  test('are done as they come when they come in order', async () => {
    const model = new OrderedModel({ batchSize: 1 });
    model.tellAll('a', 1, 2, 3);

    await model.drain();

    expect(model.done).toEqual(['a1', 'a2', 'a3']);
    expect(model.counted.counts).toMatchObject({ Processed: 3 });
    expect(model.counted.counts).not.toHaveProperty('Stale');
  });

  test('are done by their places inside one batch, however they lie in it', async () => {
    const model = new OrderedModel();
    model.tellAll('a', 3, 1, 10, 2);

    await model.drain();

    expect(model.tries).toEqual(['a1', 'a2', 'a3', 'a10']);
    expect(model.done).toEqual(['a1', 'a2', 'a3', 'a10']);
  });

  test('are done one after the other, while those of another one are done beside them', async () => {
    const log: string[] = [];
    const model = new OrderedModel({
      process: async (change, { tx }) => {
        log.push(`+${change.account}${change.place}`);
        await pause(100);
        tx.write(itemOf(change));
        log.push(`-${change.account}${change.place}`);
      },
    });
    model.tellAll('a', 1, 2);
    model.tellAll('b', 1);

    await model.drain();

    expect(log).toEqual(['+a1', '+b1', '-a1', '-b1', '+a2', '-a2']);
  });

  test('may leave places out', async () => {
    const model = new OrderedModel({ batchSize: 1 });
    model.tellAll('a', 5, 9, 70);

    await model.drain();

    expect(model.done).toEqual(['a5', 'a9', 'a70']);
  });

  test('share their places when they are of several types', async () => {
    const model = new OrderedModel({ batchSize: 1 });
    model.tell('a', 1);
    model.tell('a', 2, { type: 'Withdrawn' });
    await model.drain();
    model.tell('a', 1, { type: 'Withdrawn', amount: 9 });

    await model.drain();

    expect(model.done).toEqual(['a1', 'a2']);
    expect(model.counted.counts).toMatchObject({ Stale: 1 });
  });

  test('have places of their own when their types say so', async () => {
    const { aggregate: _one, ...first } = deposited;
    const { aggregate: _two, ...second } = withdrawn;
    const model = new OrderedModel({ on: [first, second], batchSize: 1 });
    model.tell('a', 2);
    model.tell('a', 1, { type: 'Withdrawn' });

    await model.drain();

    expect(model.done).toEqual(['a2', 'a1']);
  });
});

describe('an event after which a later one was done', () => {
  async function lateFor(options: OrderedOptions) {
    const model = new OrderedModel(options);
    model.tell('a', 6);
    await model.drain();
    model.tell('a', 5);
    await model.drain();
    return model;
  }

  test('is passed by, counted and told of', async () => {
    const { log, lines } = readableLog();

    const model = await lateFor({ log });

    expect(model.done).toEqual(['a6']);
    expect(model.tries).toEqual(['a6']);
    expect(model.counted.counts).toMatchObject({ Processed: 1, Stale: 1 });
    expect(lines.at(-1)).toMatchObject({ level: 'INFO', message: 'a later event was processed before', outcome: 'stale', last: 'Deposited-a-6', key: 'a' });
    expect(model.queue.deadLetters).toEqual([]);
  });

  test('is done once without a place when the consumer wants it, and knows that it is stale', async () => {
    const seen: boolean[] = [];
    const model = await lateFor({ settings: { onStale: 'process' }, process: (change, { tx, meta }) => { seen.push(meta.stale); tx.write(itemOf(change)); } });
    model.tell('a', 5);
    model.tell('a', 6, { amount: 2, id: 'other' });
    await model.drain();

    expect(model.done).toEqual(['a6', 'a5']);
    expect(seen).toEqual([false, true]);
    expect(model.counted.counts).toMatchObject({ Duplicate: 1 });
    // the place of the later one is still taken
    expect(model.letters).toMatchObject([{ reason: 'PlaceReuse' }]);
  });

  test('is set aside when the consumer wants it, with the id of the later one', async () => {
    const model = await lateFor({ settings: { onStale: 'poison' } });

    expect(model.done).toEqual(['a6']);
    expect(model.letters).toMatchObject([{ body: bodyOf({ account: 'a', place: 5, amount: 1 }, 'Deposited', 'Deposited-a-5'), reason: 'Stale', message: expect.stringContaining('Deposited-a-6') }]);
  });

  test.each(['skip', 'process', 'poison'] as const)('is a duplicate all the same when it was done itself (%s)', async (onStale) => {
    const model = new OrderedModel({ settings: { onStale } });
    const [fifth, sixth] = model.tellAll('a', 5, 6);
    await model.hand(fifth!, sixth!);
    expect(model.done).toEqual(['a5', 'a6']);

    model.tellAll('a', 5, 6);
    await model.drain();

    expect(model.done).toEqual(['a5', 'a6']);
    expect(model.letters).toEqual([]);
    expect(model.counted.counts).toEqual({ Processed: 2, Duplicate: 2 });
  });

  test('is a duplicate too when the function dies after both were done and before it could say so', async () => {
    const model = new OrderedModel({ settings: { onStale: 'poison' }, fault: once('complete', 'after', dies, 2) });
    model.tellAll('a', 5, 6);

    await model.drain();

    expect(model.done).toEqual(['a5', 'a6']);
    expect(model.letters).toEqual([]);
  });
});

describe('an event at the place of another one', () => {
  test.each([
    ['of its type', { amount: 2, id: 'other' }],
    ['of another type', { type: 'Withdrawn', id: 'other' }],
  ])('%s is set aside, and the letter names both', async (_what, other) => {
    const model = new OrderedModel();
    model.tell('a', 5, { id: 'first' });
    await model.drain();
    model.tell('a', 5, other);
    await model.drain();

    expect(model.done).toEqual(['a5']);
    expect(model.letters).toMatchObject([{ reason: 'PlaceReuse', message: expect.stringMatching(/^event other .* first/) }]);
    expect(model.counted.counts).toMatchObject({ KeyReuse: 1, Poisoned: 1 });
  });

  test('is set aside too when both come in one batch', async () => {
    const model = new OrderedModel();
    model.tell('a', 5, { id: 'first' });
    model.tell('a', 5, { amount: 2, id: 'other' });

    await model.drain();

    expect(model.done).toEqual(['a5']);
    expect(model.letters).toMatchObject([{ reason: 'PlaceReuse', message: expect.stringMatching(/^event other .* first/) }]);
  });

  test('is set aside too when the first is committed while it is under way', async () => {
    const model = new OrderedModel({ process: async (change, { tx }) => { await pause(change.amount * 1_000); tx.write(itemOf(change)); } });
    const first = model.tell('a', 5, { id: 'first' });
    const other = model.tell('a', 5, { amount: 2, type: 'Withdrawn', id: 'other' });

    await Promise.all([model.hand(first), model.hand(other)]);

    expect(model.tries).toEqual(['a5', 'a5']);
    expect(model.done).toEqual(['a5']);
    expect(model.letters).toMatchObject([{ reason: 'PlaceReuse', message: expect.stringMatching(/^event other .* first/) }]);
  });
});

describe('a place', () => {
  const text = z.object({ account: z.string(), place: z.any(), amount: z.number() }) as unknown as typeof deposited.schema;
  const late = async (orderBy: (change: Change) => number | bigint | string, ...places: readonly unknown[]) => {
    const model = new OrderedModel({ on: [{ ...deposited, schema: text, orderBy }], batchSize: 1 });
    places.forEach((place) => model.queue.send(bodyOf({ account: 'a', place: place as number, amount: 1 }, 'Deposited', `at-${String(place)}`)));
    await model.drain();
    return model;
  };

  test.each([
    ['number', ({ place }: Change) => place, [9, 10, 8, 100]],
    ['bigint', ({ place }: Change) => BigInt(place), ['9007199254740993', '9007199254740994', '9007199254740992', '100000000000000000000']],
    ['sequence number as a text', ({ place }: Change) => String(place), ['9', '10', '8', '49590338271490256608559692538361571095921575989136588898']],
    ['time', ({ place }: Change) => String(place), ['2026-01-05T08:00:00Z', '2026-01-05T08:00:00.5Z', '2026-01-05T08:00:00.499Z', '2026-01-05T07:00:01-02:00']],
  ])('may be a %s', async (_kind, orderBy, places) => {
    const model = await late(orderBy, ...places);

    expect(model.done).toEqual([places[0], places[1], places[3]].map((place) => `a${place}`));
    expect(model.counted.counts).toEqual({ Processed: 3, Stale: 1 });
  });

  test.each([[null], [''], ['yesterday'], [-1], [1.5], [2 ** 53], [{}]])('that is missing, here %p, makes its event poison', async (place) => {
    const model = await late((change) => change.place, place);

    expect(model.tries).toEqual([]);
    expect(model.letters).toMatchObject([{ reason: 'MissingOrder' }]);
  });

  test('that its contract does not give makes its event poison', async () => {
    const model = await late(() => undefined as never, 1);

    expect(model.letters).toMatchObject([{ reason: 'MissingOrder' }]);
  });

  test('that its contract fails to give makes its event poison', async () => {
    const model = await late(() => { throw new TypeError('no such thing'); }, 1);

    expect(model.letters).toMatchObject([{ reason: 'MissingOrder', message: expect.stringContaining('no such thing') }]);
  });
});

describe('a deleted aggregate', () => {
  test('is not brought back by an event that comes late', async () => {
    const model = new OrderedModel({
      process: (change, { tx }) => tx.write(change.amount === 0
        ? { Delete: { TableName: 'orders', Key: { orderId: change.account } } }
        : { Put: { TableName: 'orders', Item: { orderId: change.account, place: change.place } } }),
    });
    model.tell('a', 1);
    await model.drain();
    model.tell('a', 3, { amount: 0 });
    await model.drain();
    model.tell('a', 2);
    await model.drain();

    expect(model.table.db.items('orders')).toEqual([]);
    expect(model.counted.counts).toEqual({ Processed: 2, Stale: 1 });
  });
});

describe('the memory of a place', () => {
  test('ends when that of its event ends, counted from the last one', async () => {
    const model = new OrderedModel({ environment: { idempotency: { table: 'memory', rememberFor: 86_400 } } });
    model.tell('a', 5);
    await model.drain();
    jest.advanceTimersByTime(3_600_000);
    model.tell('a', 6);
    await model.drain();

    expect(model.remembered('PLACE')).toMatchObject([{ event: 'Deposited-a-6', expiration: Math.floor(Date.now() / 1000) + 86_400 }]);
  });
});
