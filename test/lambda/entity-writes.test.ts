import { adds, entityIn, givenEntity as given, keyOf, placeAt } from './entity-model';
import type { Change } from './ordered-model';
import { useVirtualClock } from './virtual-clock';
import { Poison, type Write } from '../../lambda';

useVirtualClock();

describe("the handler's own condition", () => {
  const exists = (change: Change) => adds(change, { ConditionExpression: 'attribute_exists(balance) OR attribute_exists(#o)', ExpressionAttributeNames: { '#o': 'opened' } });

  test('that is not met is no duplicate: the event is tried again, and set aside with the reason', async () => {
    const model = given(exists, { environment: { maxAttempts: 3 } });
    model.tell('a', 5);

    await model.drain();

    expect(entityIn(model)).toBeUndefined();
    expect(model.tries).toHaveLength(3);
    expect(model.letters).toMatchObject([{ reason: 'WriteRefused', attempt: 3, message: 'the condition of write 1 (Update on orders) was not met' }]);
    expect(model.counted.counts).not.toHaveProperty('Duplicate');
  });

  test('decides together with the place, whichever is not met', async () => {
    const model = given(exists);
    model.table.db.put('orders', { orderId: 'a', balance: 10 });
    for (const number of [5, 4, 6]) {
      model.tell('a', number);
      await model.drain();
    }

    expect(entityIn(model)).toMatchObject({ balance: 12 });
    expect(model.counted.counts).toEqual({ Processed: 2, Stale: 1 });
    expect(model.letters).toEqual([]);
  });
});

describe('an update', () => {
  test.each<[string, object, object]>([
    ['without SET', { UpdateExpression: 'ADD balance :amount REMOVE draft' }, { balance: 1 }],
    ['with SET', { UpdateExpression: 'SET balance = :amount' }, { balance: 1, draft: true }],
    ['with SET behind others', { UpdateExpression: 'REMOVE draft set balance = :amount' }, { balance: 1 }],
    ['with SET on a line of its own', { UpdateExpression: 'REMOVE draft\n  SET\n  balance = :amount' }, { balance: 1 }],
    ['with placeholders that are called like keywords', {
      UpdateExpression: 'REMOVE #set ADD asset :set', ExpressionAttributeNames: { '#set': 'draft' }, ExpressionAttributeValues: { ':set': 1 },
    }, { asset: 1 }],
    ['with a placeholder like a keyword before others', {
      UpdateExpression: 'ADD balance :set REMOVE #remove', ExpressionAttributeNames: { '#remove': 'draft' }, ExpressionAttributeValues: { ':set': 1 },
    }, { balance: 1 }],
    ['with placeholders such as the library might choose', {
      UpdateExpression: 'SET #place = :place, #event = :lastEvent, #deleted = :after',
      ExpressionAttributeNames: { '#place': 'city', '#event': 'note', '#deleted': 'gone' }, ExpressionAttributeValues: { ':place': 'Kiel', ':lastEvent': 'x', ':after': false },
    }, { city: 'Kiel', note: 'x', gone: false, draft: true }],
  ])('%s is made as it is written, with the event in it', async (_what, more, item) => {
    const model = given((change) => adds(change, more));
    model.table.db.put('orders', { orderId: 'a', draft: true });
    model.tell('a', 5);

    await model.drain();

    expect(model.letters).toEqual([]);
    expect(entityIn(model)).toEqual({ orderId: 'a', ...item, lastEvent: expect.objectContaining({ place: placeAt(5) }) });
    model.tell('a', 4);
    await model.drain();
    model.tell('a', 6);
    await model.drain();
    expect(model.counted.counts).toEqual({ Processed: 2, Stale: 1 });
  });
});

describe('a deleted entity', () => {
  const lives = (change: Change): Write => change.amount === 0 ? { Delete: { TableName: 'orders', Key: keyOf(change) } } : adds(change);
  const deletedAt = async (write: (change: Change) => Write = lives) => {
    const model = given(write, { environment: { idempotency: { table: 'memory', rememberFor: 86_400 } } });
    model.tell('a', 1, { amount: 7 });
    await model.drain();
    model.tell('a', 5, { amount: 0 });
    await model.drain();
    return model;
  };

  test('leaves its last event behind until the memory of events ends, and nothing else', async () => {
    const model = await deletedAt();

    expect(entityIn(model)).toEqual({ orderId: 'a', deleted: true, expiration: Math.floor(Date.now() / 1000) + 86_400, lastEvent: expect.objectContaining({ place: placeAt(5) }) });
  });

  test('is not brought back by an event that comes late', async () => {
    const model = await deletedAt();
    model.tell('a', 4);
    await model.drain();

    expect(entityIn(model)).not.toHaveProperty('balance');
    expect(model.counted.counts).toMatchObject({ Stale: 1 });
  });

  test.each<[string, (change: Change) => Write]>([
    ['an update', adds],
    ['an update with clauses of its own', (change) => adds(change, { UpdateExpression: 'SET seen = :amount REMOVE draft ADD balance :amount' })],
    ['a put', (change) => ({ Put: { TableName: 'orders', Item: { ...keyOf(change), balance: change.amount } } })],
  ])('lives again by %s that comes later, and does not expire', async (_kind, write) => {
    const model = await deletedAt((change) => change.amount === 0 ? lives(change) : write(change));
    model.tell('a', 6, { amount: 3 });
    await model.drain();

    expect(entityIn(model)).toMatchObject({ balance: 3, lastEvent: { place: placeAt(6) } });
    expect(Object.keys(entityIn(model)!)).not.toContain('deleted');
    expect(Object.keys(entityIn(model)!)).not.toContain('expiration');
    expect(entityIn(model)!.lastEvent).not.toHaveProperty('deleted');
    model.tell('a', 7, { amount: 3 });
    await model.drain();
    expect(entityIn(model)).toMatchObject({ lastEvent: { place: placeAt(7) } });
    expect(model.letters).toEqual([]);
  });

  test('that lives again keeps an expiry that the handler gives it', async () => {
    const model = await deletedAt((change) => change.amount === 0 ? lives(change) : adds(change, { UpdateExpression: 'SET expiration = :amount' }));
    model.tell('a', 6, { amount: 3 });
    await model.drain();

    expect(entityIn(model)).toMatchObject({ expiration: 3 });
    expect(Object.keys(entityIn(model)!)).not.toContain('deleted');
  });
});

describe('what can never be written', () => {
  test.each<[string, (change: Change) => readonly Write[], string]>([
    ['nothing', () => [], 'NotOneWrite'],
    ['two writes', (change) => [adds(change), adds({ ...change, account: 'b' })], 'NotOneWrite'],
    ['a check only', (change) => [{ ConditionCheck: { TableName: 'orders', Key: keyOf(change), ConditionExpression: 'attribute_exists(orderId)' } }], 'NotOneWrite'],
    ['an item that is too large', (change) => [{ Put: { TableName: 'orders', Item: { ...keyOf(change), text: 'x'.repeat(401 * 1024) } } }], 'ItemTooLarge'],
    ['a value that has no type', (change) => [{ Put: { TableName: 'orders', Item: { ...keyOf(change), at: new Date() } } }], 'NotStorable'],
    ['an expression that is none', (change) => [adds(change, { UpdateExpression: 'PLUS balance :amount' })], 'NotStorable'],
  ])('is set aside at first sight: %s', async (_what, write, reason) => {
    const model = given(write as (change: Change) => readonly Write[]);
    model.tell('a', 5);

    await model.drain();

    expect(model.letters).toMatchObject([{ reason, receiveCount: 1 }]);
    expect(model.table.db.items('orders')).toEqual([]);
    expect(model.table.records.size).toBe(0);
  });

  test('is poison that the handler throws, too', async () => {
    const model = given(adds, { process: () => { throw new Poison('no', { reason: 'No' }); } });
    model.tell('a', 5);

    await model.drain();

    expect(model.letters).toMatchObject([{ reason: 'No' }]);
    expect(model.tries).toHaveLength(1);
  });
});
