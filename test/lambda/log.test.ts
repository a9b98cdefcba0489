import { Logger } from '@aws-lambda-powertools/logger';
import { ConsumerModel, type ModelOptions, writeOf } from './consumer-model';
import { pause, useVirtualClock } from './virtual-clock';
import { Poison, type StandardSchema } from '../../lambda';

useVirtualClock();

type Line = Readonly<Record<string, unknown>>;

/** A model whose log can be read. */
function given(options: ModelOptions = {}) {
  const lines: Line[] = [];
  const log = new Logger({ serviceName: 'orders', logLevel: 'DEBUG' });
  // what the logger writes to; its children share the method
  jest.spyOn(Logger.prototype as unknown as { printLog(level: number, item: { getAttributes(): Line }): void }, 'printLog')
    .mockImplementation((_level, item) => { lines.push(JSON.parse(JSON.stringify(item.getAttributes())) as Line); });
  return { lines, model: new ConsumerModel({ ...options, log }) };
}

afterEach(() => { jest.restoreAllMocks(); });

const secret = 'card-4711';
const envelope = { attributes: { correlationId: { DataType: 'String', StringValue: 'request-1' } } };
const order = (orderId: string) => JSON.stringify({ orderId, amount: 1, card: secret });

test.each([
  ['processed', 'a', {}, 'INFO', { message: 'processed', key: 'a', attempt: 1, receiveCount: 1 }],
  ['retry', 'a', { process: () => { throw new Error('out of stock'); } }, 'WARN', { reason: 'Error', error: 'out of stock', failure: 'unknown', key: 'a', attempt: 1, delaySeconds: expect.any(Number) }],
  ['dead-letter', 'a', { process: () => { throw new Poison('gone', { reason: 'Gone' }); } }, 'ERROR', { reason: 'Gone', error: 'gone', failure: 'poison', key: 'a', attempt: 1 }],
  ['dead-letter', ' ', {}, 'ERROR', { reason: 'MissingKey', failure: 'poison' }],
  ['retry', ' ', { fault: (call: string) => { if (call === 'SendMessage') { throw new Error('refused'); } } }, 'ERROR', { reason: 'MissingKey', deadLetterError: 'refused' }],
] as [string, string, ModelOptions, string, Line][])('says %s for message "%s" in one line, with its ids and without its payload', async (outcome, orderId, options, level, more) => {
  const { model, lines } = given(options);
  const { id } = model.queue.send(order(orderId), envelope);

  await model.deliver();

  expect(lines).toMatchObject([{ level, service: 'orders', outcome, correlationId: 'request-1', messageId: id, ...more }]);
  expect(JSON.stringify(lines)).not.toContain(secret);
});

test('says that a copy was already processed', async () => {
  const { model, lines } = given();
  model.place('a');
  await model.deliver();
  model.place('a');
  model.place('a');
  lines.splice(0);

  await model.deliver();

  expect(lines).toMatchObject([{ level: 'INFO', message: 'already processed', outcome: 'duplicate', copies: 2 }]);
});

test('says that an event is in progress elsewhere, and that there was no time to begin', async () => {
  const { model, lines } = given({ batchSize: 101, process: async ({ orderId }, { tx }) => { await pause(29_500); tx.write(writeOf(orderId)); } });
  for (let i = 0; i < 101; i++) { model.place(`order-${i}`); }

  await model.deliver();

  expect(lines.filter(({ reason }) => reason === 'DeadlineReached')).toHaveLength(100);
  expect(lines.filter(({ reason }) => reason === 'NotBegun')).toMatchObject([{ outcome: 'retry', key: 'order-100' }]);

  const [key] = [...model.table.records.keys()];
  model.table.rewrite(key!, { owner: 'another', in_progress_expiration: Date.now() + 10_000 });
  lines.splice(0);
  await model.deliver([model.queue.handOut([...model.queue.messages.values()][0]!)]);
  expect(lines).toMatchObject([{ level: 'INFO', outcome: 'held', key: 'order-0' }]);
});

test('never quotes a body that is not JSON', async () => {
  const { model, lines } = given();
  model.queue.send(`{"card": ${secret}`);

  await model.deliver();

  expect(lines).toMatchObject([{ reason: 'NotJson', error: `the body (${`{"card": ${secret}`.length} bytes) is not JSON` }]);
  expect(JSON.stringify([lines, model.letters.map(({ message }) => message)])).not.toContain(secret);
});

test('says where a body does not fit its schema, and leaves what the schema says of it to the letter', async () => {
  const quoting: StandardSchema<unknown, { readonly orderId: string }> = {
    '~standard': { version: 1, vendor: 'quoting', validate: (value) => ({ issues: [{ path: ['card'], message: `got ${JSON.stringify(value)}` }] }) },
  };
  const { model, lines } = given({ on: { source: 'shop', type: 'OrderPlaced', version: 1, schema: quoting, key: () => 'order-0' } });
  model.queue.send(order('order-0'));

  await model.deliver();

  expect(lines).toMatchObject([{ reason: 'SchemaMismatch', error: 'the data is no OrderPlaced version 1: card' }]);
  expect(JSON.stringify(lines)).not.toContain(secret);
  expect(model.letters).toMatchObject([{ reason: 'SchemaMismatch', message: expect.stringContaining(secret) }]);
});

test('says why a lookup or a pause did not succeed', async () => {
  const { model, lines } = given({
    process: () => { throw new Error('no'); },
    fault: (call) => { if (call === 'lookUp' || call === 'ChangeMessageVisibilityBatch') { throw new Error('busy'); } },
  });
  model.place('a');
  model.queue.receive(1);
  jest.advanceTimersByTime(180_000);

  await model.deliver();

  expect(lines.map(({ message }) => message)).toEqual([
    'could not look up what is known of redelivered messages', 'will be tried again', 'failed messages come back later than planned',
  ]);
});

test('gives the handler a logger that carries the ids, one for each event', async () => {
  const { model, lines } = given({ process: async ({ orderId }, { log, tx }) => { await pause(1); log.info(`working on ${orderId}`); tx.write(writeOf(orderId)); } });
  const [a, b] = [model.place('a', 1, envelope), model.place('b')];

  await model.deliver();

  expect(lines.filter(({ message }) => String(message).startsWith('working'))).toMatchObject([
    { message: 'working on a', key: 'a', correlationId: 'request-1', messageId: a.id, attempt: 1 },
    { message: 'working on b', key: 'b', correlationId: b.id, messageId: b.id, attempt: 1 },
  ]);
});
