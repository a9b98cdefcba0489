import { type Change, deposited, dies, failsWith, once, OrderedModel, type OrderedOptions, readableLog } from './ordered-model';
import { pause, useVirtualClock } from './virtual-clock';
import { Poison, type Write } from '../../lambda';

useVirtualClock();

afterEach(() => { jest.restoreAllMocks(); });

const Key = ({ account }: Change) => ({ orderId: account });

/** Adds to the account's balance: done twice, it would show. */
const adds = (change: Change, more: object = {}): Write => ({
  Update: { TableName: 'orders', Key: Key(change), UpdateExpression: 'ADD balance :amount', ExpressionAttributeValues: { ':amount': change.amount }, ...more },
});

const given = (write: (change: Change) => Write | readonly Write[] = adds, options: OrderedOptions = {}) => new OrderedModel({
  settings: { idempotency: 'entity' }, process: (change, { tx }) => tx.write(...[write(change)].flat()), ...options,
});

const entity = (model: OrderedModel, account = 'a') => model.table.db.items('orders').find(({ orderId }) => orderId === account);
const place = (number: number) => String(number).padStart(64, '0');

describe('a first delivery', () => {
  test.each<[string, (change: Change) => Write]>([
    ['an update', adds],
    ['a put', (change) => ({ Put: { TableName: 'orders', Item: { ...Key(change), balance: change.amount } } })],
    ['a deletion', (change) => ({ Delete: { TableName: 'orders', Key: Key(change) } })],
  ])('is one request, for %s, which leaves the event in the entity', async (_kind, write) => {
    const model = given(write);
    model.tell('a', 5);

    await model.drain();

    expect(model.calls).toHaveLength(1);
    expect(model.table.records.size).toBe(0);
    expect(entity(model)).toMatchObject({ orderId: 'a', lastEvent: { place: place(5), event: 'Deposited-a-5', fingerprint: expect.stringMatching(/./) } });
    expect(model.counted.counts).toEqual({ Processed: 1 });
  });

  test('is one request for each of a batch, those of one entity in their order', async () => {
    const model = given();
    model.tellAll('a', 3, 1, 2);
    model.tell('b', 1);

    await model.drain();

    expect(model.calls).toHaveLength(4);
    expect(model.tries.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(entity(model)).toMatchObject({ balance: 3, lastEvent: { place: place(3) } });
  });
});

describe('an event that was there before', () => {
  test('is a duplicate, also from another message', async () => {
    const model = given();
    for (let times = 0; times < 3; times++) {
      model.tell('a', 5);
      await model.drain();
    }

    expect(entity(model)).toMatchObject({ balance: 1 });
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
      expect(entity(each)).toMatchObject({ balance: 1 });
      expect(each.letters).toEqual([]);
      // what is left of the tries holds nothing, and ends by itself
      for (const record of each.table.records.values()) { expect(record).toMatchObject({ attempts: 0, in_progress_expiration: 0, expiration: expect.any(Number) }); }
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

    expect(entity(model)).toMatchObject({ balance: 1, lastEvent: { place: place(6) } });
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

    expect(entity(model)).toMatchObject({ balance: 1 });
    expect(model.letters).toMatchObject(['other', 'third'].map((id) => ({ reason: 'PlaceReuse', message: expect.stringMatching(new RegExp(`^event ${id} .* first`)) })));
    expect(model.counted.counts).toMatchObject({ KeyReuse: 2 });
  });
});

describe('two functions side by side', () => {
  test.each([[5, { balance: 1 }, { Processed: 1, Stale: 1 }], [6, { balance: 2 }, { Processed: 2 }]])('write in the order of places (slow: %d)', async (slow, item, counts) => {
    const model = given(adds, { process: async (change, { tx }) => { await pause(change.place === slow ? 2_000 : 1_000); tx.write(adds(change)); } });
    const [fifth, sixth] = model.tellAll('a', 5, 6);

    await Promise.all([model.hand(fifth!), model.hand(sixth!)]);

    expect(entity(model)).toMatchObject({ ...item, lastEvent: { place: place(6) } });
    expect(model.counted.counts).toEqual(counts);
  });
});

describe("the handler's own condition", () => {
  const exists = (change: Change) => adds(change, { ConditionExpression: 'attribute_exists(balance) OR attribute_exists(#o)', ExpressionAttributeNames: { '#o': 'opened' } });

  test('that is not met is no duplicate: the event is tried again, and set aside with the reason', async () => {
    const model = given(exists, { environment: { maxAttempts: 3 } });
    model.tell('a', 5);

    await model.drain();

    expect(entity(model)).toBeUndefined();
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

    expect(entity(model)).toMatchObject({ balance: 12 });
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
    expect(entity(model)).toEqual({ orderId: 'a', ...item, lastEvent: expect.objectContaining({ place: place(5) }) });
  });
});

describe('a deleted entity', () => {
  const lives = (change: Change): Write => change.amount === 0 ? { Delete: { TableName: 'orders', Key: Key(change) } } : adds(change);
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

    expect(entity(model)).toEqual({ orderId: 'a', deleted: true, expiration: Math.floor(Date.now() / 1000) + 86_400, lastEvent: expect.objectContaining({ place: place(5) }) });
  });

  test('is not brought back by an event that comes late', async () => {
    const model = await deletedAt();
    model.tell('a', 4);
    await model.drain();

    expect(entity(model)).not.toHaveProperty('balance');
    expect(model.counted.counts).toMatchObject({ Stale: 1 });
  });

  test.each<[string, (change: Change) => Write]>([
    ['an update', adds],
    ['an update with clauses of its own', (change) => adds(change, { UpdateExpression: 'SET seen = :amount REMOVE draft ADD balance :amount' })],
    ['a put', (change) => ({ Put: { TableName: 'orders', Item: { ...Key(change), balance: change.amount } } })],
  ])('lives again by %s that comes later, and does not expire', async (_kind, write) => {
    const model = await deletedAt((change) => change.amount === 0 ? lives(change) : write(change));
    model.tell('a', 6, { amount: 3 });
    await model.drain();

    expect(entity(model)).toMatchObject({ balance: 3, lastEvent: { place: place(6) } });
    expect(Object.keys(entity(model)!)).not.toContain('deleted');
    expect(Object.keys(entity(model)!)).not.toContain('expiration');
    expect(entity(model)!.lastEvent).not.toHaveProperty('deleted');
    model.tell('a', 7, { amount: 3 });
    await model.drain();
    expect(entity(model)).toMatchObject({ lastEvent: { place: place(7) } });
    expect(model.letters).toEqual([]);
  });

  test('that lives again keeps an expiry that the handler gives it', async () => {
    const model = await deletedAt((change) => change.amount === 0 ? lives(change) : adds(change, { UpdateExpression: 'SET expiration = :amount' }));
    model.tell('a', 6, { amount: 3 });
    await model.drain();

    expect(entity(model)).toMatchObject({ expiration: 3 });
    expect(Object.keys(entity(model)!)).not.toContain('deleted');
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
    expect(entity(model)).toMatchObject({ balance: 1 });
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

    expect([entity(model, 'a'), entity(model, 'b')]).toMatchObject([{ balance: 1 }, { balance: 1 }]);
    expect(model.letters).toMatchObject([{ reason: 'FunctionDied', attempt: 3 }]);
    expect(model.tries.filter((name) => name === 'killer1').length).toBeLessThanOrEqual(6);
  });
});

describe('what can never be written', () => {
  test.each<[string, (change: Change) => readonly Write[], string]>([
    ['nothing', () => [], 'NotOneWrite'],
    ['two writes', (change) => [adds(change), adds({ ...change, account: 'b' })], 'NotOneWrite'],
    ['a check only', (change) => [{ ConditionCheck: { TableName: 'orders', Key: Key(change), ConditionExpression: 'attribute_exists(orderId)' } }], 'NotOneWrite'],
    ['an item that is too large', (change) => [{ Put: { TableName: 'orders', Item: { ...Key(change), text: 'x'.repeat(401 * 1024) } } }], 'ItemTooLarge'],
    ['a value that has no type', (change) => [{ Put: { TableName: 'orders', Item: { ...Key(change), at: new Date() } } }], 'NotStorable'],
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

test('is refused at the start for events without gaps, and for those without an order', async () => {
  const { orderBy: _none, ...unordered } = deposited;
  for (const [contract, problem] of [[{ ...deposited, gapless: true }, 'Deposited is gapless'], [unordered, 'Deposited has none']] as const) {
    const model = given(adds, { on: [contract as typeof deposited] });
    model.tell('a', 1);

    await expect(model.deliver()).rejects.toThrow(problem);
  }
});
