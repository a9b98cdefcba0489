import { ConsumerModel, type ModelOptions, orderPlaced } from './consumer-model';
import { useVirtualClock } from './virtual-clock';
import { Poison } from '../../lambda';

useVirtualClock();

const keyed = (key: (order: { orderId: unknown }) => unknown): ModelOptions => ({ on: { ...orderPlaced, key: key as never } });

test.each([
  ['is not JSON', '{"orderId":', 'NotJson', {}],
  ['is empty JSON', 'null', 'SchemaMismatch', {}],
  ['does not fit the schema', '{"orderId":"bad","amount":"one"}', 'SchemaMismatch', {}],
  ['has no key', '{"orderId":"bad","amount":1}', 'MissingKey', keyed(({ orderId }) => orderId === 'bad' ? undefined : orderId)],
  ['has an empty key', '{"orderId":" ","amount":1}', 'MissingKey', {}],
  ['has no part of a key', '{"orderId":"bad","amount":1}', 'MissingKey', keyed(({ orderId }) => ['tenant', orderId === 'bad' ? undefined : orderId])],
  ['has an empty part of a key', '{"orderId":"bad","amount":1}', 'MissingKey', keyed(({ orderId }) => ['tenant', orderId === 'bad' ? '' : orderId])],
  ['has a key without parts', '{"orderId":"bad","amount":1}', 'MissingKey', keyed(({ orderId }) => orderId === 'bad' ? [] : orderId)],
  ['has a key that is a number', '{"orderId":"bad","amount":1}', 'MissingKey', keyed(({ orderId }) => orderId === 'bad' ? 0 : orderId)],
  ['has a key that is a promise', '{"orderId":"bad","amount":1}', 'MissingKey', keyed(({ orderId }) => orderId === 'bad' ? Promise.resolve('x') : orderId)],
  ['makes the key fail', '{"orderId":"bad","amount":1}', 'MissingKey', keyed(({ orderId }) => { if (orderId === 'bad') { throw Object.create(null); } return orderId; })],
  ['the handler calls poison', '{"orderId":"bad","amount":1}', 'UnknownCustomer', {
    process: ({ orderId }, { tx }) => {
      if (orderId === 'bad') { throw new Poison('nobody knows the customer', { reason: 'UnknownCustomer' }); }
      tx.write({ Put: { TableName: 'orders', Item: { orderId } } });
    },
  }],
  ['has an effect that DynamoDB will never take', '{"orderId":"bad","amount":1}', 'ItemTooLarge', {
    process: ({ orderId }, { tx }) => tx.write({ Put: { TableName: 'orders', Item: { orderId, note: orderId === 'bad' ? 'x'.repeat(410_000) : '' } } }),
  }],
  ['has an effect that refers to itself', '{"orderId":"bad","amount":1}', 'NotStorable', {
    process: ({ orderId }, { tx }) => {
      const Item: Record<string, unknown> = { orderId };
      if (orderId === 'bad') { Item.self = Item; }
      tx.write({ Put: { TableName: 'orders', Item } });
    },
  }],
] as [string, string, string, ModelOptions][])('sets a message aside at first sight that %s; its batch mates are unharmed', async (_what, body, reason, options) => {
  const model = new ConsumerModel(options);
  model.place('before');
  const poison = model.queue.send(body);
  model.place('after');

  const response = await model.deliver();

  expect(response).toEqual({ batchItemFailures: [] });
  expect(model.done).toEqual(['before', 'after']);
  expect(model.letters).toMatchObject([{ body, reason, messageId: poison.id, receiveCount: 1, consumer: 'Shop/Orders' }]);
});

test('sets events aside that share no key although each lacks one: they are not one event', async () => {
  const model = new ConsumerModel(keyed(() => ['tenant', undefined]));
  model.place('a');
  model.place('b');

  await model.drain();

  expect(model.letters.map(({ body }) => body)).toEqual(['{"orderId":"a","amount":1}', '{"orderId":"b","amount":1}']);
});

test.each(['one batch', 'two batches'])('sets a message aside that reuses the key of another one, in %s', async (where) => {
  const model = new ConsumerModel({ batchSize: where === 'one batch' ? 10 : 1 });
  model.place('a', 1);
  model.place('a', 2);

  await model.drain();

  expect(model.done).toEqual(['a']);
  expect(model.letters).toMatchObject([{ body: '{"orderId":"a","amount":2}', reason: 'KeyReuse' }]);
});

test('lets an event keep its count of tries when another one reuses its key', async () => {
  const attempts: number[] = [];
  const model = new ConsumerModel({ batchSize: 1, process: (_order, { meta }) => { attempts.push(meta.attempt); throw new Error('no'); } });
  model.place('a', 1);
  await model.deliver();
  await model.deliver([model.queue.handOut(model.place('a', 2))]);

  await model.drain();

  expect(attempts).toEqual([1, 2, 3, 4, 5]);
  expect(model.letters.map(({ reason }) => reason)).toEqual(['KeyReuse', 'Error']);
});

test('does not take a copy for a reuse of its key while the first one waits for its next try', async () => {
  let fails = true;
  const model = new ConsumerModel({ batchSize: 1, process: () => { if (fails) { fails = false; throw new Error('once'); } } });
  model.place('a');
  await model.deliver();
  model.place('a');

  await model.drain();

  expect(model.tries).toHaveLength(2);
  expect(model.queue.deadLetters).toEqual([]);
});

test('tries a message again whose schema fails by itself, and then sets it aside with that error', async () => {
  const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value: { orderId: (value as { id: { text: string } }).id.text } }) } };
  const model = new ConsumerModel({ on: { ...orderPlaced, schema } as never });
  model.queue.send('{}');

  await model.drain();

  expect(model.letters).toMatchObject([{ body: '{}', reason: 'TypeError', receiveCount: 5 }]);
});

test('does not let a schema that hangs take the answer for the batch with it', async () => {
  const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: async () => new Promise<never>(() => {}) } };
  const model = new ConsumerModel({ on: { ...orderPlaced, schema } as never });
  const { id } = model.place('a');

  expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: id }] });
});

test('keeps the body, every attribute, the trace and the group of a message it sets aside', async () => {
  const model = new ConsumerModel();
  const attributes = {
    tenant: { DataType: 'String', StringValue: 'blue' },
    priority: { DataType: 'Number.int', StringValue: '7' },
    picture: { DataType: 'Binary.png', BinaryValue: Buffer.from([0, 255, 10, 13]) },
  };
  const traceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793';
  model.queue.send('\tnot JSON: \u{1F600}\n', { attributes, traceHeader, group: 'tenant-7' });

  await model.drain();

  const [letter] = model.queue.deadLetters;
  expect(letter).toMatchObject({ body: '\tnot JSON: \u{1F600}\n', attributes, traceHeader, group: 'tenant-7' });
  expect(Object.keys(letter!.attributes!)).toEqual([...Object.keys(attributes), 'deadLetter']);
});

test('sets a message aside whole that has ten attributes of its own, without the reason', async () => {
  const model = new ConsumerModel();
  const attributes = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`attribute-${i}`, { DataType: 'String', StringValue: `${i}` }]));
  model.queue.send('not JSON', { attributes });

  const response = await model.deliver();

  // answered for at first sight: had the letter been refused, the queue itself would move it much later
  expect(response).toEqual({ batchItemFailures: [] });
  expect(model.queue.deadLetters).toMatchObject([{ body: 'not JSON', attributes }]);
});

test('puts a newer reason in the place of the older one, also when there is no more room', async () => {
  const model = new ConsumerModel();
  const attributes = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`attribute-${i}`, { DataType: 'String', StringValue: `${i}` }]));
  model.queue.send('not JSON', { attributes: { ...attributes, deadLetter: { DataType: 'String', StringValue: '{"reason":"Old","correlationId":"first"}' } } });

  await model.drain();

  expect(model.letters).toMatchObject([{ reason: 'NotJson', correlationId: 'first' }]);
});

test.each(['no JSON', '"text"', 'null', '{"correlationId":{}}'])('takes somebody else\'s deadLetter attribute (%s) for nothing', async (text) => {
  const model = new ConsumerModel();
  const { id } = model.queue.send('not JSON', { attributes: { deadLetter: { DataType: 'String', StringValue: text } } });

  await model.drain();

  expect(model.letters).toMatchObject([{ reason: 'NotJson', correlationId: id }]);
});

test.each([
  ['a long message', { message: 'x'.repeat(1_000_000) }],
  ['a message in characters that JSON makes long', { message: '\u0000'.repeat(3_000) }],
  ['a message with every character that SQS refuses', { message: 'a\u0000\u0008\u000B\u001F\uD800\uDFFF\uFFFE\uFFFFz' }],
  ['a message that is cut within a character', { message: `${'x'.repeat(1_999)}\u{1F600}` }],
  ['a message that is empty', { message: '' }],
  ['a long reason', { message: 'no', reason: 'R'.repeat(1_000_000) }],
  ['an empty reason', { message: 'no', reason: '' }],
  ['a reason that is not a text', { message: 'no', reason: { code: 7 } }],
  ['a reason that does not end', { message: 'no', reason: (() => { const circle: { self?: unknown } = {}; circle.self = circle; return circle; })() }],
])('gets %s into the dead letter of the largest message', async (_what, { message, reason }: { message: string; reason?: unknown }) => {
  const model = new ConsumerModel({ process: () => { throw Object.assign(new Poison(message), reason === undefined ? {} : { reason }); } });
  const correlationId = { DataType: 'String', StringValue: 'c'.repeat(20_000) };
  // what the queue of a PointToPointQueue takes: 16 KiB less than SQS does, attributes included
  const room = (1024 - 16) * 1024 - 20_000 - 'correlationId'.length - 'String'.length - '{"orderId":"","amount":1}'.length;
  model.place('x'.repeat(room), 1, { attributes: { correlationId } });

  const response = await model.deliver();

  expect(response).toEqual({ batchItemFailures: [] });
  expect(model.letters).toMatchObject([{ message: expect.any(String), reason: expect.stringMatching(/^.{1,100}$/) }]);
});

test.each(['SendMessage'])('loses nothing when the dead-letter queue refuses: the message comes back until it is taken', async (name) => {
  let refusals = 0;
  const model = new ConsumerModel({
    fault: (call, moment) => { if (call === name && moment === 'before' && refusals++ < 3) { throw Object.assign(new Error('not allowed'), { name: 'AccessDenied' }); } },
  });
  const poison = model.queue.send('not JSON');
  model.place('mate');

  expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: poison.id }] });
  await model.drain();

  expect(model.done).toEqual(['mate']);
  expect(model.letters).toMatchObject([{ reason: 'NotJson', receiveCount: 4 }]);
});

test('handles batch mates although the dead-letter queue hangs, and answers in time', async () => {
  const model = new ConsumerModel({ fault: async (call) => call === 'SendMessage' ? new Promise<never>(() => {}) : undefined });
  const poison = model.queue.send('not JSON');
  model.place('mate');

  expect(await model.deliver()).toEqual({ batchItemFailures: [{ itemIdentifier: poison.id }] });
  expect(model.done).toEqual(['mate']);
});
