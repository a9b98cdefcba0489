import { adds, entityIn, givenEntity as given, keyOf, placeAt } from './entity-model';
import { type Change, deposited, dies, failsWith, once, readableLog } from './ordered-model';
import { pause, useVirtualClock } from './virtual-clock';
import type { Write } from '../../lambda';

useVirtualClock();

afterEach(() => { jest.restoreAllMocks(); });

describe('a first delivery', () => {
  test.each<[string, (change: Change) => Write]>([
    ['an update', adds],
    ['a put', (change) => ({ Put: { TableName: 'orders', Item: { ...keyOf(change), balance: change.amount } } })],
    ['a deletion', (change) => ({ Delete: { TableName: 'orders', Key: keyOf(change) } })],
  ])('is one request, for %s, which leaves the event in the entity', async (_kind, write) => {
    const model = given(write);
    model.tell('a', 5);

    await model.drain();

    expect(model.calls).toHaveLength(1);
    expect(model.table.records.size).toBe(0);
    expect(entityIn(model)).toMatchObject({ orderId: 'a', lastEvent: { place: placeAt(5), event: 'Deposited-a-5', fingerprint: expect.stringMatching(/./) } });
    expect(model.counted.counts).toEqual({ Processed: 1 });
  });

  test('is one request for each of a batch, those of one entity in their order', async () => {
    const model = given();
    model.tellAll('a', 3, 1, 2);
    model.tell('b', 1);

    await model.drain();

    expect(model.calls).toHaveLength(4);
    expect(model.tries.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(entityIn(model)).toMatchObject({ balance: 3, lastEvent: { place: placeAt(3) } });
  });
});

describe('an event that was there before', () => {
  test('is a duplicate, also from another message', async () => {
    const model = given();
    for (let times = 0; times < 3; times++) {
      model.tell('a', 5);
      await model.drain();
    }

    expect(entityIn(model)).toMatchObject({ balance: 1 });
    expect(model.counted.counts).toEqual({ Processed: 1, Duplicate: 2 });
    expect(model.letters).toEqual([]);
  });

  test('is a duplicate when the answer to the write was lost, and when the function died after it', async () => {
    const model = given(adds, { fault: once('UpdateItem', 'after', failsWith('TimeoutError')) });
    const other = given(adds, { fault: once('UpdateItem', 'after', dies) });
    for (const each of [model, other]) {
      each.tell('a', 5);
      await each.drain();

      expect(each.tries).toEqual(['a5', 'a5']);
      expect(entityIn(each)).toMatchObject({ balance: 1 });
      expect(each.letters).toEqual([]);
      // what is left of the tries holds nothing, and ends by itself
      const left = { attempts: 0, in_progress_expiration: 0, expiration: expect.any(Number) };
      for (const record of each.table.records.values()) { expect(record).toMatchObject(left); }
    }
    expect(model.counted.counts).toMatchObject({ Duplicate: 1 });
  });

  test('is stale after a later one: passed by, counted and told of', async () => {
    const { log, lines } = readableLog();
    const model = given(adds, { log });
    model.tell('a', 6);
    await model.drain();
    model.tell('a', 5);
    await model.drain();

    expect(entityIn(model)).toMatchObject({ balance: 1, lastEvent: { place: placeAt(6) } });
    expect(model.counted.counts).toEqual({ Processed: 1, Stale: 1 });
    expect(lines.at(-1)).toMatchObject({ outcome: 'stale', last: 'Deposited-a-6' });
    expect(model.letters).toEqual([]);
  });

  test('is set aside when it is another one with the same place, and the letter names both', async () => {
    const model = given();
    model.tell('a', 5, { id: 'first' });
    await model.drain();
    model.tell('a', 5, { id: 'other', amount: 100 });
    await model.drain();
    model.tell('a', 5, { id: 'third', type: 'Withdrawn' });
    await model.drain();

    expect(entityIn(model)).toMatchObject({ balance: 1 });
    expect(model.letters).toMatchObject(['other', 'third'].map((id) => ({ reason: 'PlaceReuse', message: expect.stringMatching(new RegExp(`^event ${id} .* first`)) })));
    expect(model.counted.counts).toMatchObject({ KeyReuse: 2 });
  });
});

describe('two functions side by side', () => {
  test.each([[5, { balance: 1 }, { Processed: 1, Stale: 1 }], [6, { balance: 2 }, { Processed: 2 }]])('write in the order of places (slow: %d)', async (slow, item, counts) => {
    const model = given(adds, { process: async (change, { tx }) => { await pause(change.place === slow ? 2_000 : 1_000); tx.write(adds(change)); } });
    const [fifth, sixth] = model.tellAll('a', 5, 6);

    await Promise.all([model.hand(fifth!), model.hand(sixth!)]);

    expect(entityIn(model)).toMatchObject({ ...item, lastEvent: { place: placeAt(6) } });
    expect(model.counted.counts).toEqual(counts);
  });
});

describe('from the second delivery on', () => {
  test('tries are counted, given to the handler and end with a letter', async () => {
    const attempts: number[] = [];
    const model = given(adds, { environment: { maxAttempts: 3 }, process: (_change, { meta }) => { attempts.push(meta.attempt); throw new Error('no'); } });
    model.tell('a', 5);

    await model.drain();

    expect(attempts).toEqual([1, 2, 3]);
    expect(model.letters).toMatchObject([{ reason: 'Error', attempt: 3 }]);
    expect(model.table.records.size).toBe(0);
    model.queue.redrive();
    await model.drain();
    expect(attempts).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test('what says nothing about the event is no try', async () => {
    let busy = 10;
    const model = given(adds, { environment: { maxAttempts: 2 }, fault: (call, moment) => { if (call === 'UpdateItem' && moment === 'before' && busy-- > 0) { failsWith('ThrottlingException')(); } } });
    model.tell('a', 5);

    await model.drain();

    expect(model.tries).toHaveLength(11);
    expect(entityIn(model)).toMatchObject({ balance: 1 });
    expect(model.letters).toEqual([]);
    expect(model.table.records.size).toBe(0);
  });

  test('deaths are noticed: an event that kills its function ends with a letter, its mates are done', async () => {
    const model = given(adds, {
      environment: { maxAttempts: 3 },
      process: async (change, { tx }, lambda) => {
        await pause(change.account === 'killer' ? 100 : 200);
        if (change.account === 'killer') { await lambda.die(); }
        tx.write(adds(change));
      },
    });
    ['a', 'killer', 'b'].forEach((account) => model.tell(account, 1));

    await model.drain();

    expect([entityIn(model, 'a'), entityIn(model, 'b')]).toMatchObject([{ balance: 1 }, { balance: 1 }]);
    expect(model.letters).toMatchObject([{ reason: 'FunctionDied', attempt: 3 }]);
    expect(model.tries.filter((name) => name === 'killer1').length).toBeLessThanOrEqual(6);
  });
});

test('is refused at the start for events without gaps, and for those without an order', async () => {
  const { orderBy: _none, ...unordered } = deposited;
  for (const [contract, problem] of [[{ ...deposited, gapless: true }, 'Deposited is gapless'], [unordered, 'Deposited has none']] as const) {
    const model = given(adds, { on: [contract as typeof deposited] });
    model.tell('a', 1);

    await expect(model.deliver()).rejects.toThrow(problem);
  }
});
